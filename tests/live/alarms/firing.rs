//! What fires in the Prometheus server that runs the shipped alerts.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

use mirrorwatch_lab::Lab;
use serde_json::Value;

use super::alarm::Labels;
use crate::site::{over, series};

/// As often as rules are evaluated.
pub(super) const STEP: f64 = 5.0;
const DAY: f64 = 86_400.0;
/// How often a question is asked that is not answered.
const ASKED: u32 = 5;

/// How long after a scrape is over its samples may take until a rule sees them, in seconds.
const APPENDED: f64 = 0.5;

/// That server.
pub(super) struct Server {
    url: String,
}

/// An alert that fired without a break.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) labels: Labels,
    /// In seconds since the epoch: the first evaluation at which it fired, and the last.
    pub(super) from: f64,
    pub(super) to: f64,
}

/// When the server asked the exporter for its page, in seconds since the epoch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scrape {
    from: f64,
    to: f64,
}

impl Scrape {
    pub(super) fn new(from: f64, to: f64) -> Self {
        Self { from, to }
    }

    /// Whether the server was at it at this instant: a rule evaluated then may have seen its samples, and may have not.
    pub(super) fn is_under_way(self, at: f64) -> bool {
        self.from <= at && at <= self.to + APPENDED
    }
}

impl Server {
    pub(super) fn of(lab: &Lab) -> Self {
        let url = lab.description().address("prometheus-10s");
        Self {
            url: url.expect("the lab runs the shipped alerts").to_owned(),
        }
    }

    /// The alerts that fire now, or are about to.
    pub(super) fn stirring(&self) -> Result<Vec<Labels>, String> {
        let query = "ALERTS{alertstate=~\"firing|pending\"}";
        let answer = self.ask(|url| series(url, "query", &[("query", query)]))?;
        Ok(answer.iter().map(labels).collect())
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// When it scraped for the first time, before this instant.
    pub(super) fn began(&self, before: f64) -> Result<f64, String> {
        let answer = self.ask(|url| raw(url, "up", (before - DAY, before)))?;
        let first = answer
            .iter()
            .filter_map(|series| series["values"][0][0].as_f64());
        first
            .reduce(f64::min)
            .ok_or_else(|| format!("{} has never scraped", self.url))
    }

    /// At which millisecond of its group's interval each alert is evaluated, of those that were ever active between two instants.
    pub(super) fn phases(&self, from: f64, to: f64) -> Result<BTreeMap<String, i64>, String> {
        let answer = self.ask(|url| raw(url, "ALERTS", (from, to)))?;
        let phase = |series: &Value| {
            let name = series["metric"]["alertname"].as_str()?;
            let first = series["values"][0][0].as_f64()?;
            Some((name.to_owned(), millis(first).rem_euclid(millis(STEP))))
        };
        Ok(answer.iter().filter_map(phase).collect())
    }

    /// All that fired between two instants, by the samples that it stored, evaluation for evaluation.
    pub(super) fn stored(&self, from: f64, to: f64) -> Result<Vec<Span>, String> {
        let query = "ALERTS{alertstate=\"firing\"}";
        let answer = self.ask(|url| raw(url, query, (from, to)))?;
        Ok(answer.iter().flat_map(spans).collect())
    }

    /// Every scrape that it began between two instants.
    pub(super) fn scrapes(&self, from: f64, to: f64) -> Result<Vec<Scrape>, String> {
        let answer = self.ask(|url| raw(url, "scrape_duration_seconds", (from, to)))?;
        let samples = answer
            .iter()
            .flat_map(|series| series["values"].as_array().into_iter().flatten());
        let scrape = |sample: &Value| {
            let from = sample[0].as_f64()?;
            let lasted: f64 = sample[1].as_str()?.parse().ok()?;
            Some(Scrape::new(from, from + lasted))
        };
        Ok(samples.filter_map(scrape).collect())
    }

    /// All that fired between two instants, in seconds since the epoch.
    pub(super) fn fired(&self, from: f64, to: f64) -> Result<Vec<Span>, String> {
        let query = "ALERTS{alertstate=\"firing\"}";
        let answer = self.ask(|url| over(url, query, (from, to), STEP))?;
        Ok(answer.iter().flat_map(spans).collect())
    }

    fn ask(&self, question: impl Fn(&str) -> Option<Vec<Value>>) -> Result<Vec<Value>, String> {
        for _ in 0..ASKED {
            if let Some(answer) = question(&self.url) {
                return Ok(answer);
            }
            sleep(Duration::from_secs(1));
        }
        Err(format!("{} does not answer", self.url))
    }
}

/// Of seconds.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the epoch is not that far away"
)]
pub(super) fn millis(seconds: f64) -> i64 {
    (seconds * 1_000.0).round() as i64
}

/// The samples of a selector, as they were stored.
fn raw(url: &str, selector: &str, (from, to): (f64, f64)) -> Option<Vec<Value>> {
    let query = format!("{selector}[{}s]", (to - from).ceil());
    series(
        url,
        "query",
        &[("query", &query), ("time", &to.to_string())],
    )
}

fn labels(series: &Value) -> Labels {
    let labels = series["metric"].as_object().into_iter().flatten();
    labels
        .filter(|(name, _)| !["__name__", "alertstate"].contains(&name.as_str()))
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
}

fn spans(series: &Value) -> Vec<Span> {
    let samples = series["values"].as_array().into_iter().flatten();
    let times = samples.filter_map(|sample| sample[0].as_f64());
    let mut spans: Vec<Span> = Vec::new();
    for at in times {
        match spans.last_mut() {
            Some(last) if at - last.to < 1.5 * STEP => last.to = at,
            _ => spans.push(Span {
                labels: labels(series),
                from: at,
                to: at,
            }),
        }
    }
    spans
}

#[test]
fn an_alert_that_pauses_fired_twice() {
    let series = serde_json::json!({
        "metric": {"__name__": "ALERTS", "alertstate": "firing", "alertname": "A"},
        "values": [[10.0, "1"], [15.0, "1"], [30.0, "1"]],
    });
    let spans = spans(&series);
    let times: Vec<_> = spans.iter().map(|span| (span.from, span.to)).collect();
    assert_eq!(times, [(10.0, 15.0), (30.0, 30.0)]);
    assert_eq!(
        spans[0].labels,
        [("alertname".to_owned(), "A".to_owned())].into()
    );
}

#[test]
fn a_scrape_is_under_way_from_its_beginning_until_its_samples_are_there() {
    let scrape = Scrape::new(10.0, 10.5);
    let at = [9.99, 10.0, 10.99, 11.01].map(|at| scrape.is_under_way(at));
    assert_eq!(at, [false, true, true, false]);
}
