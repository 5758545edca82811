//! The pages that a real lab gave in each fault, held for three minutes: which alerts its states fire, and that `docs/alerts.md`
//! says so.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Read;

use crate::tools::{promtool, said};

const RUN: &str = "lab/runs/2026-11-26-fault-table/kafka-4.3.1";

/// A moment in a kept fault: so many seconds after the peer showed it.
struct Moment {
    row: &'static str,
    shown: &'static str,
    seconds: f64,
    /// Without `MirrorMaker`, then c for critical or w for warning.
    fires: &'static [&'static str],
}

const fn moment(
    row: &'static str,
    shown: &'static str,
    seconds: f64,
    fires: &'static [&'static str],
) -> Moment {
    Moment {
        row,
        shown,
        seconds,
        fires,
    }
}

const MOMENTS: &[Moment] = &[
    moment(
        "01",
        "nothing comes through",
        4.0,
        &["FlowStalled c", "TaskStalled w"],
    ),
    moment(
        "02",
        "nothing comes through",
        4.0,
        &["FlowStalled c", "TaskStalled w"],
    ),
    moment(
        "03",
        "it is paused",
        4.0,
        &["ConnectorNotRunning w", "FlowStalled c"],
    ),
    moment(
        "05",
        "it is killed",
        4.0,
        &["FlowDegraded w", "TaskOnDeadWorker c", "WorkerDown w"],
    ),
    moment(
        "05",
        "its tasks are withheld",
        4.0,
        &[
            "FlowDegraded w",
            "TasksWithheld c",
            "TasksWithheld w",
            "WorkerDown w",
        ],
    ),
    moment("05", "they run elsewhere", 4.0, &["WorkerDown w"]),
    moment(
        "07",
        "it is killed",
        4.0,
        &["FlowDegraded w", "TaskOnDeadWorker c", "WorkerDown w"],
    ),
    moment(
        "07",
        "another one leads, and its tasks run elsewhere at once",
        4.0,
        &["WorkerDown w"],
    ),
    moment(
        "08",
        "it is killed",
        4.0,
        &["TaskOnDeadWorker c", "WorkerDown w"],
    ),
    moment(
        "09",
        "it is frozen",
        4.0,
        &["FlowDegraded w", "TaskOnDeadWorker c", "WorkerDown w"],
    ),
    moment(
        "10",
        "it is stopped",
        0.5,
        &["ConnectorNotRunning w", "FlowStalled c"],
    ),
    moment(
        "11",
        "it is deleted",
        3.0,
        &["ConnectorDown c", "FlowStalled c"],
    ),
    moment("12", "it is deleted", 4.0, &[]),
    moment(
        "13",
        "the source is stalled",
        4.0,
        &["FlowStalled c", "TaskStalled w"],
    ),
    moment("14", "it fails", 1.5, &["FlowDegraded w", "TaskFailed c"]),
    moment("15", "the load pauses", 4.0, &[]),
    moment("16", "it is stopped", 4.0, &["SourceDown c"]),
    moment(
        "17",
        "it is stopped",
        4.0,
        &["TargetDown c", "WorkerUnhealthy w"],
    ),
    moment(
        "17",
        "the workers give up their tasks",
        4.0,
        &["TargetDown c", "TaskStalled w", "WorkerUnhealthy w"],
    ),
    moment("17", "the tasks run again", 4.0, &[]),
];

/// A kept row: its fault, and its lines with their seconds.
struct Row {
    fault: String,
    lines: Vec<(f64, String)>,
}

fn row(number: &str) -> Row {
    let path = fs::read_dir(RUN)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with(number)
        })
        .unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(fs::File::open(path).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    let (fault, rest) = text.split_once('\n').unwrap();
    let lines = rest
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (seconds, said) = line.split_once(' ').unwrap();
            (seconds.parse().unwrap(), said.to_owned())
        });
    Row {
        fault: fault.trim_start_matches("# ").to_owned(),
        lines: lines.collect(),
    }
}

