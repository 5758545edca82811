//! The rules on the pages that real Kafkas gave, in every format of MM2's metric names: each metric of the plan is found, and
//! belongs to its flow.

use std::fmt::Write as _;
use std::fs;

use crate::tools::{promtool, said};

/// What is recorded of gauges that one page tells; what needs a rate needs two.
const RECORDED: [&str; 5] = [
    "flow:kafka_connect_mirror_source_connector_byte_rate:sum",
    "flow:kafka_connect_mirror_source_connector_replication_latency_ms_avg:max",
    "flow:kafka_producer_topic_record_send_rate:sum",
    "flow:kafka_connect_source_task_source_record_poll_rate:without_canary",
    "flow:kafka_connect_source_task_source_record_active_count:sum",
];

#[test]
fn every_metric_of_the_plan_is_found_on_the_pages_of_real_kafkas() {
    let here = std::env::current_dir().unwrap().display().to_string();
    let mut text =
        format!("rule_files: [{here}/rules/mm2.rules.yml]\nevaluation_interval: 10s\ntests:\n");
    let pages: Vec<_> = fs::read_dir("tests/golden")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().unwrap().contains("metrics-kafka-"))
        .collect();
    assert!(pages.len() >= 6, "{pages:?}");
    for page in &pages {
        text.push_str("  - interval: 10s\n    input_series:\n");
        for line in fs::read_to_string(page)
            .unwrap()
            .lines()
            .filter(|line| !line.starts_with('#'))
        {
            let (series, value) = line.rsplit_once(' ').unwrap();
            if let Some(labels) = series.strip_suffix('}') {
                let _ = writeln!(
                    text,
                    "      - {{ series: '{labels},job=\"mirrorwatch\"}}', values: '{value}+0x6' }}"
                );
            }
        }
        text.push_str("    promql_expr_test:\n");
        for name in RECORDED {
            // The page is in the question, so that a failure says which it is.
            let question = format!(
                "group by (job, source, target) ({name}{{page!=\"{}\"}} >= 0)",
                page.display()
            );
            let _ = write!(
                text,
                "      - expr: '{question}'\n        eval_time: 1m\n        exp_samples:\n          - {{ labels: '{{job=\"mirrorwatch\",source=\"source\",target=\"target\"}}', value: 1 }}\n"
            );
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pages.test.yml");
    fs::write(&path, text).unwrap();
    let result = said(promtool().args(["test", "rules", path.to_str().unwrap()]));
    assert!(result.is_success, "{}", result.text);
}
