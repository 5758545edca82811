//! How the workers' REST APIs and Jolokia agents are to be reached: who we are to them, and which of them we trust.
//! Secrets stand in files of their own, whose paths are relative to the configuration's folder.

use std::path::Path;

use reqwest::Url;

use super::file;
use crate::fetch::Access;
use crate::yaml::{Fault, fault};

/// The access to `urls`; `key` is where it stands in the configuration.
pub(super) fn access(
    written: Option<file::Access>,
    key: &str,
    urls: &[&Url],
    folder: &Path,
) -> Result<Access, Fault> {
    let mut access = Access::default();
    let Some(written) = written else {
        return Ok(access);
    };
    if let Some(file::BasicAuth {
        username,
        password_file,
    }) = written.basic_auth
    {
        if username.is_empty() || username.contains(':') {
            let why = "is empty or has a `:`, which no user name may have; correct it";
            return fault(format!("{key}.basic_auth.username"), why);
        }
        let password = read(
            &password_file,
            &format!("{key}.basic_auth.password_file"),
            folder,
        )?;
        let password = String::from_utf8_lossy(&password);
        access = access.as_user(username, password.trim_end_matches(['\r', '\n']).to_owned());
    }
    match written.tls {
        Some(tls) if urls.iter().any(|url| url.scheme() == "https") => {
            encrypted(access, tls, &format!("{key}.tls"), folder)
        }
        Some(_) => fault(
            format!("{key}.tls"),
            "is of no use, for none of these addresses begins with `https`; correct them, or remove it",
        ),
        None => Ok(access),
    }
}

fn encrypted(access: Access, tls: file::Tls, key: &str, folder: &Path) -> Result<Access, Fault> {
    let mut access = access;
    if let Some(ca) = tls.ca {
        let key = format!("{key}.ca_file");
        let pem = read(&ca, &key, folder)?;
        let why = "holds no certificate that can be used; write them in PEM";
        access = access.trusting(&pem).ok_or_else(|| Fault::new(key, why))?;
    }
    match (tls.cert, tls.key) {
        (None, None) => Ok(access),
        (Some(cert), Some(own)) => {
            let mut pem = read(&cert, &format!("{key}.cert_file"), folder)?;
            pem.push(b'\n');
            pem.extend(read(&own, &format!("{key}.key_file"), folder)?);
            let why = "holds no certificate that fits the key in `key_file`; write both in PEM, the key without a password";
            access
                .identified(&pem)
                .ok_or_else(|| Fault::new(format!("{key}.cert_file"), why))
        }
        _ => fault(
            key,
            "has only one of `cert_file` and `key_file`; write both, or none",
        ),
    }
}

fn read(file: &str, key: &str, folder: &Path) -> Result<Vec<u8>, Fault> {
    let path = folder.join(file);
    std::fs::read(&path).map_err(|error| {
        Fault::new(
            key,
            format!("names {}, which cannot be read: {error}", path.display()),
        )
    })
}
