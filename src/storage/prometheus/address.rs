//! Where a server is, and what goes with every query there.

use std::fmt;

use reqwest::Url;

use super::{AS_SCRAPED, Error};

/// The base URL of a server.
#[derive(Clone)]
pub(super) struct Address {
    /// As it may be printed: without user info and parameters, which may be secrets.
    name: String,
    query: Url,
    parameters: Vec<(String, String)>,
}

/// Parameters of a query that are ours alone. From its cache a server would tell the time half a minute late.
const OURS: [&str; 3] = ["query", "time", "nocache"];

impl Address {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let Ok(mut base) = Url::parse(text) else {
            return Err(Error::Url(printable(text)));
        };
        let name = name(&base);
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(Error::Url(printable(text)));
        }
        let mut given: Vec<_> = base.query_pairs().into_owned().collect();
        given.retain(|(name, _)| !OURS.contains(&name.as_str()));
        base.set_query(None);
        base.set_fragment(None);
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let Ok(query) = base.join("api/v1/query") else {
            return Err(Error::Url(name));
        };
        let is_given = |name: &str| given.iter().any(|(given, _)| given == name);
        let ours = AS_SCRAPED.iter().filter(|(name, _)| !is_given(name));
        let ours = ours.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Ok(Self {
            parameters: ours.chain(given.iter().cloned()).collect(),
            name,
            query,
        })
    }

    /// As it may be printed: without user info and parameters.
    pub(super) fn name(&self) -> String {
        self.name.clone()
    }

    /// Where queries go.
    pub(super) fn query(&self) -> Url {
        self.query.clone()
    }

    /// What goes with each of them.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (&str, String)> {
        let all = self.parameters.iter();
        all.map(|(name, value)| (name.as_str(), value.clone()))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Address").field(&self.name).finish()
    }
}

fn name(url: &Url) -> String {
    let mut shown = url.clone();
    // Of a URL that can have none there is none to remove.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_query(None);
    shown.set_fragment(None);
    shown.as_str().trim_end_matches('/').to_owned()
}

/// What was meant for a URL, from where no user info can stand any more.
fn printable(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    if scheme.is_empty() {
        rest.to_owned()
    } else {
        format!("{scheme}://{rest}")
    }
}

#[test]
fn user_info_and_parameters_are_never_printed() {
    let address = Address::parse("http://user:secret@host:9090/prefix?token=secret").unwrap();
    assert_eq!(address.name(), "http://host:9090/prefix");
    assert_eq!(
        format!("{address:?}"),
        r#"Address("http://host:9090/prefix")"#
    );
    for odd in [
        "http://user:abc?def@host",
        "http://user:a/b#c@host",
        "user:secret@host",
    ] {
        let refused = Address::parse(odd).unwrap_err().to_string();
        assert!(
            !refused.contains("abc") && !refused.contains("secret") && !refused.contains("a/b"),
            "{refused}"
        );
    }
    let refused = Address::parse("ftp://user:secret@host?token=secret").unwrap_err();
    assert_eq!(
        refused.to_string(),
        Error::Url("ftp://host".into()).to_string()
    );
}

#[test]
fn samples_are_asked_for_as_they_were_scraped_unless_the_url_says_otherwise() {
    let query = |text: &str| {
        let address = Address::parse(text).unwrap();
        let pairs = address
            .parameters()
            .map(|(name, value)| format!("{name}={value}"));
        format!(
            "{} {}",
            address.query(),
            pairs.collect::<Vec<_>>().join(" ")
        )
    };
    assert_eq!(
        query("http://h/select/0/prometheus"),
        "http://h/select/0/prometheus/api/v1/query dedup=false max_source_resolution=0s partial_response=false nocache=1"
    );
    assert_eq!(
        query("http://h?dedup=true&replicaLabels[]=r&time=5&nocache=0"),
        "http://h/api/v1/query max_source_resolution=0s partial_response=false nocache=1 dedup=true replicaLabels[]=r"
    );
}
