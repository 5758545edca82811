//! The HTTP API of a Prometheus server: raw samples, scrape for scrape, and its clock. Nothing is judged here.

use std::time::Duration;

use reqwest::{StatusCode, Url};
use serde::Deserialize;

use crate::fetch::{self, Answer, Client};
use crate::model::text::visible;
use crate::model::time::Timestamp;
use crate::promql::{Labels, Millis, Sample, Selector, SeriesSet, parse_value};

/// Longest answer that is read.
const MAX_BODY: usize = 256 << 20;
/// Longest time that one query may take.
const DEADLINE: Duration = Duration::from_secs(30);
/// Length of one chunk: far below the server's limit of samples per query at any scrape interval.
const CHUNK: Millis = 300_000;
/// Ranges are left-open since Prometheus 3 and closed before: an overlap makes both complete.
const OVERLAP: Millis = 1_000;

/// Why a server did not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not a URL that can be asked.
    #[error("`{0}` is not a URL of a Prometheus server; write `http://host:9090`")]
    Url(String),
    /// No answer.
    #[error("{server}: {cause}")]
    Http {
        /// The server.
        server: String,
        /// Why.
        cause: fetch::Error,
    },
    /// An answer that is an error.
    #[error("{server}: HTTP {status}: {message}")]
    Status {
        /// The server.
        server: String,
        /// HTTP status.
        status: StatusCode,
        /// What the server says.
        message: String,
    },
    /// An answer that is not the API's.
    #[error("{server}: not an answer of the Prometheus API: {what}")]
    Malformed {
        /// The server.
        server: String,
        /// What is wrong.
        what: String,
    },
}

/// Samples, and what the server said about them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fetched {
    /// The samples.
    pub series: SeriesSet,
    /// Warnings: samples may be missing.
    pub warnings: Vec<String>,
}

/// A Prometheus server.
#[derive(Clone, Debug)]
pub struct Server {
    base: Url,
    client: Client,
}

impl Server {
    /// A server at a base URL. Redirects are not followed and no proxy is asked: the samples come from where it says.
    pub fn new(url: &str) -> Result<Self, Error> {
        let mut base = Url::parse(url).map_err(|_| Error::Url(without_user_info(url)))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(Error::Url(without_user_info(url)));
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let client = Client::new(DEADLINE).map_err(|cause| Error::Http {
            server: without_user_info(url),
            cause,
        })?;
        let client = client.with_cap(MAX_BODY);
        Ok(Self { base, client })
    }

    /// Its address as it may be printed: without user info.
    pub fn name(&self) -> String {
        without_user_info(self.base.as_str())
            .trim_end_matches('/')
            .to_owned()
    }

    /// Its clock, which it tells to the millisecond, rounded down: the middle of that millisecond.
    pub async fn time(&self) -> Result<Timestamp, Error> {
        let answer = self.query("time()", None).await?;
        let Data::Scalar((_, text)) = answer.data else {
            return Err(self.malformed("`time()` is not a scalar"));
        };
        let seconds = parse_value(&text).and_then(Timestamp::from_seconds);
        seconds
            .map(|time| time.plus_micros(500))
            .ok_or_else(|| self.malformed("`time()` is not a number"))
    }

    /// Every sample of some selectors in the left-open range of times.
    pub async fn samples(
        &self,
        selectors: &[Selector],
        from: Millis,
        to: Millis,
    ) -> Result<Fetched, Error> {
        let mut fetched = Fetched::default();
        for (start, end) in chunks(from, to) {
            for selector in selectors {
                let range = end - start + OVERLAP;
                let answer = self
                    .query(&format!("{selector}[{range}ms]"), Some(end))
                    .await?;
                fetched.warnings.extend(answer.warnings);
                let Data::Matrix(matrix) = answer.data else {
                    return Err(self.malformed("a range is not a matrix"));
                };
                for series in matrix {
                    let samples = self.raw(series.values)?;
                    fetched.series.add(
                        series.metric,
                        samples.into_iter().filter(|s| s.at > from && s.at <= to),
                    );
                }
            }
        }
        fetched.warnings.sort();
        fetched.warnings.dedup();
        Ok(fetched)
    }

    /// The samples that a selector has now, as the server's own instant query sees them.
    pub async fn now(&self, selector: &Selector) -> Result<Vec<(Labels, f64)>, Error> {
        let answer = self.query(&selector.to_string(), None).await?;
        let Data::Vector(vector) = answer.data else {
            return Err(self.malformed("a selector is not a vector"));
        };
        let one = |item: WireInstant| {
            let sample = self.raw(vec![item.value])?;
            Ok((item.metric, sample[0].value))
        };
        vector.into_iter().map(one).collect()
    }

