//! The authority of one lab, and what it signs.

use std::io;
use std::path::Path;
use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use super::STORE_PASSWORD;

/// A certificate and its key, in PEM.
pub(super) struct Identity {
    pub(super) certificate: String,
    pub(super) key: String,
}

/// An authority that lives as long as the making of the keys.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(super) fn new() -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::new(Vec::new())?;
        params
            .distinguished_name
            .push(DnType::CommonName, "mirrorwatch lab");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate()?).map(Self)
    }

    pub(super) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate of this name, for these hosts.
    pub(super) fn issue(&self, name: &str, hosts: &[String]) -> Result<Identity, rcgen::Error> {
        let mut params = CertificateParams::new(hosts)?;
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate()?;
        Ok(Identity {
            certificate: params.signed_by(&key, &self.0)?.pem(),
            key: key.serialize_pem(),
        })
    }
}

/// `server.p12` of `server.pem`, `server.key` and `ca.pem` in this folder: key store and trust store in one. Jetty takes no PEM, and only Java's
/// own tool marks a certificate as trusted.
pub(super) fn store(dir: &Path, java: &Path) -> io::Result<()> {
    let pass = format!("pass:{STORE_PASSWORD}");
    let mut export = Command::new("openssl");
    export.args(["pkcs12", "-export", "-name", "server", "-in", "server.pem"]);
    export.args(["-inkey", "server.key", "-certfile", "ca.pem"]);
    export.args(["-out", "server.p12", "-passout", &pass]);
    run(dir, export)?;
    let mut trust = Command::new(java.with_file_name("keytool"));
    trust.args([
        "-importcert",
        "-noprompt",
        "-alias",
        "ca",
        "-file",
        "ca.pem",
    ]);
    trust.args(["-keystore", "server.p12", "-storetype", "PKCS12"]);
    trust.args([
        "-storepass",
        STORE_PASSWORD,
        "-J-Xshare:auto",
        "-J-XX:TieredStopAtLevel=1",
    ]);
    run(dir, trust)
}

fn run(dir: &Path, mut command: Command) -> io::Result<()> {
    let output = command.current_dir(dir).output().map_err(|error| {
        let program = command.get_program().display();
        io::Error::other(format!("{program}: {error}"))
    })?;
    if output.status.success() {
        return Ok(());
    }
    let (said, also) = (&output.stderr, &output.stdout);
    let said = [said, also].map(|said| String::from_utf8_lossy(said).trim().to_owned());
    Err(io::Error::other(said.join(" ")))
}
