//! What a drill looks at before it does anything, and what it refuses to begin.

use std::fs;
use std::process::Output;

use crate::site::Site;

/// What a rehearsal says.
fn rehearsed(site: &Site) -> (Option<i32>, String, String) {
    let mut command = site.rehearsal();
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn a_rehearsal_shows_a_table_of_eighty_columns_and_does_nothing() {
    let site = Site::slow();
    let (code, said, complaints) = rehearsed(&site);
    assert_eq!(code, Some(0), "{complaints}");
    let table: Vec<_> = said
        .lines()
        .skip_while(|line| !line.contains("found"))
        .collect();
    let (table, _) = table.split_at(
        table
            .iter()
            .position(|line| line.is_empty() || line.starts_with("The `check`"))
            .unwrap(),
    );
    assert!(
        table.iter().all(|line| line.chars().count() <= 80),
        "{said}"
    );
    let row = |what: &str| {
        let found = table
            .iter()
            .find(|line| line.trim_start().starts_with(what));
        found
            .unwrap_or_else(|| panic!("no {what} in {said}"))
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(row("leader"), "leader ok w1:8083");
    assert!(
        row("victim").starts_with("victim ok w2:8083 (owner)"),
        "{said}"
    );
    // No configuration of the exporter lies beside the inventory.
    assert!(row("replicas").starts_with("replicas not known"), "{said}");
    assert!(
        row("canary coverage").contains(" ok each of 3 tasks"),
        "{said}"
    );
    assert!(row("clock, exporter").contains(" ok "), "{said}");
    assert!(row("settings").contains("not known"), "{said}");
    assert!(said.ends_with("Nothing was done.\n"), "{said}");
    assert!(!site.out().exists());
}

#[test]
fn what_the_settings_imply_is_told_before_anything_is_done() {
    let site = Site::slow();
    site.add(
        "settings: { heartbeat.interval.ms: 3000, scheduled.rebalance.max.delay.ms: 300000 }\n",
    );
    let (code, said, _) = rehearsed(&site);
    assert_eq!(code, Some(0));
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let expected = "settings warning `recovery-time` cannot pass: the settings imply 300 s";
    assert!(words.contains(expected), "{said}");
}

#[test]
fn a_change_that_would_drop_the_canary_is_refused_before_anything_is_done() {
    for (topics, is_refused) in [("prod-.*", true), ("t|prod-.*", false)] {
        let site = Site::configured(topics);
        let (code, said, complaints) = rehearsed(&site);
        assert_eq!(
            code,
            Some(if is_refused { 2 } else { 0 }),
            "{said}{complaints}"
        );
        assert_eq!(said.contains("REFUSED"), is_refused, "{said}");
        if !is_refused {
            continue;
        }
        assert!(
            complaints.contains("does not match the canary's topic `t`"),
            "{complaints}"
        );
        let output = site.start().wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.contains("nothing was done") && said.contains("canary's topic `t`"),
            "{said}"
        );
        let log = fs::read_to_string(site.out().join("events.jsonl")).unwrap();
        assert!(
            !log.contains("step_issued") && !log.contains("\"steady_state\""),
            "{log}"
        );
    }
}

#[test]
fn clusters_that_do_not_answer_are_not_known_to_be_well() {
    let site = Site::audited("bootstrap.servers: '127.0.0.1:1'");
    let (code, said, complaints) = rehearsed(&site);
    assert_eq!(code, Some(0), "{complaints}");
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for alias in ["source", "target"] {
        assert!(
            words.contains(&format!(
                "replicas, {alias} not known it could not be asked"
            )),
            "{said}"
        );
    }
}