    async fn query(&self, query: &str, at: Option<Millis>) -> Result<Found, Error> {
        let url = self
            .base
            .join("api/v1/query")
            .map_err(|_| Error::Url(self.name()))?;
        let mut form = vec![("query", query.to_owned())];
        form.extend(at.map(|at| {
            let (seconds, millis) = (at.div_euclid(1000), at.rem_euclid(1000));
            ("time", format!("{seconds}.{millis:03}"))
        }));
        let answer = self.client.post_form(url, &form).await;
        self.found(answer.map_err(|cause| self.http(cause))?)
    }

    fn found(&self, answer: Answer) -> Result<Found, Error> {
        let Answer { status, body, .. } = answer;
        let refused = |message| Error::Status {
            server: self.name(),
            status,
            message,
        };
        let wire: Result<Wire, _> = serde_json::from_slice(&body);
        match wire {
            Ok(Wire {
                data: Some(data),
                warnings,
                ..
            }) if status.is_success() => Ok(Found { data, warnings }),
            Ok(Wire {
                error: Some(message),
                ..
            }) => Err(refused(excerpt(&message))),
            _ if !status.is_success() => Err(refused(excerpt(&String::from_utf8_lossy(&body)))),
            Ok(_) => Err(self.malformed("neither data nor an error")),
            Err(error) => Err(self.malformed(&error.to_string())),
        }
    }

    fn raw(&self, values: Vec<(f64, String)>) -> Result<Vec<Sample>, Error> {
        let one = |(seconds, text): (f64, String)| {
            let value =
                parse_value(&text).ok_or_else(|| self.malformed("a sample is not a number"))?;
            let at = Timestamp::from_seconds(seconds)
                .ok_or_else(|| self.malformed("a time is not a number"))?;
            Ok(Sample {
                at: (at.as_micros() + 500).div_euclid(1000),
                value,
            })
        };
        values.into_iter().map(one).collect()
    }

    fn http(&self, cause: fetch::Error) -> Error {
        Error::Http {
            server: self.name(),
            cause,
        }
    }

    fn malformed(&self, what: &str) -> Error {
        Error::Malformed {
            server: self.name(),
            what: excerpt(what),
        }
    }
}

struct Found {
    data: Data,
    warnings: Vec<String>,
}

#[derive(Deserialize)]
struct Wire {
    data: Option<Data>,
    error: Option<String>,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Data {
    Matrix(Vec<WireRange>),
    Vector(Vec<WireInstant>),
    Scalar((f64, String)),
}

#[derive(Deserialize)]
struct WireRange {
    metric: Labels,
    #[serde(default)]
    values: Vec<(f64, String)>,
}

#[derive(Deserialize)]
struct WireInstant {
    metric: Labels,
    value: (f64, String),
}

fn chunks(from: Millis, to: Millis) -> impl Iterator<Item = (Millis, Millis)> {
    let starts = std::iter::successors(Some(from), |start| Some(start + CHUNK))
        .take_while(move |start| *start < to);
    starts.map(move |start| (start, (start + CHUNK).min(to)))
}

fn without_user_info(url: &str) -> String {
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

/// The beginning of what the server wrote, safe to print.
fn excerpt(text: &str) -> String {
    visible(&text[..text.floor_char_boundary(200)])
}

#[test]
fn chunks_touch_and_cover_the_range() {
    assert_eq!(
        chunks(0, 700_000).collect::<Vec<_>>(),
        [(0, 300_000), (300_000, 600_000), (600_000, 700_000)]
    );
    assert_eq!(chunks(5, 5).count(), 0);
}

#[test]
fn user_info_is_never_printed() {
    let server = Server::new("http://user:secret@host:9090/prefix").unwrap();
    assert_eq!(server.name(), "http://host:9090/prefix");
    assert_eq!(
        Server::new("ftp://user:secret@host")
            .unwrap_err()
            .to_string(),
        Error::Url("ftp://host".into()).to_string()
    );
}

#[test]
fn an_answer_of_the_api_reads_with_its_warnings() {
    let text = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up"},"values":[[1.5,"1"]]}]},"warnings":["w"]}"#;
    let wire: Wire = serde_json::from_str(text).unwrap();
    assert_eq!(wire.warnings, ["w"]);
    let Some(Data::Matrix(matrix)) = wire.data else {
        panic!("not a matrix")
    };
    let samples = Server::new("http://h")
        .unwrap()
        .raw(matrix.into_iter().next().unwrap().values)
        .unwrap();
    assert_eq!(
        samples,
        [Sample {
            at: 1500,
            value: 1.0
        }]
    );
}
