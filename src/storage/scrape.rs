//! Scrapes a target over HTTP.

use std::time::Duration;

use reqwest::Url;
use reqwest::header::CONTENT_TYPE;

use super::text::{self, Format, Line};
use crate::fetch::{self, Access, Client};

/// What Prometheus 3 asks for, without protobuf, which is not read here.
const ACCEPT: &str = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,\
                      text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
/// Longest page that is read, after inflation.
const MAX_BODY: usize = 256 << 20;

/// Why a scrape failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No answer, or one that is no success.
    #[error(transparent)]
    Http(#[from] fetch::Error),
    /// An answer in no format that is read.
    #[error("it answers with `{0}`; a page is `text/plain` or `application/openmetrics-text`")]
    ContentType(String),
    /// Not UTF-8.
    #[error("its page is not UTF-8")]
    Encoding,
    /// A malformed page.
    #[error("its page is malformed: {0}")]
    Malformed(#[from] text::Error),
}

/// Asks one target.
#[derive(Clone, Debug)]
pub struct Scraper {
    url: Url,
    client: Client,
}

impl Scraper {
    /// A scraper of a page that has to be there whole within `timeout`.
    pub fn new(url: Url, timeout: Duration, access: &Access) -> Result<Self, Error> {
        let client = Client::with_access(timeout, access)?.with_cap(MAX_BODY);
        Ok(Self { url, client })
    }

    /// The page now.
    pub async fn page(&self) -> Result<Vec<Line>, Error> {
        let answer = self.client.get_as(self.url.clone(), ACCEPT).await?;
        let named = answer.headers.get(CONTENT_TYPE);
        let named = named.map_or("", |value| value.to_str().unwrap_or_default());
        let format = Format::of_content_type(named);
        let format = format.ok_or_else(|| Error::ContentType(named.to_owned()))?;
        let page = std::str::from_utf8(&answer.body).map_err(|_| Error::Encoding)?;
        Ok(text::parse(format, page)?)
    }
}
