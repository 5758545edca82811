//! Certificates made for one test, good and bad, a server that has one, and a client that speaks TLS and HTTP over a
//! real socket.
#![allow(dead_code, reason = "each test uses its part")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SanType, date_time_ymd,
};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Longest wait for anything: far above what a loaded machine needs.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A certificate authority.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key, in PEM.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { issuer }
    }

    /// Its own certificate in PEM.
    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for a name (DNS or IP address), or for a mail address or URI.
    pub(crate) fn issue(&self, name: &str) -> Identity {
        self.sign(&params(name))
    }

    /// A server with a certificate for `name` that ends when the year `until` begins.
    pub(crate) fn server(&self, name: &str, until: i32) -> TlsAcceptor {
        let mut params = params(name);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let (chain, key) = self.sign(&params).for_rustls();
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }

    fn sign(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        Identity {
            certificate: params.signed_by(&key, &self.issuer).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }
}

impl Identity {
    fn for_rustls(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let chain = vec![CertificateDer::from_pem_slice(self.certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).unwrap();
        (chain, key)
    }
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    let text = || name.try_into().unwrap();
    params.subject_alt_names = vec![if name.contains("://") {
        SanType::URI(text())
    } else if name.contains('@') {
        SanType::Rfc822Name(text())
    } else if let Ok(ip) = name.parse() {
        SanType::IpAddress(ip)
    } else {
        SanType::DnsName(text())
    }];
    params
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// A client that trusts these authorities.
#[derive(Clone)]
pub(crate) struct Client {
    connector: TlsConnector,
}

impl Client {
    pub(crate) fn new(trusted: &[&Authority], identity: Option<&Identity>) -> Self {
        Self::speaking(trusted, identity, &[b"http/1.1"])
    }

    pub(crate) fn speaking(
        trusted: &[&Authority],
        identity: Option<&Identity>,
        protocols: &[&[u8]],
    ) -> Self {
        let mut roots = RootCertStore::empty();
        for authority in trusted {
            roots.add(authority.issuer.der().clone()).unwrap();
        }
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let (chain, key) = identity.for_rustls();
                builder.with_client_auth_cert(chain, key).unwrap()
            }
        };
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        Self {
            connector: TlsConnector::from(Arc::new(config)),
        }
    }

    pub(crate) async fn connect(
        &self,
        address: SocketAddr,
    ) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        self.connector.connect(name, stream).await
    }

    /// The head and the body that a request over a connection of its own gets.
    pub(crate) async fn ask(
        &self,
        address: SocketAddr,
        request: &str,
    ) -> std::io::Result<(String, Vec<u8>)> {
        exchange(self.connect(address).await?, request).await
    }
}

/// The same without TLS.
pub(crate) async fn ask_plain(
    address: SocketAddr,
    request: &str,
) -> std::io::Result<(String, Vec<u8>)> {
    exchange(TcpStream::connect(address).await?, request).await
}

async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    request: &str,
) -> std::io::Result<(String, Vec<u8>)> {
    let request = format!("{request}\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await??;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    Ok((head, answer[end + 4..].to_vec()))
}

/// The `Authorization` header of a user.
pub(crate) fn basic(user: &str, password: &str) -> String {
    use base64::Engine as _;
    let plain = format!("{user}:{password}");
    format!(
        "authorization: Basic {}",
        base64::prelude::BASE64_STANDARD.encode(plain)
    )
}
