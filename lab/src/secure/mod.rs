//! What a secured lab has besides: users with passwords, an authority of its own and what it signed, and who may do what on the clusters.
//! All of it is made anew at each start, in `config/secure`.

mod files;
mod grants;
mod keys;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use serde::{Deserialize, Serialize};

use crate::config::Config;

pub(crate) use files::make;
pub(crate) use grants::{
    APPLICATION, Grant, PROBE_GROUP, of_bearers, of_mirrormaker, of_mirrorwatch,
};

/// The brokers among themselves, the load, and the lab; may do everything.
pub(crate) const LAB: &str = "lab";
/// Connect itself: its group and its topics.
pub(crate) const CONNECT: &str = "connect";
/// MM2's connectors.
pub(crate) const MM2: &str = "mm2";
/// The exporter, its canary, audits and drills.
pub(crate) const MIRRORWATCH: &str = "mirrorwatch";
/// The same by a token, which nobody signs and anybody may write; has no password.
pub(crate) const BEARER: &str = "mirrorwatch-bearer";
/// The same, and three rights were withdrawn from it.
pub(crate) const CURTAILED: &str = "mirrorwatch-curtailed";
const USERS: [&str; 4] = [LAB, CONNECT, MM2, MIRRORWATCH];

/// Java wants a password on a key store; the same key lies beside it without one.
pub(crate) const STORE_PASSWORD: &str = "key-store";

/// Where keys and passwords are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secure {
    /// The folder.
    pub dir: PathBuf,
}

/// By what clients prove who they are, beside the lab itself: another one on each cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mechanism {
    Plain,
    Scram,
}

impl Mechanism {
    /// That of a cluster.
    pub(crate) fn of(alias: &str) -> Self {
        if alias == "source" {
            Self::Scram
        } else {
            Self::Plain
        }
    }

    /// As `sasl.mechanism` has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Scram => "SCRAM-SHA-512",
        }
    }

    fn module(self) -> &'static str {
        match self {
            Self::Plain => "org.apache.kafka.common.security.plain.PlainLoginModule",
            Self::Scram => "org.apache.kafka.common.security.scram.ScramLoginModule",
        }
    }
}

impl Secure {
    /// Of a lab that is asked to be secured.
    pub(crate) fn of(config: &Config) -> Option<Self> {
        config.secure.then(|| Self {
            dir: config.dir.join("config/secure"),
        })
    }

    /// A file of it.
    pub(crate) fn file(&self, name: &str) -> String {
        self.dir.join(name).display().to_string()
    }

    /// The certificate of the lab's own authority.
    pub(crate) fn authority(&self) -> String {
        self.file("ca.pem")
    }

    /// A user's password; empty, and so refused by everybody, when its file is gone.
    pub(crate) fn password(&self, user: &str) -> String {
        fs::read_to_string(self.file(&format!("{user}.password"))).unwrap_or_default()
    }

    /// librdkafka's properties of the lab's own clients.
    pub(crate) fn as_the_lab(&self) -> Vec<(String, String)> {
        let pairs = [
            ("security.protocol", "SASL_SSL".to_owned()),
            ("sasl.mechanism", Mechanism::Plain.name().to_owned()),
            ("sasl.username", LAB.to_owned()),
            ("sasl.password", self.password(LAB)),
            ("ssl.ca.location", self.authority()),
        ];
        pairs.map(|(key, value)| (key.to_owned(), value)).into()
    }

    /// The properties of a Java client on a cluster; Connect puts the password in.
    pub(crate) fn java_client(&self, user: &str, alias: &str) -> Vec<(&'static str, String)> {
        let mechanism = Mechanism::of(alias);
        let password = format!("${{dir:{}:{user}.password}}", self.dir.display());
        vec![
            ("security.protocol", "SASL_SSL".to_owned()),
            ("sasl.mechanism", mechanism.name().to_owned()),
            (
                "sasl.jaas.config",
                format!(
                    "{} required username=\"{user}\" password=\"{password}\";",
                    mechanism.module()
                ),
            ),
            ("ssl.truststore.type", "PEM".to_owned()),
            ("ssl.truststore.location", self.authority()),
        ]
    }

    /// What the lab's own TLS clients trust.
    pub(crate) fn tls(&self) -> io::Result<Arc<ClientConfig>> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(Path::new(&self.authority()))? {
            roots.add(certificate).map_err(io::Error::other)?;
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider);
        let builder = builder
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?;
        let config = builder.with_root_certificates(roots).with_no_client_auth();
        Ok(Arc::new(config))
    }

    /// The same for HTTP.
    pub(crate) fn https(&self) -> io::Result<ureq::tls::TlsConfig> {
        let roots = certificates(Path::new(&self.authority()))?;
        let roots = roots
            .iter()
            .map(|root| ureq::tls::Certificate::from_der(root).to_owned());
        let roots: Vec<_> = roots.collect();
        let provider = Arc::new(aws_lc_rs::default_provider());
        Ok(ureq::tls::TlsConfig::builder()
            .root_certs(ureq::tls::RootCerts::Specific(Arc::new(roots)))
            .unversioned_rustls_crypto_provider(provider)
            .build())
    }
}

fn certificates(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let found = CertificateDer::pem_file_iter(path).map_err(io::Error::other)?;
    found.map(|one| one.map_err(io::Error::other)).collect()
}
