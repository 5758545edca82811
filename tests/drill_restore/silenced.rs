//! A silence lasts as long as its drill, however that ends.

use std::fs;
use std::time::Duration;

use rustix::process::Signal;

use crate::alertmanager::{Alertmanager, Manner};
use crate::site::{Site, send};

#[test]
fn the_flows_alerts_are_silenced_before_the_first_step_and_no_longer_when_all_is_over() {
    let alertmanager = Alertmanager::start(Manner::Well);
    let site = Site::silenced(&alertmanager.url);
    let child = site.start_silenced();
    site.wait_for("step_issued");
    assert_eq!(alertmanager.active(), 1);
    let output = child.wait_with_output().unwrap();
    site.assert_as_before("a drill with a silence");
    assert_eq!(alertmanager.active(), 0);

    let log = fs::read_to_string(site.out().join("events.jsonl")).unwrap();
    let order = [
        "silenced",
        "step_issued",
        "restore_done",
        "silence_ended",
        "drill_ended",
    ];
    let at = order.map(|event| log.find(&format!("\"event\":\"{event}\"")).unwrap());
    assert!(at.is_sorted(), "{log}");

    let asked = &alertmanager.asked()[0];
    let comment = asked["comment"].as_str().unwrap();
    let evidence = site.out().display().to_string();
    assert!(
        comment.contains("drill short at stub") && comment.contains(&evidence),
        "{comment}"
    );
    let matchers: Vec<_> = asked["matchers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let op = if one["isEqual"] == true { "=" } else { "!" };
            let kind = if one["isRegex"] == true { "~" } else { "" };
            format!(
                "{}{op}{kind}{}",
                one["name"].as_str().unwrap(),
                one["value"].as_str().unwrap()
            )
        })
        .collect();
    let expected = [
        "alertname=~MirrorMaker.*",
        "alertname!~MirrorMakerExporter.*",
        "job=mirrorwatch",
        "source=~|source",
        "target=~|target",
    ];
    assert_eq!(matchers, expected);
    let instant = |key: &str| {
        asked[key]
            .as_str()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .unwrap()
    };
    let length = instant("endsAt")
        .duration_since(instant("startsAt"))
        .as_secs();
    // The step's minute, its undo's three, the window and the last look: it ends by itself if all else fails.
    assert!((360..420).contains(&length), "{length}");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("silence"),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_signal_or_a_kill_at_any_moment_leaves_no_silence() {
    std::thread::scope(|scope| {
        for moment in [
            "silenced",
            "step_issued",
            "step_done",
            "restore_issued",
            "restore_done",
        ] {
            for signal in [Signal::INT, Signal::KILL] {
                scope.spawn(move || {
                    let alertmanager = Alertmanager::start(Manner::Well);
                    let site = Site::silenced(&alertmanager.url);
                    let child = site.start_silenced();
                    site.wait_for(moment);
                    send(&child, signal);
                    child.wait_with_output().unwrap();
                    if signal == Signal::KILL {
                        let output = site.restore();
                        let said = String::from_utf8_lossy(&output.stderr).into_owned();
                        assert!(output.status.success(), "{moment}: {said}");
                    }
                    site.assert_as_before(moment);
                    assert_eq!(alertmanager.asked().len(), 1, "{moment}");
                    assert_eq!(alertmanager.active(), 0, "{moment}");
                });
            }
        }
    });
}

#[test]
fn a_silence_whose_name_was_never_heard_is_found_by_its_mark() {
    let alertmanager = Alertmanager::start(Manner::Mute);
    let site = Site::silenced(&alertmanager.url);
    let child = site.start_silenced();
    while alertmanager.active() == 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    send(&child, Signal::KILL);
    child.wait_with_output().unwrap();
    assert_eq!(alertmanager.active(), 1);
    let output = site.restore();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(said, "nothing to undo; the silence is ended\n");
    assert_eq!(alertmanager.active(), 0);
    site.assert_as_before("a silence without a name");
}

#[test]
fn where_no_silence_is_to_be_had_nothing_is_done() {
    let alertmanager = Alertmanager::start(Manner::Refusing);
    for (url, why) in [
        (alertmanager.url.as_str(), "start time must be before"),
        ("http://127.0.0.1:1", "no connection"),
    ] {
        let site = Site::silenced(url);
        let output = site.start_silenced().wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.contains("nothing was done") && said.contains(why),
            "{said}"
        );
        let log = fs::read_to_string(site.out().join("events.jsonl")).unwrap();
        assert!(!log.contains("step_issued"), "{log}");
        assert_eq!(fs::read_to_string(site.state()).unwrap(), "running\n");
    }
}

#[test]
fn a_silence_that_is_gone_already_is_what_was_wanted() {
    let alertmanager = Alertmanager::start(Manner::Forgetful);
    let site = Site::silenced(&alertmanager.url);
    let child = site.start_silenced();
    site.wait_for("step_done");
    send(&child, Signal::INT);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("is left"), "{said}");
    site.assert_as_before("a silence that was gone");
}

#[test]
fn a_silence_that_cannot_be_ended_is_told_and_stays_to_be_ended() {
    let alertmanager = Alertmanager::start(Manner::Well);
    let site = Site::silenced(&alertmanager.url);
    let child = site.start_silenced();
    site.wait_for("step_done");
    send(&child, Signal::KILL);
    child.wait_with_output().unwrap();
    let path = site.out().join("restore.json");
    let left = fs::read_to_string(&path).unwrap();
    fs::write(&path, left.replace(&alertmanager.url, "http://127.0.0.1:1")).unwrap();
    let output = site.restore();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("silence 7d89b04a-") && said.contains("is left"),
        "{said}"
    );
    // The fault itself is undone all the same.
    assert_eq!(fs::read_to_string(site.state()).unwrap(), "running\n");
    let left = fs::read_to_string(&path).unwrap();
    fs::write(&path, left.replace("http://127.0.0.1:1", &alertmanager.url)).unwrap();
    assert!(site.restore().status.success());
    assert_eq!(alertmanager.active(), 0);
    site.assert_as_before("a second try");
}

#[test]
fn a_silence_needs_an_alertmanager_in_the_inventory() {
    let site = Site::slow();
    let output = site.start_silenced().wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("names no Alertmanager"), "{said}");
    assert!(!site.out().exists());
}
