//! A real lab whose scheduled rebalance delay is just above the objective, with fewer tasks than workers.

mod asked;

use std::process::Command;
use std::time::Duration;

use mirrorwatch::recovery::judgement::Verdict;
use mirrorwatch_lab::Profile;

use crate::site::{Turn, said, wait_until};
use crate::truth::{Demand, truth_inside};

/// Two tasks on three workers: one worker owns none of the flow, and one owner is not the leader.
fn slow() -> Turn {
    Turn::on("slow", |config| {
        config.profile = Profile::Slow;
        config.tasks_max = 2;
    })
}

#[test]
fn a_delay_above_the_objective_fails_and_the_report_says_why() {
    let site = &slow();
    let drill = site.drill("worker-loss", "owner", "kill");
    assert_eq!(
        (drill.judgement.verdict, drill.code),
        (Verdict::Fail, 1),
        "{}",
        drill.text
    );
    let why = drill
        .judgement
        .remarks
        .iter()
        .find(|remark| remark.code == "scheduled_delay_explains");
    assert!(why.is_some(), "{}", drill.text);
    truth_inside(site, &drill.judgement, Demand::Numbers);
    let late = site.evaluate_at_15s(&drill);
    assert_eq!(late.verdict, Verdict::Fail, "{:?}", late.remarks);
    truth_inside(site, &late, Demand::Numbers);
}

#[test]
fn the_queries_of_the_plan_return_data() {
    let site = &slow();
    for query in [
        "kafka_connect_mirror_source_connector_replication_latency_ms_avg",
        "rate(kafka_connect_mirror_source_connector_record_count[5m])",
        r#"kafka_connect_connector_task_status{status="running"}"#,
    ] {
        wait_until(query, Duration::from_secs(30), || {
            !site.ask(query).is_empty()
        });
    }
}

#[test]
fn a_failed_task_shows_one_and_nothing_when_it_is_healed() {
    let site = &slow();
    let query = r#"kafka_connect_connector_task_status{status="failed"}"#;
    assert!(site.ask(query).is_empty());
    site.lab.fail_task().expect("a task fails");
    wait_until("the failed task shows", Duration::from_secs(30), || {
        site.ask(query).iter().any(|value| value == "1")
    });
    site.lab.heal_task().expect("it is healed");
    wait_until("it is gone", Duration::from_secs(30), || {
        site.ask(query).is_empty()
    });
}

#[test]
fn promtool_accepts_the_classic_page() {
    let site = &slow();
    let page = site.file("page.txt");
    let text = site.page("text/plain");
    assert!(
        text.contains("kafka_connect_mirror_source_connector_record_count{"),
        "the page is the real one"
    );
    std::fs::write(&page, text).unwrap();
    let script = ".lab/debian/usr/bin/promtool check metrics < \"$1\"";
    let output = Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(&page)
        .output()
        .expect("a shell runs");
    // 0: nothing to say; 3: advice on style.
    assert!(
        matches!(output.status.code(), Some(0 | 3)),
        "{}",
        said(&output)
    );
    let advice = String::from_utf8_lossy(&output.stderr).into_owned();
    // The names that the users' queries use are JMX's, not Prometheus' style; docs/metrics.md says so.
    let ours: Vec<_> = advice
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("kafka_"))
        .collect();
    assert!(ours.is_empty(), "{}", ours.join("\n"));
}

#[test]
fn followed_topics_are_told_to_their_ends_over_many_polls() {
    let site = &slow();
    let newest = |metric: &str| -> Option<f64> {
        let page = site.page("text/plain");
        let told = page.lines().filter(|line| line.starts_with(metric));
        told.filter_map(|line| line.rsplit_once(' ')?.1.parse().ok())
            .reduce(f64::max)
    };
    let heartbeat = || newest("mm2_heartbeat_timestamp_seconds{");
    wait_until("a heartbeat is told", Duration::from_mins(1), || {
        heartbeat().is_some()
    });
    let first = heartbeat().expect("it was told");
    std::thread::sleep(Duration::from_secs(30));
    let told = heartbeat().expect("it is told") - first;
    assert!(told > 15.0, "in 30 s heartbeats of {told} s were told");
    let page = site.page("text/plain");
    let since = |task: &str, state: &str| -> Option<f64> {
        let series = format!(
            r#"mm2_task_last_transition_timestamp_seconds{{connector="mirror-source",task="{task}",state="{state}"}} "#
        );
        page.lines()
            .find_map(|line| line.strip_prefix(&series)?.parse().ok())
    };
    for task in ["0", "1"] {
        let running = since(task, "running").expect("it was started");
        for state in ["unassigned", "failed"] {
            let before = since(task, state).is_none_or(|entered| entered <= running);
            assert!(before, "task {task} runs, and was last told {state}");
        }
    }
}
