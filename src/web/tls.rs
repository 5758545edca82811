//! How connections are encrypted: certificate, key, versions, cipher suites, curves, and what is asked of clients.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::WantsServerCert;
use rustls::server::danger::ClientCertVerifier;
use rustls::{ConfigBuilder, RootCertStore, ServerConfig, SupportedProtocolVersion};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::client::{self, Policy};
use super::file::{Flag, Tls, written};
use super::names::{self, Named};
use super::settle::Inputs;
use crate::yaml::{Fault, Text, fault};

/// A server's side of TLS.
pub(super) struct Server {
    pub(super) config: Arc<ServerConfig>,
    pub(super) asks_certificates: bool,
}

/// The server that `tls` asks for. Names of files are relative to the folder of `inputs`.
pub(super) fn server(tls: &Tls, http2: bool, inputs: &mut Inputs) -> Result<Server, Fault> {
    let certificate = pem("cert", tls.cert.as_ref(), tls.cert_file.as_ref(), inputs)?;
    let key = pem("key", tls.key.as_ref(), tls.key_file.as_ref(), inputs)?;
    let (Some(certificate), Some(key)) = (certificate, key) else {
        return missing(tls);
    };
    let policy = policy(tls)?;
    let mut config = identified(builder(tls, policy, inputs)?, certificate, key)?;
    config.ignore_client_order = tls
        .prefer_server_cipher_suites
        .is_none_or(|Flag(prefer)| prefer);
    let protocols: &[&[u8]] = if http2 {
        &[b"h2", b"http/1.1"]
    } else {
        &[b"http/1.1"]
    };
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Ok(Server {
        config: Arc::new(config),
        asks_certificates: policy.is_required(),
    })
}

/// Suites, curves and versions, and who verifies clients.
fn builder(
    tls: &Tls,
    policy: Policy,
    inputs: &mut Inputs,
) -> Result<ConfigBuilder<ServerConfig, WantsServerCert>, Fault> {
    let provider = Arc::new(provider(tls)?);
    let verifier = verifier(tls, policy, inputs, &provider)?;
    let why = "has no suite for the versions of TLS that are allowed; add one, or allow others";
    let builder = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions(tls)?)
        .map_err(|_| Fault::new(at("cipher_suites"), why))?;
    Ok(match verifier {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    })
}

/// The server with its certificate and key.
fn identified(
    builder: ConfigBuilder<ServerConfig, WantsServerCert>,
    certificate: Pem,
    key: Pem,
) -> Result<ServerConfig, Fault> {
    let at_certificate = certificate.key.clone();
    let pair = builder.with_single_cert(chain(certificate)?, private(key)?);
    pair.map_err(|error| {
        let why = match error {
            rustls::Error::InconsistentKeys(_) => {
                "is not the certificate of the key; write the two that belong together".to_owned()
            }
            error => format!("cannot be used: {error}"),
        };
        Fault::new(at_certificate, why)
    })
}

/// What verifies client certificates, if there is anything to verify.
fn verifier(
    tls: &Tls,
    policy: Policy,
    inputs: &mut Inputs,
    provider: &Arc<CryptoProvider>,
) -> Result<Option<Arc<dyn ClientCertVerifier>>, Fault> {
    let (roots, sans) = (roots(tls, policy, inputs)?, sans(tls, policy)?);
    client::verifier(policy, roots, sans, provider).map_err(|error| {
        let why = format!("cannot be followed: {error}");
        Fault::new(at("client_auth_type"), why)
    })
}

fn at(key: &str) -> String {
    format!("tls_server_config.{key}")
}

/// Text in PEM, and the key under which it was found.
struct Pem {
    key: String,
    text: Vec<u8>,
}

/// The content of `NAME_file`, or else what stands in `NAME` itself.
fn pem(
    name: &str,
    inline: Option<&Text>,
    file: Option<&Text>,
    inputs: &mut Inputs,
) -> Result<Option<Pem>, Fault> {
    if let Some(file) = written(file) {
        let key = at(&format!("{name}_file"));
        let text = inputs.read(&key, file)?;
        return Ok(Some(Pem { key, text }));
    }
    Ok(written(inline).map(|text| Pem {
        key: at(name),
        text: text.as_bytes().to_vec(),
    }))
}

fn missing<T>(tls: &Tls) -> Result<T, Fault> {
    let is_there = |inline, file| written(inline).or(written(file)).is_some();
    let what = if is_there(tls.cert.as_ref(), tls.cert_file.as_ref()) {
        "has a certificate, but no key; add `key_file`"
    } else if is_there(tls.key.as_ref(), tls.key_file.as_ref()) {
        "has a key, but no certificate; add `cert_file`"
    } else {
        "has no certificate and no key, so that nothing would be encrypted; add `cert_file` and `key_file`, or remove it"
    };
    fault("tls_server_config", what)
}

fn chain(pem: Pem) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem.text).collect();
    match read {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        _ => fault(
            pem.key,
            "holds no certificate in PEM; write one that begins with `-----BEGIN CERTIFICATE-----`",
        ),
    }
}

