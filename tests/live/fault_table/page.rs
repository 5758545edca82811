//! One page of the exporter, as far as faults show on it.

use std::collections::BTreeMap;

/// Families that faults are judged by, beside all of `mm2_`.
const MIRRORED: [&str; 3] = [
    "kafka_connect_connector_status",
    "kafka_connect_connector_task_status",
    COUNTED,
];
/// What MM2 counts of each partition that a task copies.
pub(super) const COUNTED: &str = "kafka_connect_mirror_source_connector_record_count";
/// What moves all the time and says nothing about a fault.
const NOISE: [&str; 8] = [
    "mm2_canary_latency",
    "mm2_exporter_poll_duration",
    "mm2_heartbeat",
    "mm2_replicated_bytes",
    "mm2_topic_log",
    "mm2_worker_jvm",
    "mm2_worker_process",
    "mm2_checkpoint",
];

/// A page: its series by name and labels as they stand there.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    pub(super) series: BTreeMap<Series, f64>,
}

/// A series: the name of its metric and its labels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Series {
    pub(super) metric: String,
    pub(super) labels: BTreeMap<String, String>,
}

impl Page {
    /// The page in Prometheus' text format.
    pub(super) fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| is_told(line));
        let series = lines.filter_map(|line| {
            let (series, value) = line.rsplit_once(' ')?;
            Some((Series::parse(series), value.parse().ok()?))
        });
        Self {
            series: series.collect(),
        }
    }

    /// All series of a metric.
    pub(super) fn of<'a>(&'a self, metric: &'a str) -> impl Iterator<Item = (&'a Series, f64)> {
        let all = self.series.iter();
        all.filter(move |(series, _)| series.metric == metric)
            .map(|(series, value)| (series, *value))
    }

    /// The value of the only series of a metric.
    pub(super) fn value(&self, metric: &str) -> Option<f64> {
        self.of(metric).next().map(|(_, value)| value)
    }

    /// When the snapshot was taken that it shows, in seconds since the epoch.
    pub(super) fn taken(&self) -> f64 {
        self.value("mm2_exporter_page_timestamp_seconds")
            .expect("every page tells when it was made")
    }
}

impl Series {
    fn parse(text: &str) -> Self {
        let (metric, labels) = text
            .trim_end_matches('}')
            .split_once('{')
            .unwrap_or((text, ""));
        // No label of the lab has a comma or a quote in it.
        let labels = labels.split("\",").filter_map(|label| {
            let (key, value) = label.split_once("=\"")?;
            Some((key.to_owned(), value.trim_end_matches('"').to_owned()))
        });
        Self {
            metric: metric.to_owned(),
            labels: labels.collect(),
        }
    }

    /// Whether it has these labels, among others.
    pub(super) fn has(&self, labels: &[(&str, String)]) -> bool {
        labels
            .iter()
            .all(|(key, value)| self.labels.get(*key) == Some(value))
    }

    /// The set of states that it belongs to, and its state; itself if it belongs to none.
    pub(super) fn apart(&self) -> (Self, Option<String>) {
        let mut set = self.clone();
        let state = set.labels.remove("state");
        (set, state)
    }

    pub(super) fn label(&self, key: &str) -> &str {
        self.labels.get(key).map_or("", String::as_str)
    }
}

impl std::fmt::Display for Series {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let labels = self.labels.iter();
        let labels: Vec<String> = labels
            .map(|(key, value)| format!("{key}=\"{value}\""))
            .collect();
        write!(out, "{}", self.metric)?;
        if labels.is_empty() {
            return Ok(());
        }
        write!(out, "{{{}}}", labels.join(","))
    }
}

fn is_told(line: &str) -> bool {
    let name = line.split(['{', ' ']).next().unwrap_or_default();
    let is_noise = NOISE.iter().any(|noise| name.starts_with(noise));
    (name.starts_with("mm2_") && !is_noise) || MIRRORED.contains(&name)
}