impl Row {
    /// The page at that moment: series and value.
    fn page(&self, moment: &Moment) -> BTreeMap<String, String> {
        let sign = format!("* {}:", moment.shown);
        let (shown, _) = self
            .lines
            .iter()
            .find(|(_, said)| said.starts_with(&sign))
            .unwrap_or_else(|| panic!("{}: {}", self.fault, moment.shown));
        let until = self
            .lines
            .iter()
            .take_while(|(at, _)| *at <= shown + moment.seconds);
        let mut page = BTreeMap::new();
        for (_, said) in until.filter(|(_, said)| !said.starts_with('*')) {
            let (series, value) = said.rsplit_once(' ').unwrap();
            if value == "gone" {
                page.remove(series);
            } else {
                page.insert(series.to_owned(), value.to_owned());
            }
        }
        page
    }
}

#[test]
fn each_state_of_the_kept_faults_fires_its_alerts_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept.test.yml");
    fs::write(&path, cases()).unwrap();
    let result = said(promtool().args(["test", "rules", path.to_str().unwrap()]));
    assert!(result.is_success, "{}", result.text);
}

fn cases() -> String {
    let here = std::env::current_dir().unwrap().display().to_string();
    let mut text = format!(
        "rule_files: [{here}/rules/mm2.rules.yml, {here}/alerts/mm2.alerts.yml]\nevaluation_interval: 10s\ntests:\n"
    );
    for moment in MOMENTS {
        let row = row(moment.row);
        let _ = write!(
            text,
            "  - interval: 10s\n    input_series:\n      - {{ series: 'up{{job=\"mirrorwatch\"}}', values: 1+0x18 }}\n"
        );
        // Lags are as large as the moment made them; held still they are those of another fault.
        for (series, value) in row
            .page(moment)
            .iter()
            .filter(|(series, _)| !series.starts_with("mm2_replication_lag"))
        {
            let labelled = match series.strip_suffix('}') {
                Some(labels) => format!("{labels},job=\"mirrorwatch\"}}"),
                None => format!("{series}{{job=\"mirrorwatch\"}}"),
            };
            let _ = writeln!(
                text,
                "      - {{ series: '{labelled}', values: '{value}+0x18' }}"
            );
        }
        // The name of the moment is in the question, so that a failure says which it is.
        let _ = write!(
            text,
            "    promql_expr_test:\n      - expr: 'group by (alertname, severity) (ALERTS{{alertstate=\"firing\",moment!=\"{} {}\"}})'\n        eval_time: 3m\n",
            moment.row, moment.shown
        );
        if !moment.fires.is_empty() {
            text.push_str("        exp_samples:\n");
        }
        for (name, severity) in moment.fires.iter().map(|alert| full(alert)) {
            let _ = writeln!(
                text,
                "          - {{ labels: '{{alertname=\"{name}\",severity=\"{severity}\"}}', value: 1 }}"
            );
        }
    }
    text
}

fn full(alert: &str) -> (String, &'static str) {
    let (name, level) = alert.split_once(' ').unwrap();
    let severity = if level == "c" { "critical" } else { "warning" };
    (format!("MirrorMaker{name}"), severity)
}

#[test]
fn the_document_says_what_the_states_of_each_fault_fire() {
    let text = fs::read_to_string("docs/alerts.md").unwrap();
    let mut rows = BTreeSet::new();
    for moment in MOMENTS {
        let fires: Vec<String> = moment
            .fires
            .iter()
            .map(|alert| full(alert))
            .map(|(name, severity)| format!("`{name}` {severity}"))
            .collect();
        let fires = if fires.is_empty() {
            "none".to_owned()
        } else {
            fires.join(", ")
        };
        let line = format!("| {}: {} | {fires} |", row(moment.row).fault, moment.shown);
        assert!(text.contains(&line), "docs/alerts.md lacks\n{line}");
        rows.insert(line);
    }
    assert_eq!(rows.len(), MOMENTS.len());
}
