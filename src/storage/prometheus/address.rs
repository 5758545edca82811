//! Where a server is, and what goes with every query there.

use reqwest::Url;

use super::{AS_SCRAPED, Error};

/// The base URL of a server.
#[derive(Clone, Debug)]
pub(super) struct Address {
    base: Url,
    query: Url,
    parameters: Vec<(String, String)>,
}

impl Address {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let wrong = || Error::Url(printable(text));
        let mut base = Url::parse(text).map_err(|_| wrong())?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(wrong());
        }
        let mut given: Vec<_> = base.query_pairs().into_owned().collect();
        // From its cache a server would tell the time half a minute late.
        given.retain(|(name, _)| name != "nocache");
        base.set_query(None);
        base.set_fragment(None);
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let query = base.join("api/v1/query").map_err(|_| wrong())?;
        let is_given = |name: &str| given.iter().any(|(given, _)| given == name);
        let ours = AS_SCRAPED.iter().filter(|(name, _)| !is_given(name));
        let ours = ours.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Ok(Self {
            parameters: ours.chain(given.iter().cloned()).collect(),
            base,
            query,
        })
    }

    /// As it may be printed: without user info and parameters.
    pub(super) fn name(&self) -> String {
        let name = printable(self.base.as_str());
        name.trim_end_matches('/').to_owned()
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

/// A URL, or what was meant for one, without user info and parameters: they may be secrets.
fn printable(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority
                .rsplit_once('@')
                .map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        None => url
            .rsplit_once('@')
            .map_or(url, |(_, host)| host)
            .to_owned(),
    }
}

#[test]
fn user_info_and_parameters_are_never_printed() {
    let address = Address::parse("http://user:secret@host:9090/prefix?token=secret").unwrap();
    assert_eq!(address.name(), "http://host:9090/prefix");
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
        query("http://h?dedup=true&replicaLabels[]=r"),
        "http://h/api/v1/query max_source_resolution=0s partial_response=false nocache=1 dedup=true replicaLabels[]=r"
    );
}
