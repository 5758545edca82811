//! Whether a client of a Kafka cluster can prove who it is with what is written. librdkafka would tell when a client is made, in its own
//! words, or at each attempt to connect.

use std::collections::BTreeMap;

use crate::token;

/// The property, unless it is the whole cluster's, and what is wrong with it.
type Wrong = (Option<&'static str>, String);

const PROTOCOLS: [&str; 4] = ["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"];
const BY_PASSWORD: [&str; 3] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];
const BY_TOKEN: &str = "OAUTHBEARER";
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
    let has_token = properties.contains_key(token::FILE);
    let mechanism = MECHANISMS
        .into_iter()
        .find_map(|key| Some((key, properties.get(key)?)));
    match (mechanism, protocol.starts_with("sasl_")) {
        (Some((key, mechanism)), is_asked) => {
            supported(key, mechanism)?;
            match (mechanism.as_str(), has_token, is_asked) {
                (BY_TOKEN, false, true) => Err((None, tokenless())),
                (BY_TOKEN, _, _) | (_, false, false) => Ok(()),
                (_, true, _) => wrong(
                    token::FILE,
                    "is of no use to this mechanism; remove it, or write `sasl.mechanism: OAUTHBEARER`",
                ),
                (mechanism, false, true) => with_password(mechanism, properties),
            }
        }
        (None, true) => wrong(
            "security.protocol",
            "asks for SASL, and without `sasl.mechanism` that would be GSSAPI (Kerberos), which is not built in; \
             add `sasl.mechanism: SCRAM-SHA-512`, SCRAM-SHA-256 or PLAIN",
        ),
        (None, false) if has_token => wrong(
            token::FILE,
            "is of no use without `sasl.mechanism: OAUTHBEARER`",
        ),
        (None, false) => Ok(()),
    }
}

fn tokenless() -> String {
    format!(
        "proves itself by OAUTHBEARER and has no `{}`; add it",
        token::FILE
    )
}

/// Why a property by which librdkafka would fetch tokens itself is refused.
pub(super) fn fetched(name: &str) -> Option<String> {
    let is_one =
        name == "sasl.oauthbearer.method" || name == "enable.sasl.oauthbearer.unsecure.jwt";
    (is_one || name.starts_with("sasl.oauthbearer.")).then(|| {
        format!(
            "is of OAUTHBEARER with tokens that librdkafka gets by itself (OIDC), which is not built in: it would need libcurl; have \
             something renew a token in a file, and write `{}: PATH`",
            token::FILE
        )
    })
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
        _ if BY_PASSWORD.contains(&mechanism) || mechanism == BY_TOKEN => Ok(()),
        "GSSAPI" => wrong(
            key,
            "is GSSAPI (Kerberos), which is not built in; have the cluster give mirrorwatch a SCRAM user, or a client certificate \
             (`security.protocol: ssl`)",
        ),
        _ => wrong(
            key,
            "is no mechanism that is built in; write SCRAM-SHA-512, SCRAM-SHA-256, PLAIN or OAUTHBEARER",
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
        let token = "sasl.mechanism=OAUTHBEARER sasl.oauthbearer.token.file=t";
        assert_eq!(said(&format!("security.protocol=sasl_ssl {token}")), None);
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
        let kerberos = said("security.protocol=sasl_ssl sasl.mechanisms=GSSAPI").unwrap();
        assert!(
            kerberos.starts_with("sasl.mechanisms is GSSAPI") && kerberos.contains("SCRAM"),
            "{kerberos}"
        );
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
    fn a_token_is_for_oauthbearer_alone() {
        let user = "sasl.username=m sasl.password=p sasl.oauthbearer.token.file=t";
        for text in [
            format!("security.protocol=sasl_ssl sasl.mechanism=PLAIN {user}"),
            "sasl.oauthbearer.token.file=t".to_owned(),
        ] {
            let said = said(&text).unwrap();
            assert!(
                said.starts_with("sasl.oauthbearer.token.file is of no use"),
                "{said}"
            );
        }
    }

    #[test]
    fn tokens_that_librdkafka_would_fetch_are_refused_with_the_reason() {
        for name in ["sasl.oauthbearer.method", "sasl.oauthbearer.client.secret"] {
            let said = fetched(name).unwrap();
            assert!(
                said.contains("libcurl") && said.contains(token::FILE),
                "{said}"
            );
        }
        assert_eq!(fetched("sasl.username"), None);
    }

    #[test]
    fn half_of_a_proof_is_none() {
        let scram = "security.protocol=sasl_ssl sasl.mechanism=SCRAM-SHA-256";
        assert!(said(scram).unwrap().contains("`sasl.username`"));
        let tokenless = said("security.protocol=sasl_ssl sasl.mechanism=OAUTHBEARER").unwrap();
        assert!(tokenless.contains("`sasl.oauthbearer.token.file`; add it"));
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
