//! The workers as they are meant: where each is, and by which id it goes.

use std::collections::BTreeSet;

use reqwest::Url;

use super::{Worker, file};
use crate::yaml::{Fault, fault};

/// The workers; each has an id of its own.
pub(super) fn workers(written: Vec<file::Worker>) -> Result<Vec<Worker>, Fault> {
    if written.is_empty() {
        return fault(
            "connect.workers",
            "is empty; list every worker of the Connect cluster",
        );
    }
    let mut seen = BTreeSet::new();
    let mut workers = Vec::new();
    for (index, worker) in written.into_iter().enumerate() {
        let at = format!("connect.workers[{index}]");
        let url = url(&worker.url, &format!("{at}.url"))?;
        let jolokia = worker
            .jolokia
            .map(|jolokia| self::url(&jolokia, &format!("{at}.jolokia")))
            .transpose()?;
        let id = worker.id.unwrap_or_else(|| host_and_port(&url));
        if !seen.insert(id.clone()) {
            return fault(
                at,
                format!(
                    "has the worker id `{id}`, which stands twice; give each worker its own `worker_id`"
                ),
            );
        }
        workers.push(Worker { id, url, jolokia });
    }
    Ok(workers)
}

fn host_and_port(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or(80);
    format!("{}:{port}", url.host_str().unwrap_or_default())
}

/// The text is not repeated in the message: it may hold a password.
fn url(text: &str, key: &str) -> Result<Url, Fault> {
    let Ok(url) = Url::parse(text) else {
        return fault(key, "is not a URL; write it as `http://host:8083`");
    };
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return fault(
            key,
            "is not an http or https URL; write it as `http://host:8083`",
        );
    }
    if !url.username().is_empty() || url.password().is_some() {
        return fault(
            key,
            "holds a user name or a password; remove them from the URL",
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return fault(key, "has a `?` or `#`; write the plain address");
    }
    Ok(url)
}
