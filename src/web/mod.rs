//! Who may ask the server, and over what: the web configuration file that Prometheus' exporters share (exporter-toolkit),
//! read strictly, and read again whenever it or a file that it names changes. `docs/web.md` tells what differs.

mod client;
mod file;
mod live;
mod login;
mod names;
mod rate;
mod settle;
mod tls;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use hyper::header::{HeaderName, HeaderValue};

use crate::yaml;

pub use crate::yaml::Error;
pub use live::{Live, follow};
pub use login::{Entry, Logins};

/// What a web configuration file says.
#[derive(Default)]
pub struct Web {
    /// How connections are encrypted; `None` if they are not.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Whether clients have to show a certificate.
    pub asks_certificates: bool,
    /// Headers of every answer.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Who may ask; empty if everybody may.
    pub users: Users,
    /// What bounds the rate of requests.
    pub rate: Option<rate::Limit>,
    /// What it was made of, to tell whether that has changed.
    digest: [u8; 32],
}

/// User names and the bcrypt hashes of their passwords; neither is printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Users(BTreeMap<String, String>);

impl Users {
    /// Whether everybody may ask.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The web configuration in the file at `path`, and in the files that it names, which are relative to it.
pub fn load(path: &Path) -> Result<Web, Error> {
    let text = yaml::read(path)?;
    let read = yaml::File {
        path,
        text: &text,
        reference: "docs/web.md",
    };
    let written = if has_content(&text) {
        read.parse()?
    } else {
        file::File::default()
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    settle::web(written, &text, folder).map_err(|fault| read.meaning(fault))
}

/// An empty file is one that asks for nothing.
fn has_content(text: &str) -> bool {
    text.lines()
        .map(str::trim)
        .any(|line| !line.is_empty() && !line.starts_with('#') && line != "---" && line != "...")
}

impl Web {
    /// What would be open that `self` protects, if `next` took its place.
    fn opened_by(&self, next: &Self) -> Option<&'static str> {
        if self.tls.is_some() && next.tls.is_none() {
            Some("connections would no longer be encrypted")
        } else if !self.users.is_empty() && next.users.is_empty() {
            Some("everybody could ask without a password")
        } else if self.asks_certificates && !next.asks_certificates {
            Some("everybody could ask without a certificate")
        } else {
            None
        }
    }
}
