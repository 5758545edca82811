//! Whether a client of a Kafka cluster can prove who it is with what is written. librdkafka would tell when a client is made, in its own
//! words, or at each attempt to connect.

use std::collections::BTreeMap;

/// The property, unless it is the whole cluster's, and what is wrong with it.
type Wrong = (Option<&'static str>, String);

const PROTOCOLS: [&str; 4] = ["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"];
const BY_PASSWORD: [&str; 3] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];
const MECHANISMS: [&str; 2] = ["sasl.mechanism", "sasl.mechanisms"];

/// Looks whether the properties of a cluster are enough, and are for something.
pub(super) fn proved(properties: &BTreeMap<String, String>) -> Result<(), Wrong> {
    let protocol = properties
        .get("security.protocol")
        .map(|name| name.to_lowercase());
    let protocol = protocol.as_deref().unwrap_or("plaintext");
    if !PROTOCOLS.contains(&protocol) {
        let why = "is none of plaintext, ssl, sasl_plaintext and sasl_ssl; write one of them";
        return wrong("security.protocol", why);
    }
    certified(properties)?;
    let mechanism = MECHANISMS
        .into_iter()
        .find_map(|key| Some((key, properties.get(key)?)));
    match (mechanism, protocol.starts_with("sasl_")) {
        (Some((key, mechanism)), is_asked) => {
            supported(key, mechanism)?;
            if is_asked {
                with_password(mechanism, properties)
            } else {
                Ok(())
            }
        }
        (None, true) => wrong(
            "security.protocol",
            "asks for SASL, and without `sasl.mechanism` that would be GSSAPI (Kerberos), which is not built in; \
             add `sasl.mechanism: SCRAM-SHA-512`, SCRAM-SHA-256 or PLAIN",
        ),
        (None, false) => Ok(()),
    }
}

/// A certificate goes with its key; a key store has both.
fn certified(properties: &BTreeMap<String, String>) -> Result<(), Wrong> {
    let has = |name: &str| properties.contains_key(name);
    let has_key = has("ssl.key.location") || has("ssl.key.pem");
    if has("ssl.certificate.location") && !has_key {
        let why = "has no key beside it; add `ssl.key.location`";
        return wrong("ssl.certificate.location", why);
    }
    if has("ssl.key.location") && !has("ssl.certificate.location") {
        let why = "has no certificate beside it; add `ssl.certificate.location`";
        return wrong("ssl.key.location", why);
    }
    Ok(())
}

fn supported(key: &'static str, mechanism: &str) -> Result<(), Wrong> {
    match mechanism {
        _ if BY_PASSWORD.contains(&mechanism) => Ok(()),
        "GSSAPI" => wrong(
            key,
            "is GSSAPI (Kerberos), which is not built in; have the cluster give mirrorwatch a SCRAM user, or a client certificate \
             (`security.protocol: ssl`)",
        ),
        "OAUTHBEARER" => wrong(
            key,
            "is OAUTHBEARER, which is not built in; have the cluster give mirrorwatch a SCRAM user, or a client certificate \
             (`security.protocol: ssl`)",
        ),
        _ => wrong(
            key,
            "is no mechanism that is built in; write SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN",
        ),
    }
}

fn with_password(mechanism: &str, properties: &BTreeMap<String, String>) -> Result<(), Wrong> {
    for (key, written) in [
        ("sasl.username", "sasl.username"),
        ("sasl.password", "sasl.password.file"),
    ] {
        if properties.get(key).is_none_or(String::is_empty) {
            let why = format!(
                "proves itself by {mechanism} and has no `{written}`, or an empty one; add it"
            );
            return Err((None, why));
        }
    }
    Ok(())
}

fn wrong(key: &'static str, why: &str) -> Result<(), Wrong> {
    Err((Some(key), why.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Option<String> {
        let pairs = text
            .split_whitespace()
            .filter_map(|pair| pair.split_once('='));
        let properties = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let (key, message) = proved(&properties.collect()).err()?;
        Some(format!("{} {message}", key.unwrap_or("-")))
    }

    #[test]
    fn what_is_built_in_is_taken() {
        let user = "sasl.username=m sasl.password=p";
        for mechanism in BY_PASSWORD {
            for protocol in ["SASL_SSL", "sasl_plaintext"] {
                let text =
                    format!("security.protocol={protocol} sasl.mechanism={mechanism} {user}");
                assert_eq!(said(&text), None);
            }
        }
        let certificate = "ssl.certificate.location=c ssl.key.location=k";
        for text in [
            "",
            "security.protocol=PLAINTEXT",
            &format!("security.protocol=ssl {certificate}"),
        ] {
            assert_eq!(said(text), None);
        }
    }

    #[test]
    fn what_is_not_built_in_is_refused_by_its_name_and_with_a_way_out() {
        for mechanism in ["GSSAPI", "OAUTHBEARER"] {
            let text = format!("security.protocol=sasl_ssl sasl.mechanisms={mechanism}");
            let said = said(&text).unwrap();
            assert!(
                said.starts_with("sasl.mechanisms is ") && said.contains(mechanism),
                "{said}"
            );
            assert!(said.contains("SCRAM"), "{said}");
        }
        let unsaid = said("security.protocol=sasl_ssl").unwrap();
        assert!(
            unsaid.contains("GSSAPI") && unsaid.contains("sasl.mechanism"),
            "{unsaid}"
        );
        assert!(said("security.protocol=tls").unwrap().contains("none of"));
        assert!(
            said("sasl.mechanism=NTLM")
                .unwrap()
                .contains("no mechanism")
        );
    }

    #[test]
    fn half_of_a_proof_is_none() {
        let scram = "security.protocol=sasl_ssl sasl.mechanism=SCRAM-SHA-256";
        assert!(said(scram).unwrap().contains("`sasl.username`"));
        let named = format!("{scram} sasl.username=m");
        assert!(said(&named).unwrap().contains("`sasl.password.file`"));
        assert!(
            said("ssl.key.location=k")
                .unwrap()
                .contains("no certificate")
        );
        assert!(
            said("ssl.certificate.location=c")
                .unwrap()
                .contains("no key")
        );
    }
}