fn private(pem: Pem) -> Result<PrivateKeyDer<'static>, Fault> {
    PrivateKeyDer::from_pem_slice(&pem.text).or_else(|_| {
        fault(pem.key, "holds no private key in PEM without a password; write one that begins with `-----BEGIN PRIVATE KEY-----`")
    })
}

/// The cipher suites and curves that may be used. As in Go, the list rules TLS 1.2 only: TLS 1.3 has all of its suites.
fn provider(tls: &Tls) -> Result<CryptoProvider, Fault> {
    let mut provider = aws_lc_rs::default_provider();
    if let Some(written) = tls.cipher_suites.as_ref().filter(|list| !list.is_empty()) {
        let named = list("cipher_suites", written, names::cipher_suite)?;
        provider
            .cipher_suites
            .retain(|suite| suite.tls13().is_some());
        provider
            .cipher_suites
            .extend(named.into_iter().filter(|suite| suite.tls13().is_none()));
    }
    if let Some(written) = tls
        .curve_preferences
        .as_ref()
        .filter(|list| !list.is_empty())
    {
        provider.kx_groups = list("curve_preferences", written, names::curve)?;
    }
    Ok(provider)
}

fn list<T>(key: &str, written: &[Text], find: fn(&str) -> Named<T>) -> Result<Vec<T>, Fault> {
    let named = written.iter().enumerate().map(|(index, Text(name))| {
        let here = at(&format!("{key}[{index}]"));
        found(here, name, find(name))
    });
    named.collect()
}

fn found<T>(key: String, name: &str, named: Named<T>) -> Result<T, Fault> {
    match named {
        Named::Here(value) => Ok(value),
        Named::Elsewhere => fault(
            key,
            format!(
                "is `{name}`, which Go has and mirrorwatch does not; remove it, docs/web.md lists what there is"
            ),
        ),
        Named::Nowhere => fault(
            key,
            format!("is `{name}`, which is unknown; docs/web.md lists what there is"),
        ),
    }
}

fn versions(tls: &Tls) -> Result<Vec<&'static SupportedProtocolVersion>, Fault> {
    let bound = |key: &str, text: Option<&Text>, default| match text {
        None => Ok(default),
        Some(Text(name)) => found(at(key), name, names::version(name)),
    };
    let lowest = bound(
        "min_version",
        tls.min_version.as_ref(),
        &rustls::version::TLS12,
    )?;
    let highest = bound(
        "max_version",
        tls.max_version.as_ref(),
        &rustls::version::TLS13,
    )?;
    let number = |version: &SupportedProtocolVersion| u16::from(version.version);
    if number(lowest) > number(highest) {
        return fault(
            at("min_version"),
            "is above `max_version`, so that no version is left; swap them",
        );
    }
    let all = [&rustls::version::TLS13, &rustls::version::TLS12];
    let within = |version: &&SupportedProtocolVersion| {
        (number(lowest)..=number(highest)).contains(&number(version))
    };
    Ok(all.into_iter().filter(within).collect())
}

fn policy(tls: &Tls) -> Result<Policy, Fault> {
    let Some(name) = written(tls.client_auth_type.as_ref()) else {
        return Ok(Policy::None);
    };
    Policy::named(name).map_or_else(
        || {
            fault(
                at("client_auth_type"),
                "is unknown; write `RequireAndVerifyClientCert`, `VerifyClientCertIfGiven`, `RequireAnyClientCert`, `RequestClientCert` or `NoClientCert`",
            )
        },
        Ok,
    )
}

/// The authorities of client certificates.
fn roots(tls: &Tls, policy: Policy, inputs: &mut Inputs) -> Result<Option<RootCertStore>, Fault> {
    let Some(authorities) = pem(
        "client_ca",
        tls.client_ca.as_ref(),
        tls.client_ca_file.as_ref(),
        inputs,
    )?
    else {
        return match policy {
            Policy::RequireAndVerify => fault(
                at("client_auth_type"),
                "asks for certificates of an authority, but none is named; add `client_ca_file`",
            ),
            _ => Ok(None),
        };
    };
    let key = authorities.key.clone();
    if policy == Policy::None {
        return fault(
            key,
            "has no effect without a policy; add `client_auth_type: RequireAndVerifyClientCert`",
        );
    }
    let mut roots = RootCertStore::empty();
    for authority in chain(authorities)? {
        roots.add(authority).map_err(|error| {
            let why = format!("holds a certificate that cannot be an authority's: {error}");
            Fault::new(&*key, why)
        })?;
    }
    Ok(Some(roots))
}

/// The alternative names of which a client certificate must have one.
fn sans(tls: &Tls, policy: Policy) -> Result<Option<Vec<String>>, Fault> {
    let Some(sans) = &tls.client_allowed_sans else {
        return Ok(None);
    };
    if !policy.is_required() {
        return fault(
            at("client_allowed_sans"),
            "has no effect on clients without a certificate; add `client_auth_type: RequireAndVerifyClientCert`",
        );
    }
    Ok(Some(sans.iter().map(|Text(name)| name.clone()).collect()))
}
