//! The files of a secured lab. Nobody but their owner may read those with a key or a password.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::keys::{self, Authority};
use super::{LAB, MIRRORWATCH, Mechanism, STORE_PASSWORD, Secure, USERS};
use crate::description::Description;

/// Makes keys and passwords; `java` is the program whose neighbour is `keytool`.
pub(crate) fn make(lab: &Description, java: &Path) -> io::Result<()> {
    let Some(secure) = &lab.secure else {
        return Ok(());
    };
    fs::create_dir_all(&secure.dir)?;
    for user in USERS {
        write(secure, &format!("{user}.password"), &password()?)?;
    }
    certificates(secure, &hosts(lab)).map_err(io::Error::other)??;
    keys::store(&secure.dir, java)?;
    write(secure, "brokers.jaas", &of_brokers(secure))?;
    write(secure, "connect.jaas", &of_connect(secure))?;
    write(secure, "connect.users", &rest_users(secure))?;
    write(secure, "jolokia.properties", &jolokia(secure))
}

fn certificates(secure: &Secure, hosts: &[String]) -> Result<io::Result<()>, rcgen::Error> {
    let authority = Authority::new()?;
    let server = authority.issue("server", hosts)?;
    let client = authority.issue(MIRRORWATCH, &[])?;
    let files = [
        ("ca.pem", authority.pem()),
        ("server.pem", server.certificate),
        ("server.key", server.key),
        ("mirrorwatch.pem", client.certificate),
        ("mirrorwatch.key", client.key),
    ];
    Ok(files
        .iter()
        .try_for_each(|(name, text)| write(secure, name, text)))
}

/// Every address by which something of the lab is called.
fn hosts(lab: &Description) -> Vec<String> {
    let brokers = lab.clusters.values().flat_map(|cluster| &cluster.brokers);
    let mut hosts: Vec<String> = brokers.map(|broker| broker.for_workers.clone()).collect();
    hosts.extend([
        lab.host.clone(),
        "127.0.0.1".to_owned(),
        "localhost".to_owned(),
    ]);
    hosts.sort_unstable();
    hosts.dedup();
    hosts
}

/// The brokers know everybody's password for PLAIN; for SCRAM it stands in the cluster's metadata.
fn of_brokers(secure: &Secure) -> String {
    let (own, plain) = (secure.password(LAB), Mechanism::Plain.module());
    let mut text =
        format!("KafkaServer {{\n  {plain} required\n    username=\"{LAB}\" password=\"{own}\"\n");
    for user in USERS {
        let _ = writeln!(text, "    user_{user}=\"{}\"", secure.password(user));
    }
    let scram = Mechanism::Scram.module();
    let _ = write!(text, "    ;\n  {scram} required;\n}};\n");
    text
}

fn of_connect(secure: &Secure) -> String {
    format!(
        "KafkaConnect {{\n  org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule required\n    file=\"{}\";\n}};\n",
        secure.file("connect.users")
    )
}

/// Connect knows no rights: who has a password may do everything by REST.
fn rest_users(secure: &Secure) -> String {
    let line = |user| format!("{user}={}\n", secure.password(user));
    [LAB, MIRRORWATCH].map(line).concat()
}

/// Jolokia has one user; the lab asks as that one, too.
fn jolokia(secure: &Secure) -> String {
    format!(
        "protocol=https\nkeystore={}\nkeystorePassword={STORE_PASSWORD}\nkeyStoreType=PKCS12\nuser={MIRRORWATCH}\npassword={}\n",
        secure.file("server.p12"),
        secure.password(MIRRORWATCH)
    )
}

/// 128 random bits in hexadecimal: no character that any of the formats would take for its own.
fn password() -> io::Result<String> {
    let mut bytes = [0_u8; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}")))
}

fn write(secure: &Secure, name: &str, text: &str) -> io::Result<()> {
    let mut options = File::options();
    options.create(true).truncate(true).write(true).mode(0o600);
    options
        .open(secure.dir.join(name))?
        .write_all(text.as_bytes())
}
