//! Drills on a real lab whose Connect settings meet the objective: PASS, and the truth inside every interval.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use mirrorwatch::recovery::judgement::{Compared, Found, Judgement, Verdict};
use mirrorwatch_lab::Action;

use crate::alarms::{
    a_lost_worker_is_told_as_stored, a_lost_worker_was_told,
    the_lost_workers_of_before_are_forgotten, the_replay_fires_what_fired,
};
use crate::audit::agrees_with_the_lab;
use crate::boards::every_panel_shows_something_of;
use crate::evidence;
use crate::site::{Drill, Site, evaluate, evaluated_bytes};
use crate::truth::{Demand, truth_inside, within};
use crate::tuned::tuned;
use crate::victoria::{self, Victoria};

#[test]
fn killing_an_owner_passes_and_the_truth_lies_inside_at_both_scrape_intervals() {
    let site = &tuned();
    let victoria = Victoria::scraping(site);
    site.await_history(Duration::from_secs(61));
    the_lost_workers_of_before_are_forgotten(&site.lab);
    let drill = site.drill("worker-loss", "owner", "kill");
    passed_and_true(site, &drill, Some(false));
    let by_victoria = Site::evaluate_by(&drill, &victoria.url, victoria::INTERVAL);
    does_not_contradict(site, &drill, &by_victoria);
    drop(victoria);
    judged_again_to_the_same_bytes(&drill);
    the_load_was_audited(&drill);
    every_panel_shows_something_of(&site.lab, &drill);
    let (begun, _) = drill.judgement.window.expect("there was a window");
    a_lost_worker_was_told(&site.lab, begun);
    by_the_server_that_runs_the_rules(site, &drill);
    samples_removed_are_inconclusive(&drill);
    its_own_recording_does_not_contradict(site, &drill);
    agrees_with_the_lab(site);
}

#[test]
fn killing_the_leader_passes_and_the_truth_lies_inside_at_both_scrape_intervals() {
    let site = &tuned();
    give_the_leader_a_task(site);
    site.await_history(Duration::from_secs(36));
    let scenario = site.short_scenario("leader", "35s", "20s");
    let drill = site.drill(&scenario, "leader", "kill");
    passed_and_true(site, &drill, Some(true));
}

#[test]
fn stopping_an_owner_cleanly_passes_and_the_truth_lies_inside_at_both_scrape_intervals() {
    let site = &tuned();
    site.await_history(Duration::from_secs(36));
    let scenario = site.short_scenario("stop", "35s", "20s");
    let drill = site.drill(&scenario, "owner", "stop");
    passed_and_true(site, &drill, Some(false));
}

/// PASS with exit code 0, every true value inside its interval, and an interval as narrow as promised, for both observers.
fn passed_and_true(site: &Site, drill: &Drill, leader: Option<bool>) {
    assert_eq!(
        (drill.judgement.verdict, drill.code),
        (Verdict::Pass, 0),
        "{}",
        drill.text
    );
    assert_eq!(
        drill
            .judgement
            .victim
            .as_ref()
            .expect("there was a victim")
            .leader,
        leader
    );
    let late = site.evaluate_at_15s(drill);
    assert_eq!(late.verdict, Verdict::Pass, "at 15 s: {:?}", late.remarks);
    let window = drill.judgement.window.expect("there was a window");
    the_replay_fires_what_fired(&site.lab, window);
    for judgement in [&drill.judgement, &late] {
        truth_inside(site, judgement, Demand::Numbers);
        let width = width_beside_its_parts(judgement);
        assert!(
            width <= 500_000,
            "recovery time is {width} µs wide beside its printed parts"
        );
    }
}

/// Width of the recovery time without that of the fault instant, of the clock error and of the canary's lateness.
fn width_beside_its_parts(judgement: &Judgement) -> i64 {
    let (interval, parts) = within(judgement, "recovery_time").expect("it is a number");
    let part = |name: &str| parts.get(name).copied().expect("the part is printed");
    interval.upper.expect("it recovered")
        - interval.lower
        - part("fault_instant")
        - part("clock_error")
        - part("canary_lateness")
}

