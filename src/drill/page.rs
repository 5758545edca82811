//! The exporter's page as the drill looks at it live: to choose a victim and to see how far the recovery is.
//!
//! Nothing is judged from it: verdicts rest on the samples that Prometheus stored.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Url;

use crate::clock;
use crate::fetch::{self, Access, Answer, Client};
use crate::model::time::Timestamp;
use crate::promql::{Labels, Sample, SeriesSet, Settings, Value};
use crate::recovery::clocks::compared;
use crate::recovery::plan::{Bound, Test};

/// Header in which the exporter tells its time.
const TIME_HEADER: &str = "x-mirrorwatch-time";

/// The classic text format.
const TEXT: &str = "text/plain;version=0.0.4";

/// Longest time that one look may take.
const DEADLINE: Duration = Duration::from_secs(3);

/// Largest page that is read.
const MAX_BYTES: usize = 64 << 20;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not a URL that can be asked; it is not repeated, for it may hold a password.
    #[error("the exporter's address is not a URL; write `http://host:19850`")]
    Url,
    /// No answer, or one that is no page.
    #[error("the exporter: {0}")]
    Fetch(fetch::Error),
    /// It does not tell its time.
    #[error("the exporter's answer has no header {TIME_HEADER}: is it mirrorwatch?")]
    NoTime,
}

/// One sample of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Name of the metric.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

impl Entry {
    /// The value of a label; empty when it has none, as in `PromQL`.
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    /// The value as an instant.
    pub fn instant(&self) -> Option<Timestamp> {
        Timestamp::from_seconds(self.value)
    }
}

/// All samples of one page.
#[derive(Clone, Debug, Default)]
pub struct Page {
    entries: Vec<Entry>,
}

impl Page {
    /// Read the classic text format; lines that are not samples are passed over.
    pub fn parse(text: &str) -> Self {
        Self {
            entries: text.lines().filter_map(entry).collect(),
        }
    }

    /// Whether a condition holds on it, as the judge has it; `now` only places the samples in time.
    pub fn shows(&self, condition: &Bound, now: Timestamp) -> bool {
        let at = now.as_micros() / 1_000;
        match &condition.test {
            Test::Comparison(comparison) => {
                let selected = self
                    .series()
                    .filter(|(labels, _)| comparison.selector.matches(labels));
                let values: Vec<_> = selected.map(|(_, value)| value).collect();
                values.len() >= condition.series && values.iter().all(|v| comparison.is_true_of(*v))
            }
            Test::Query(query) => {
                let mut set = SeriesSet::default();
                for (labels, value) in self.series() {
                    set.add(labels, [Sample { at, value }]);
                }
                let answer = query.instant(&set, at, &Settings::default());
                let value = answer.map(|answer| answer.value);
                matches!(value, Ok(Value::Vector(elements)) if elements.len() >= condition.series)
            }
        }
    }

    fn series(&self) -> impl Iterator<Item = (Labels, f64)> {
        self.entries.iter().map(|entry| {
            let name = ("__name__", entry.name.as_str());
            let labels = entry
                .labels
                .iter()
                .map(|(label, value)| (label.as_str(), value.as_str()));
            (std::iter::once(name).chain(labels).collect(), entry.value)
        })
    }

    /// The samples of one metric.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |entry| entry.name == name)
    }
}

/// The exporter, looked at directly.
#[derive(Clone, Debug)]
pub struct Exporter {
    page: Url,
    health: Url,
    client: Client,
}

impl Exporter {
    /// The exporter at a base URL.
    pub fn new(base: &str, access: &Access) -> Result<Self, Error> {
        let below = |path: &str| {
            Url::parse(&format!("{}/{path}", base.trim_end_matches('/'))).map_err(|_| Error::Url)
        };
        Ok(Self {
            page: below("metrics")?,
            health: below("-/healthy")?,
            client: Client::with_access(DEADLINE, access)
                .map_err(Error::Fetch)?
                .with_cap(MAX_BYTES),
        })
    }

    /// Where its page is.
    pub(super) fn address(&self) -> &Url {
        &self.page
    }

    /// Its page now.
    pub async fn page(&self) -> Result<Page, Error> {
        let answer = self.get(&self.page, TEXT).await?;
        Ok(Page::parse(&String::from_utf8_lossy(&answer.body)))
    }

    /// How far its clock is ahead of ours, and half the round trip, in microseconds. Every answer tells the time; the health
    /// check's is the shortest.
    pub async fn clock_offset(&self) -> Result<(i64, i64), Error> {
        let before = clock::wall();
        let answer = self.get(&self.health, "*/*").await?;
        let after = clock::wall();
        let header = answer
            .headers
            .get(TIME_HEADER)
            .and_then(|time| time.to_str().ok()?.parse().ok());
        let there = header
            .and_then(Timestamp::from_seconds)
            .ok_or(Error::NoTime)?;
        Ok(compared(before, there, after))
    }

    async fn get(&self, url: &Url, accept: &str) -> Result<Answer, Error> {
        let answer = self.client.get_as(url.clone(), accept).await;
        answer.map_err(Error::Fetch)
    }
}

fn entry(line: &str) -> Option<Entry> {
    if line.starts_with('#') {
        return None;
    }
    let (name, labels, rest) = if let Some((name, rest)) = line.split_once('{') {
        let (labels, rest) = labels(rest)?;
        (name, labels, rest)
    } else {
        let (name, rest) = line.split_once(' ')?;
        (name, BTreeMap::new(), rest)
    };
    let value = rest.split_whitespace().next()?.parse().ok()?;
    Some(Entry {
        name: name.trim().to_owned(),
        labels,
        value,
    })
}

/// Labels up to the closing brace, and what follows it.
fn labels(mut text: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    loop {
        text = text.trim_start_matches([',', ' ']);
        if let Some(rest) = text.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (name, rest) = text.split_once("=\"")?;
        let (value, rest) = quoted(rest)?;
        labels.insert(name.trim().to_owned(), value);
        text = rest;
    }
}

/// A label's value up to its closing quote, unescaped, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

#[test]
fn a_page_is_read_with_its_escapes_and_without_its_comments() {
    let page = Page::parse(
        "# HELP a b\n# TYPE a gauge\na{x=\"1,}\\\"\\\\\",y=\"\"} 2.5 1795420800000\nb 3\nc{worker=\"w:1\"} NaN\nbroken{x=\"1} 2\n",
    );
    let a = page.named("a").next().unwrap();
    assert_eq!((a.label("x"), a.label("z"), a.value), ("1,}\"\\", "", 2.5));
    assert!((page.named("b").next().unwrap().value - 3.0).abs() < 1e-9);
    assert!(page.named("c").next().unwrap().instant().is_none());
    assert_eq!(page.entries.len(), 3);
}
