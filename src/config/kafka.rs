//! Which librdkafka properties are passed on. A list of what is allowed, because a property can load a library
//! (`plugin.library.paths`), read any file or call any URL; and because the canary's measurement rests on others.

use std::collections::BTreeMap;
use std::path::Path;

use super::file::Property;
use super::{Files, Properties, security};
use crate::token;
use crate::yaml::Fault;

/// Properties that are passed on as they are.
const ALLOWED: &[&str] = &[
    "bootstrap.servers",
    "metadata.broker.list",
    "security.protocol",
    "sasl.mechanism",
    "sasl.mechanisms",
    "sasl.username",
    "ssl.cipher.suites",
    "ssl.curves.list",
    "ssl.sigalgs.list",
    "ssl.endpoint.identification.algorithm",
    "enable.ssl.certificate.verification",
    "broker.address.family",
    "broker.address.ttl",
    "client.dns.lookup",
    "client.rack",
    "connections.max.idle.ms",
    "socket.keepalive.enable",
    "socket.nagle.disable",
    "socket.timeout.ms",
    "socket.connection.setup.timeout.ms",
    "topic.metadata.refresh.interval.ms",
    "metadata.max.age.ms",
    "message.max.bytes",
    "receive.message.max.bytes",
];

/// Secrets: only from a file, by the same name with `.file` behind it.
const SECRET: &[&str] = &[
    "sasl.password",
    "ssl.key.password",
    "ssl.keystore.password",
    "ssl.key.pem",
];

/// Files that librdkafka reads itself.
const LOCATIONS: &[&str] = &[
    "ssl.ca.location",
    "ssl.certificate.location",
    "ssl.key.location",
    "ssl.keystore.location",
    "ssl.crl.location",
];
/// What librdkafka looks for itself, in place of a path.
const PROBE: &str = "probe";

/// The files that a cluster's properties name.
pub(super) fn files(written: &BTreeMap<String, Property>) -> impl Iterator<Item = &str> {
    let named = written.iter().filter(|(name, Property(value))| {
        let secret = name.strip_suffix(".file");
        let is_secret = secret.is_some_and(|secret| SECRET.contains(&secret));
        is_secret || LOCATIONS.contains(&name.as_str()) && value != PROBE
    });
    named.map(|(_, Property(value))| value.as_str())
}

/// The properties of one cluster, secrets read from their files. All paths are relative to `folder`.
pub(super) fn properties(
    alias: &str,
    written: BTreeMap<String, Property>,
    folder: &Path,
) -> Result<Properties, Fault> {
    let files = Files::at(files(&written).map(|path| folder.join(path)));
    let mut properties = BTreeMap::new();
    for (name, Property(value)) in written {
        let key = format!("clusters.{alias}.{name}");
        let (name, value) =
            property(&name, value, folder).map_err(|message| Fault { key, message })?;
        properties.insert(name, value);
    }
    if !properties.contains_key("bootstrap.servers")
        && !properties.contains_key("metadata.broker.list")
    {
        return Err(Fault {
            key: format!("clusters.{alias}"),
            message: "has no `bootstrap.servers`; add it, as `host:9092,other:9092`".to_owned(),
        });
    }
    security::proved(&properties).map_err(|(name, message)| {
        let key = format!("clusters.{alias}");
        let key = name.map_or_else(|| key.clone(), |name| format!("{key}.{name}"));
        Fault { key, message }
    })?;
    Ok(Properties(properties, files))
}

fn property(name: &str, value: String, folder: &Path) -> Result<(String, String), String> {
    if ALLOWED.contains(&name) {
        return Ok((name.to_owned(), value));
    }
    if LOCATIONS.contains(&name) {
        return located(name, value, folder);
    }
    if name == token::FILE {
        let path = folder.join(value);
        token::holds(&path).map_err(|error| error.to_string())?;
        return Ok((name.to_owned(), path.display().to_string()));
    }
    if let Some(why) = security::fetched(name) {
        return Err(why);
    }
    if SECRET.contains(&name) {
        return Err(format!(
            "is a secret, which does not stand in the configuration; write `{name}.file: PATH` and put it there"
        ));
    }
    match name.strip_suffix(".file") {
        Some(secret) if SECRET.contains(&secret) => {
            let path = folder.join(value);
            let content = std::fs::read_to_string(&path).map_err(|error| {
                format!("names {}, which cannot be read: {error}", path.display())
            })?;
            let content = content.trim_end_matches(['\r', '\n']).to_owned();
            Ok((secret.to_owned(), content))
        }
        _ => Err(
            "is not passed on to librdkafka, because it could load code, leak, or change what the \
                  canary measures; remove it (docs/reference-config.yml lists what is allowed)"
                .to_owned(),
        ),
    }
}

/// A file that is not there would be told by librdkafka at each attempt to connect, and not before.
fn located(name: &str, value: String, folder: &Path) -> Result<(String, String), String> {
    if value == PROBE {
        return Ok((name.to_owned(), value));
    }
    let path = folder.join(value);
    match std::fs::metadata(&path).and_then(|found| {
        if found.is_dir() {
            Ok(())
        } else {
            std::fs::File::open(&path).map(drop)
        }
    }) {
        Ok(()) => Ok((name.to_owned(), path.display().to_string())),
        Err(error) => Err(format!(
            "names {}, which cannot be read: {error}",
            path.display()
        )),
    }
}

#[test]
fn the_reference_names_every_property_that_is_allowed() {
    let reference = include_str!("../../docs/reference-config.yml");
    for name in ALLOWED.iter().chain(LOCATIONS) {
        assert!(reference.contains(name), "{name}");
    }
    for name in SECRET {
        assert!(reference.contains(&format!("{name}.file")), "{name}");
    }
    assert!(reference.contains(token::FILE));
}

#[test]
fn properties_that_load_code_or_bend_the_measurement_are_refused() {
    for name in [
        "plugin.library.paths",
        "ssl.engine.location",
        "sasl.oauthbearer.token.endpoint.url",
        "linger.ms",
        "group.id",
    ] {
        assert!(
            property(name, "x".to_owned(), Path::new("")).is_err(),
            "{name}"
        );
    }
}
