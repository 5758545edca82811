//! How the workers' REST APIs, Jolokia agents and Prometheus servers are to be reached: who we are to them, and which of them we trust.
//! Secrets stand in files of their own, whose paths are relative to the configuration's folder.

use std::collections::BTreeMap;
use std::path::Path;

use reqwest::Url;

use super::file;
use crate::fetch::Access;
use crate::yaml::{Fault, fault};

/// The access to `urls`; `key` is where it stands in the configuration, nothing where it is a file of its own.
pub(super) fn access(
    written: Option<file::Access>,
    key: &str,
    urls: &[&Url],
    folder: &Path,
) -> Result<Access, Fault> {
    let Some(written) = written else {
        return Ok(Access::default());
    };
    let at = At { key, folder };
    if written.basic_auth.is_some() && written.authorization.is_some() {
        let why = "stands beside `basic_auth`, and a request has room for one of them; remove one";
        return fault(at.key("authorization"), why);
    }
    let mut access = Access::default();
    if let Some(basic) = written.basic_auth {
        access = as_user(access, &basic, &at)?;
    }
    if let Some(authorization) = written.authorization {
        access = authorized(access, &authorization, &at)?;
    }
    access = with_headers(access, written.headers, &at)?;
    match written.tls {
        Some(tls) if urls.iter().any(|url| url.scheme() == "https") => encrypted(access, tls, &at),
        Some(_) => fault(
            at.key("tls"),
            "is of no use, for none of these addresses begins with `https`; correct them, or remove it",
        ),
        None => Ok(access),
    }
}

fn with_headers(
    mut access: Access,
    headers: BTreeMap<String, file::Property>,
    at: &At,
) -> Result<Access, Fault> {
    let mut names: Vec<String> = TAKEN.map(str::to_owned).into();
    for (name, value) in headers {
        let key = at.key(&format!("headers.{name}"));
        if names.contains(&name.to_lowercase()) {
            let why = "is a header that each request has already, or that stands here twice; remove it (`basic_auth` and `authorization` say who asks)";
            return fault(key, why);
        }
        names.push(name.to_lowercase());
        let why = "cannot be sent as a header; write a name of letters, digits and `-`, and a value of one line";
        let with = access.with_header(&name, &value.0);
        access = with.ok_or_else(|| Fault::new(key, why))?;
    }
    Ok(access)
}

/// Headers that requests have by themselves.
const TAKEN: [&str; 8] = [
    "accept",
    "accept-encoding",
    "authorization",
    "content-length",
    "content-type",
    "host",
    "transfer-encoding",
    "user-agent",
];

/// Where an access stands: its key, and the folder of its secrets.
struct At<'a> {
    key: &'a str,
    folder: &'a Path,
}

impl At<'_> {
    fn key(&self, part: &str) -> String {
        if self.key.is_empty() {
            part.to_owned()
        } else {
            format!("{}.{part}", self.key)
        }
    }

    /// What the file says that is named at a key.
    fn read(&self, file: &str, part: &str) -> Result<Vec<u8>, Fault> {
        let path = self.folder.join(file);
        std::fs::read(&path).map_err(|error| {
            let why = format!("names {}, which cannot be read: {error}", path.display());
            Fault::new(self.key(part), why)
        })
    }

    /// The same as a text without the end of its line.
    fn secret(&self, file: &str, part: &str) -> Result<String, Fault> {
        let bytes = self.read(file, part)?;
        let text = String::from_utf8_lossy(&bytes);
        Ok(text.trim_end_matches(['\r', '\n']).to_owned())
    }
}

fn as_user(access: Access, basic: &file::BasicAuth, at: &At) -> Result<Access, Fault> {
    if basic.username.is_empty() || basic.username.contains(':') {
        let why = "is empty or has a `:`, which no user name may have; correct it";
        return fault(at.key("basic_auth.username"), why);
    }
    let password = at.secret(&basic.password_file, "basic_auth.password_file")?;
    Ok(access.as_user(&basic.username, &password))
}

fn authorized(access: Access, written: &file::Authorization, at: &At) -> Result<Access, Fault> {
    let part = "authorization.credentials_file";
    let credentials = at.secret(&written.credentials_file, part)?;
    let why =
        "names a file that is empty or has several lines; write the credentials alone into it";
    let is_there = !credentials.trim().is_empty();
    let with = access.authorized(&written.scheme, &credentials);
    with.filter(|_| is_there)
        .ok_or_else(|| Fault::new(at.key(part), why))
}

fn encrypted(access: Access, tls: file::Tls, at: &At) -> Result<Access, Fault> {
    let mut access = access;
    if let Some(ca) = tls.ca {
        let pem = at.read(&ca, "tls.ca_file")?;
        let why = "holds no certificate that can be used; write them in PEM";
        let trusting = access.trusting(&pem);
        access = trusting.ok_or_else(|| Fault::new(at.key("tls.ca_file"), why))?;
    }
    match (tls.cert, tls.key) {
        (None, None) => Ok(access),
        (Some(cert), Some(own)) => {
            let mut pem = at.read(&cert, "tls.cert_file")?;
            pem.push(b'\n');
            pem.extend(at.read(&own, "tls.key_file")?);
            let why = "holds no certificate that fits the key in `key_file`; write both in PEM, the key without a password";
            let identified = access.identified(&pem);
            identified.ok_or_else(|| Fault::new(at.key("tls.cert_file"), why))
        }
        _ => fault(
            at.key("tls"),
            "has only one of `cert_file` and `key_file`; write both, or none",
        ),
    }
}
