//! The kept drills: their evidence, the judgement that was kept, and what the lab itself knew.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use mirrorwatch::promql::{Labels, Millis, Sample, Selector, SeriesSet, parse_value};
use mirrorwatch::recovery::audits::Audits;
use mirrorwatch::recovery::events::What;
use mirrorwatch::recovery::inventory::Inventory;
use mirrorwatch::recovery::judge::{Observed, judge};
use mirrorwatch::recovery::judgement::Judgement;
use mirrorwatch::recovery::plan;
use mirrorwatch::recovery::read::{self, Log};
use mirrorwatch::recovery::scenario::Scenario;
use mirrorwatch::recovery::shipped;
use serde::Deserialize;

use crate::truth::Truth;

const KEPT: &str = "lab/runs/2026-11-28-drills";

/// Every kept drill, by name.
pub static DRILLS: LazyLock<Vec<Drill>> = LazyLock::new(|| {
    let entries = fs::read_dir(KEPT)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    paths.sort();
    paths.iter().map(|path| Drill::read(path)).collect()
});

/// What is judged: a drill's evidence.
#[derive(Clone, PartialEq)]
pub struct Evidence {
    pub log: Log,
    /// In order of their labels.
    pub series: Vec<(Labels, Vec<Sample>)>,
}

/// A kept drill.
pub struct Drill {
    pub name: String,
    pub evidence: Evidence,
    pub truth: Truth,
    /// The judgement that was kept.
    pub kept: Judgement,
    /// Of the whole evidence, by the scenario as it is shipped now.
    pub judgement: Judgement,
    /// T_f⁻ and T_f⁺, in microseconds.
    pub zero: (i64, i64),
    scenario: Scenario,
    inventory: Inventory,
    audits: Option<Audits>,
    interval: i64,
}

impl Drill {
    fn read(dir: &Path) -> Self {
        let text = |name: &str| fs::read_to_string(dir.join(name)).unwrap();
        let kept = read::scenario("scenario.yml", &text("scenario.yml")).unwrap();
        let scenario = without_observations(shipped::scenario(&kept.name).unwrap());
        let log = read::events(&text("events.jsonl")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&text("evidence.json")).unwrap();
        let mut drill = Self {
            name: dir.file_name().unwrap().to_str().unwrap().to_owned(),
            zero: zero(&log),
            truth: Truth::read(&text("truth.json"), &log),
            kept: serde_json::from_str(&text("report.json")).unwrap(),
            judgement: serde_json::from_str(&text("report.json")).unwrap(),
            inventory: read::inventory("inventory.yml", &text("inventory.yml")).unwrap(),
            audits: Some(read::audits(&text("audit.json")).unwrap()),
            interval: manifest["scrape_interval_us"].as_i64().unwrap(),
            evidence: Evidence {
                series: samples(dir, &scenario),
                log,
            },
            scenario,
        };
        drill.judgement = drill.judge(&drill.evidence);
        drill
    }

    /// Judge other evidence as if it were this drill's.
    pub fn judge(&self, evidence: &Evidence) -> Judgement {
        let series: SeriesSet = evidence.series.iter().cloned().collect();
        let observed = Observed {
            series: &series,
            scrape_interval_us: self.interval,
            warnings: &[],
            server_clock: None,
            audits: self.audits.as_ref(),
            // No verdict rests on them.
            alerts: None,
        };
        judge(&self.scenario, &self.inventory, &evidence.log, observed).unwrap()
    }

    pub fn workers(&self) -> Vec<String> {
        let workers = self.inventory.workers.iter();
        workers.map(|worker| worker.id.clone()).collect()
    }
}

/// Without the table of metrics: no verdict rests on it, and it takes longest.
fn without_observations(text: &str) -> Scenario {
    let mut scenario = read::scenario("scenario", text).unwrap();
    scenario.observations.clear();
    scenario
}

fn zero(log: &Log) -> (i64, i64) {
    let issued = |what: &What| matches!(what, What::StepIssued { zero: true, .. });
    let at = log
        .events
        .iter()
        .position(|event| issued(&event.what))
        .unwrap();
    let done = |what: &What| matches!(what, What::StepDone { .. });
    let after = log.events[at..]
        .iter()
        .find(|event| done(&event.what))
        .unwrap();
    (log.events[at].at.as_micros(), after.at.as_micros())
}

/// Series of the page that a judgement looks at whatever the scenario is.
const ALWAYS: [&str; 10] = [
    "up",
    "scrape_duration_seconds",
    "mm2_exporter_endpoint_up",
    "mm2_exporter_page_timestamp_seconds",
    "mm2_exporter_reading_age_seconds",
    "mm2_exporter_reading_time_to_live_seconds",
    "mm2_connect_leader_info",
    "mm2_connect_group_member_info",
    "mm2_connect_assignment_withheld_delay_seconds",
    "kafka_connect_connector_task_status",
];

/// What the canary tells and no verdict rests on.
const UNREAD: [&str; 9] = [
    "latency_seconds",
    "acknowledgement_seconds",
    "replay",
    "worst_replay",
    "corrupt",
    "mangled",
    "misrouted",
    "reordered",
    "untimed",
];

/// Whether a judgement looks at a series: a page has many more, and each mutant is a page of its own.
fn is_looked_at(name: &str, selectors: &[Selector]) -> bool {
    let is_unread = |rest: &str| UNREAD.iter().any(|unread| rest.starts_with(unread));
    let is_meant = |selector: &Selector| match selector.metric() {
        Some(metric) => metric == name,
        None => name.starts_with("kafka_connect_connector_"),
    };
    match name.strip_prefix("mm2_canary_") {
        Some(rest) => !is_unread(rest),
        None => ALWAYS.contains(&name) || selectors.iter().any(is_meant),
    }
}

/// A line of the samples.
#[derive(Deserialize)]
struct Line<'a> {
    metric: Labels,
    #[serde(borrow)]
    samples: Vec<(Millis, &'a str)>,
}

/// The series that a judgement by the scenario looks at.
fn samples(dir: &Path, scenario: &Scenario) -> Vec<(Labels, Vec<Sample>)> {
    let packed = fs::read(dir.join("samples.jsonl.zst")).unwrap();
    let text = String::from_utf8(zstd::decode_all(&*packed).unwrap()).unwrap();
    let selectors = plan::selectors(scenario);
    let name = |line: &str| {
        let rest = line.split_once("\"__name__\":\"").unwrap().1;
        rest.split('"').next().unwrap().to_owned()
    };
    let lines = text.lines();
    let looked_at = lines.filter(|line| is_looked_at(&name(line), &selectors));
    let read = looked_at.map(|line| {
        let line: Line<'_> = serde_json::from_str(line).unwrap();
        let sample = |(at, value): &(Millis, &str)| Sample {
            at: *at,
            value: parse_value(value).unwrap(),
        };
        (line.metric, line.samples.iter().map(sample).collect())
    });
    read.collect()
}
