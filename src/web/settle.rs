//! From the file as written to what it means; what cannot be meant is a fault.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bcrypt::HashParts;
use hyper::header::{HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

use super::file::{self, Flag, written};
use super::rate::Limit;
use super::{Users, Web, tls};
use crate::yaml::{Fault, Text, fault};

/// Reads the files that the configuration names, and remembers what was in them.
pub(super) struct Inputs {
    folder: PathBuf,
    digest: Sha256,
}

impl Inputs {
    fn new(text: &str, folder: &Path) -> Self {
        let mut inputs = Self {
            folder: folder.to_owned(),
            digest: Sha256::new(),
        };
        inputs.remember(text.as_bytes());
        inputs
    }

    fn remember(&mut self, bytes: &[u8]) {
        // The length keeps two files apart from one that holds both.
        self.digest.update(bytes.len().to_be_bytes());
        self.digest.update(bytes);
    }

    /// What is in the file that `key` names.
    pub(super) fn read(&mut self, key: &str, name: &str) -> Result<Vec<u8>, Fault> {
        let path = self.folder.join(name);
        let bytes = std::fs::read(&path).map_err(|error| {
            let why = format!("names {}, which cannot be read: {error}", path.display());
            Fault::new(key, why)
        })?;
        self.remember(&bytes);
        Ok(bytes)
    }
}

/// What `written` means; `text` is the file, `folder` where it stands.
pub(super) fn web(written: file::File, text: &str, folder: &Path) -> Result<Web, Fault> {
    let mut inputs = Inputs::new(text, folder);
    let http = written.http_server_config.unwrap_or_default();
    let headers = headers(http.headers.unwrap_or_default())?;
    let rate = rate(&written.rate_limit.unwrap_or_default())?;
    let users = users(written.basic_auth_users.unwrap_or_default())?;
    let tls = written.tls_server_config.filter(|tls| !tls.is_empty());
    // HTTP/2 only where it is asked for in so many words: less code that a stranger can reach.
    let http2 = http.http2.is_some_and(|Flag(http2)| http2);
    let tls = tls
        .map(|tls| tls::server(&tls, http2, &mut inputs))
        .transpose()?;
    let asks_certificates = tls.as_ref().is_some_and(|tls| tls.asks_certificates);
    Ok(Web {
        tls: tls.map(|tls| tls.config),
        asks_certificates,
        headers,
        users,
        rate,
        digest: inputs.digest.finalize().into(),
    })
}

/// The headers that may be set, with the values that they may have; an empty list is any.
const HEADERS: &[(&str, &[&str])] = &[
    ("Content-Security-Policy", &[]),
    ("Strict-Transport-Security", &[]),
    ("X-Content-Type-Options", &["nosniff"]),
    ("X-Frame-Options", &["deny", "sameorigin"]),
    ("X-XSS-Protection", &[]),
];

fn headers(written: BTreeMap<String, Text>) -> Result<Vec<(HeaderName, HeaderValue)>, Fault> {
    let mut headers = Vec::new();
    for (name, Text(value)) in written {
        let key = format!("http_server_config.headers.{name}");
        let Some((_, values)) = HEADERS.iter().find(|(known, _)| *known == name) else {
            let names: Vec<_> = HEADERS
                .iter()
                .map(|(name, _)| format!("`{name}`"))
                .collect();
            let message = format!(
                "is no header that can be set; remove it, or write one of {}",
                names.join(", ")
            );
            return fault(key, message);
        };
        if !values.is_empty() && !values.contains(&value.as_str()) {
            return fault(key, format!("can only be `{}`", values.join("` or `")));
        }
        if value.is_empty() {
            continue;
        }
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => headers.push((name, value)),
            _ => {
                return fault(
                    key,
                    "has a character that no header can carry; write it in one line of printable text",
                );
            }
        }
    }
    Ok(headers)
}

fn users(written: BTreeMap<String, Text>) -> Result<Users, Fault> {
    let mut users = BTreeMap::new();
    for (name, Text(hash)) in written {
        let key = format!("basic_auth_users.{name}");
        if name.contains(':') || name.chars().any(char::is_control) {
            return fault(
                key,
                "has a `:` or a control character, with which nobody can log in; write another name",
            );
        }
        let cost = hash.parse::<HashParts>().map(|parts| parts.get_cost());
        if !cost.is_ok_and(|cost| (4..=31).contains(&cost)) {
            let message =
                "is no bcrypt hash; write what `htpasswd -nBC 10 \"\" | tr -d ':\\n'` prints";
            return fault(key, message);
        }
        users.insert(name, hash);
    }
    Ok(Users(users))
}

fn rate(limit: &file::RateLimit) -> Result<Option<Limit>, Fault> {
    let Some(text) = written(limit.interval.as_ref()) else {
        return Ok(None);
    };
    let Some(interval) = go_duration(text) else {
        return fault(
            "rate_limit.interval",
            "is not a duration; write a number with its unit, as `1s` or `200ms`",
        );
    };
    if interval.is_zero() {
        return Ok(None);
    }
    match u32::try_from(limit.burst.unwrap_or(0)) {
        Ok(burst) if burst > 0 => Ok(Some(Limit::new(interval, burst))),
        _ => fault(
            "rate_limit.burst",
            "is not above 0, so that no request at all would be taken; write 1 or more",
        ),
    }
}

/// A duration as Go writes it: `1m30s`, `1.5h`, `0`.
fn go_duration(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let (mut rest, mut total) = (text, 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, unit) = rest.split_at(digits);
        let end = unit
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(unit.len());
        let seconds = match &unit[..end] {
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" | "μs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * seconds;
        rest = &unit[end..];
    }
    (!text.is_empty()).then(|| Duration::try_from_secs_f64(total).ok())?
}

#[test]
fn durations_are_written_as_in_go() {
    for (text, expected) in [
        ("1s", Some(1_000)),
        ("1m30s", Some(90_000)),
        ("1.5h", Some(5_400_000)),
        ("250ms", Some(250)),
        ("0", Some(0)),
        ("", None),
        ("5", None),
        ("s", None),
        ("1d", None),
        ("-1s", None),
    ] {
        assert_eq!(
            go_duration(text),
            expected.map(Duration::from_millis),
            "{text}"
        );
    }
}