/// Beside the canary: all of the load of the window is there, some of it twice.
fn the_load_was_audited(drill: &Drill) {
    let [audited] = &drill.judgement.audited[..] else {
        panic!("the lab names one topic: {:?}", drill.judgement.audited)
    };
    let Found::Compared(compared) = &audited.found else {
        panic!("it was audited: {audited:?}")
    };
    let Compared {
        missing,
        changed,
        undecided,
        unexpected,
        ..
    } = compared;
    let wrong = [missing, changed, undecided, unexpected];
    assert_eq!(wrong, [&0; 4], "{compared:?}");
    assert!(compared.duplicate > 0, "the kill was felt: {compared:?}");
    // The window is longer than the 90 s of steady state and hold, and each partition has more than one record a second.
    assert!(compared.records > 6 * 90, "{compared:?}");
    let row = drill.text.lines().find(|line| line.contains("test-orders"));
    let told = row.is_some_and(|row| row.contains(&compared.duplicate.to_string()));
    assert!(told, "{}", drill.text);
    // Without its audit the same evidence proves no longer that nothing was lost.
    let copy = copied(&drill.dir, "unaudited");
    evidence::forget(&copy, "audit.json");
    is_inconclusive(&copy);
}

/// The server that runs the shipped rules scrapes every 10 s, and has stored what fired.
fn by_the_server_that_runs_the_rules(site: &Site, drill: &Drill) {
    let url = site.lab.description().address("prometheus-10s");
    let judged = Site::evaluate_by(drill, url.expect("the lab runs them"), "10s");
    does_not_contradict(site, drill, &judged);
    a_lost_worker_is_told_as_stored(&site.lab, &judged);
}

/// The recording begins with the drill: what it lacks of the steady state before it is inconclusive, and what it has is true.
fn its_own_recording_does_not_contradict(site: &Site, drill: &Drill) {
    does_not_contradict(site, drill, &Site::evaluate_recording(drill));
}

/// The same drill by other samples: no other verdict of what both know, an interval in common, and the truth inside.
fn does_not_contradict(site: &Site, drill: &Drill, other: &Judgement) {
    assert!(
        matches!(
            other.verdict,
            Verdict::Pass | Verdict::Inconclusive | Verdict::Invalid
        ),
        "{:?}: {:?}",
        other.verdict,
        other.remarks
    );
    let (recovery, _) = within(other, "recovery_time").expect("it is a number");
    let (by_server, _) = within(&drill.judgement, "recovery_time").expect("it is a number");
    assert!(
        recovery.lower <= by_server.upper.unwrap_or(i64::MAX)
            && by_server.lower <= recovery.upper.unwrap_or(i64::MAX),
        "{recovery:?} and {by_server:?} have nothing in common"
    );
    truth_inside(site, other, Demand::NothingWrong);
}

/// In another place, too.
fn judged_again_to_the_same_bytes(drill: &Drill) {
    let before =
        fs::read(drill.dir.join("report.json")).expect("the evidence can be read and copied");
    let copy = copied(&drill.dir, "copied");
    fs::remove_file(copy.join("report.json")).expect("the evidence can be read and copied");
    assert_eq!(
        String::from_utf8(evaluated_bytes(&copy)),
        String::from_utf8(before)
    );
}

/// Takes the canary's series out of the evidence from a moment in the outage on, as a server would lack them that went down then.
fn samples_removed_are_inconclusive(drill: &Drill) {
    let copy = copied(&drill.dir, "thinned");
    let in_the_outage = drill
        .judgement
        .zero
        .expect("the fault was issued")
        .done
        .plus(Duration::from_secs(3));
    evidence::thin(&copy, in_the_outage.as_micros() / 1000);
    is_inconclusive(&copy);
}

fn is_inconclusive(evidence: &Path) {
    let again = evaluate(evidence);
    assert_eq!(
        (again.judgement.verdict, again.code),
        (Verdict::Inconclusive, 3),
        "{}",
        again.text
    );
}

fn copied(dir: &Path, extension: &str) -> PathBuf {
    let copy = dir.with_extension(extension);
    fs::create_dir_all(&copy).expect("the evidence can be read and copied");
    for entry in fs::read_dir(dir)
        .expect("the evidence can be read and copied")
        .filter_map(Result::ok)
        .filter(|entry| entry.path().is_file())
    {
        fs::copy(entry.path(), copy.join(entry.file_name()))
            .expect("the evidence can be read and copied");
    }
    copy
}

/// Leadership moves when the leader leaves; it is moved until it lies with a worker that owns a task of the flow.
fn give_the_leader_a_task(site: &Site) {
    for _ in 0..6 {
        let status = site.lab.status().expect("the lab answers");
        let owners = status
            .connectors
            .iter()
            .filter(|connector| connector.name == "mirror-source")
            .flat_map(|connector| &connector.tasks);
        if owners
            .into_iter()
            .any(|task| Some(&task.worker) == status.leader.as_ref())
        {
            return;
        }
        site.lab
            .fault(Action::Restart, "leader")
            .expect("the leader restarts");
        sleep(Duration::from_secs(15));
    }
    panic!("the leader never owned a task of the flow");
}
