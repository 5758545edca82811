//! The files around the rules: Prometheus takes exactly the shipped rule files, and Alertmanager sends each alert where it belongs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::shipped::{self, ALERTS, RULES};
use crate::tools::{amtool, promtool, said};

const ALERTMANAGER: &str = "alerts/alertmanager.yml";

#[test]
fn prometheus_takes_the_shipped_files_and_neither_scenarios_nor_anything_else() {
    let folder = tempfile::tempdir().unwrap();
    for from in ["rules", "rules/scenarios", "alerts"] {
        fs::create_dir_all(folder.path().join(from)).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, folder.path().join(&path)).unwrap();
            }
        }
    }
    fs::copy("docs/prometheus.yml", folder.path().join("prometheus.yml")).unwrap();
    let checked = said(
        promtool()
            .args(["check", "config", "prometheus.yml"])
            .current_dir(folder.path()),
    );
    assert!(checked.is_success, "{}", checked.text);
    assert!(
        checked.text.contains("2 rule files found"),
        "{}",
        checked.text
    );
    for file in [RULES, ALERTS] {
        assert!(
            checked.text.contains(&format!("Checking {file}")),
            "{}",
            checked.text
        );
    }
    assert!(Path::new("rules/scenarios/worker-loss.yml").exists());
}

#[test]
fn prometheus_is_configured_as_the_arithmetic_of_detection_has_it() {
    let text = fs::read_to_string("docs/prometheus.yml").unwrap();
    for line in [
        "scrape_interval: 10s",
        "evaluation_interval: 5s",
        "job_name: mirrorwatch",
    ] {
        assert!(text.contains(line), "{line}");
    }
    for group in shipped::file(ALERTS).groups {
        assert_eq!(group.interval, "5s", "{}", group.name);
    }
}

#[test]
fn alertmanager_takes_its_file() {
    let checked = said(amtool().args(["check-config", ALERTMANAGER]));
    assert!(checked.is_success, "{}", checked.text);
}

#[test]
fn an_alert_reaches_the_receiver_of_its_severity_with_a_flow_or_without() {
    for severity in ["warning", "critical"] {
        for labels in [
            &["source=a", "target=b"][..],
            &["connector=c", "task=0"],
            &[],
        ] {
            let right = format!("mirrormaker-{severity}");
            assert!(reaches(&right, severity, labels), "{severity} {labels:?}");
        }
    }
    assert!(!reaches("mirrormaker-warning", "critical", &[]));
    assert!(!reaches("mirrormaker-critical", "warning", &[]));
}

fn reaches(receiver: &str, severity: &str, labels: &[&str]) -> bool {
    let test = ["config", "routes", "test"];
    said(
        amtool()
            .args(test)
            .arg(format!("--config.file={ALERTMANAGER}"))
            .arg(format!("--verify.receivers={receiver}"))
            .arg(format!("severity={severity}"))
            .args(labels),
    )
    .is_success
}

#[derive(Deserialize)]
struct Alertmanager {
    inhibit_rules: Vec<Inhibition>,
}

#[derive(Deserialize)]
struct Inhibition {
    source_matchers: Vec<String>,
    target_matchers: Vec<String>,
    equal: Vec<String>,
}

/// Labels of an alert, as far as a case needs them.
type Labels = BTreeMap<&'static str, &'static str>;

impl Inhibition {
    /// As Alertmanager does: a label that is missing on both sides is equal.
    fn mutes(&self, source: &Labels, target: &Labels) -> bool {
        let equal = |label: &String| source.get(label.as_str()) == target.get(label.as_str());
        holds(&self.source_matchers, source)
            && holds(&self.target_matchers, target)
            && self.equal.iter().all(equal)
    }
}

fn holds(matchers: &[String], labels: &Labels) -> bool {
    matchers.iter().all(|matcher| {
        let value = |name: &str| labels.get(name).copied().unwrap_or("");
        if let Some((name, pattern)) = matcher.split_once("=~") {
            let anchored = format!("^(?:{})$", pattern.trim_matches('"'));
            return regex::Regex::new(&anchored).unwrap().is_match(value(name));
        }
        let (name, wanted) = matcher.split_once('=').unwrap();
        value(name) == wanted.trim_matches('"')
    })
}

fn is_muted(
    source: &[(&'static str, &'static str)],
    target: &[(&'static str, &'static str)],
) -> bool {
    let file: Alertmanager =
        serde_saphyr::from_str(&fs::read_to_string(ALERTMANAGER).unwrap()).unwrap();
    let labels = |given: &[(&'static str, &'static str)]| given.iter().copied().collect::<Labels>();
    let (source, target) = (labels(source), labels(target));
    file.inhibit_rules
        .iter()
        .any(|rule| rule.mutes(&source, &target))
}

/// A flow that is stalled.
const STALLED: [(&str, &str); 5] = [
    ("alertname", "MirrorMakerFlowStalled"),
    ("severity", "critical"),
    ("job", "j"),
    ("source", "a"),
    ("target", "b"),
];

#[test]
fn critical_mutes_the_warnings_of_the_same_flow_and_of_no_other() {
    let degraded = |source, target| {
        [
            ("alertname", "MirrorMakerFlowDegraded"),
            ("severity", "warning"),
            ("job", "j"),
            ("source", source),
            ("target", target),
        ]
    };
    assert!(is_muted(&STALLED, &degraded("a", "b")));
    assert!(!is_muted(&STALLED, &degraded("b", "a")));
    let critical = [
        ("alertname", "MirrorMakerRecordsLost"),
        ("severity", "critical"),
        ("job", "j"),
        ("source", "a"),
        ("target", "b"),
    ];
    assert!(!is_muted(&STALLED, &critical), "critical is never muted");
}

#[test]
fn labels_that_both_lack_mute_nothing() {
    let nothing = [
        ("alertname", "MirrorMakerExporterDown"),
        ("severity", "critical"),
    ];
    let skew = [
        ("alertname", "MirrorMakerExporterImpaired"),
        ("severity", "warning"),
    ];
    let worker = [
        ("alertname", "MirrorMakerWorkerDown"),
        ("severity", "warning"),
        ("job", "j"),
        ("worker", "w"),
    ];
    assert!(!is_muted(&nothing, &skew));
    assert!(!is_muted(&nothing, &worker));
    assert!(!is_muted(&STALLED, &worker), "a warning without a flow");
}

#[test]
fn what_has_two_levels_says_the_higher_one_and_a_connector_mutes_its_own() {
    let most = [
        ("alertname", "MirrorMakerWorkerDown"),
        ("severity", "critical"),
        ("job", "j"),
    ];
    let one = |job| {
        [
            ("alertname", "MirrorMakerWorkerDown"),
            ("severity", "warning"),
            ("job", job),
            ("worker", "w"),
        ]
    };
    assert!(is_muted(&most, &one("j")));
    assert!(!is_muted(&most, &one("other")));
    let failed = [
        ("alertname", "MirrorMakerTaskFailed"),
        ("severity", "critical"),
        ("job", "j"),
        ("connector", "c"),
        ("task", "0"),
    ];
    let stalled = |connector| {
        [
            ("alertname", "MirrorMakerTaskStalled"),
            ("severity", "warning"),
            ("job", "j"),
            ("connector", connector),
            ("task", "1"),
        ]
    };
    assert!(is_muted(&failed, &stalled("c")));
    assert!(!is_muted(&failed, &stalled("d")));
}
