//! The HTTP API of a Prometheus-compatible server: raw samples, scrape for scrape, and its clock. Nothing is judged here.

mod address;
mod answer;
mod error;
mod window;

use std::time::Duration;

use address::Address;
use answer::{Data, Found};
pub use error::Error;

use crate::fetch::{Access, Client};
use crate::model::time::Timestamp;
use crate::promql::{Labels, Millis, Selector, SeriesSet, parse_value};

/// Longest answer that is read.
const MAX_BODY: usize = 256 << 20;
/// Longest time that one query may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// Asked for with every query, and overlooked by servers that do not know it: samples as they were scraped. Thanos would join replicas, thin out
/// old samples and leave out what a store does not answer (Thanos, docs/components/query.md); `VictoriaMetrics` would answer from a cache
/// (`VictoriaMetrics`, "Prometheus querying API enhancements").
const AS_SCRAPED: [(&str, &str); 4] = [
    ("dedup", "false"),
    ("max_source_resolution", "0s"),
    ("partial_response", "false"),
    ("nocache", "1"),
];

/// Samples, and what the server said about them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fetched {
    /// The samples.
    pub series: SeriesSet,
    /// Warnings, the server's and ours: samples may be missing.
    pub warnings: Vec<String>,
}

/// A server's clock, as it told it.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// The middle of what it may have been.
    pub at: Timestamp,
    /// Half of that span, in microseconds.
    pub half: i64,
}

/// A Prometheus-compatible server.
#[derive(Clone, Debug)]
pub struct Server {
    address: Address,
    client: Client,
}

impl Server {
    /// A server at a base URL that asks nobody who they are. Redirects are not followed and no proxy is asked: the samples come from where it says.
    /// What stands behind a `?` goes with each query (`?dedup=true`).
    pub fn new(url: &str) -> Result<Self, Error> {
        Self::with_access(url, &Access::default())
    }

    /// The same for a server that wants to know who asks, or has to be told a tenant.
    pub fn with_access(url: &str, access: &Access) -> Result<Self, Error> {
        let address = Address::parse(url)?;
        let client = Client::with_access(DEADLINE, access).map_err(|cause| Error::Http {
            server: address.name(),
            cause,
        })?;
        let client = client.with_cap(MAX_BODY);
        Ok(Self { address, client })
    }

    /// Its address as it may be printed: without user info and parameters.
    pub fn name(&self) -> String {
        self.address.name()
    }

    /// What it says of its clock, rounded down: to the millisecond, or, `VictoriaMetrics`, to the second.
    pub async fn clock(&self) -> Result<Reading, Error> {
        let answer = self.query("time()", None).await?;
        let (text, step) = match &answer.data {
            Data::Scalar((_, text)) => (text, 1_000),
            Data::Vector(vector) if vector.len() == 1 => (&vector[0].value.1, 1_000_000),
            Data::Vector(_) | Data::Matrix(_) => {
                return Err(self.malformed("`time()` is not a scalar"));
            }
        };
        let seconds = parse_value(text).and_then(Timestamp::from_seconds);
        let time = seconds.ok_or_else(|| self.malformed("`time()` is not a number"))?;
        let half = step / 2;
        Ok(Reading {
            at: time.plus_micros(half),
            half,
        })
    }

    /// The earliest that its clock may say.
    pub async fn time(&self) -> Result<Timestamp, Error> {
        let Reading { at, half } = self.clock().await?;
        Ok(at.plus_micros(-half))
    }

    /// The samples that a selector has now, as the server's own instant query sees them.
    pub async fn now(&self, selector: &Selector) -> Result<Vec<(Labels, f64)>, Error> {
        let answer = self.query(&selector.to_string(), None).await?;
        let Data::Vector(vector) = answer.data else {
            return Err(self.malformed("a selector is not a vector"));
        };
        let elements = vector.into_iter().map(|element| {
            let value = parse_value(&element.value.1);
            let value = value.ok_or_else(|| self.malformed("a sample is not a number"))?;
            Ok((element.metric, value))
        });
        elements.collect()
    }

    async fn query(&self, query: &str, at: Option<Millis>) -> Result<Found, Error> {
        let mut form = vec![("query", query.to_owned())];
        form.extend(self.address.parameters());
        form.extend(at.map(|at| {
            let (seconds, millis) = (at.div_euclid(1000), at.rem_euclid(1000));
            ("time", format!("{seconds}.{millis:03}"))
        }));
        let answer = self.client.post_form(self.address.query(), &form).await;
        let answer = answer.map_err(|cause| Error::Http {
            server: self.name(),
            cause,
        })?;
        answer::read(&answer, || self.name())
    }

    fn malformed(&self, what: &str) -> Error {
        Error::malformed(self.name(), what)
    }
}
