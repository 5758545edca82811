//! Drills that must not end in a PASS, or not in a wrong number: on a real lab whose settings meet the objective.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::{scope, sleep};
use std::time::Duration;

use mirrorwatch::recovery::judgement::{Judgement, Measured, Verdict};

use crate::ledger::{FORTH, Ledger};
use crate::site::{MIRRORWATCH, Site, finished, said, wait_until};
use crate::truth::{
    Demand, await_flow_of_the_load, await_outage_of_the_load, await_stop_of_the_load, truth_inside,
    truth_of_the_fault,
};
use crate::tuned::tuned;

#[test]
fn a_second_outage_within_the_hold_counts_as_part_of_the_recovery() {
    let site = &tuned();
    let scenario = site.short_scenario("flap", "15s", "12s");
    let (mut command, dir) = site.drill_command(&scenario, "owner", "kill");
    let (drill, first) = scope(|scope| {
        let evidence = dir.clone();
        let running = scope.spawn(move || command.output().expect("mirrorwatch runs"));
        await_fault(&evidence);
        let first = await_outage_of_the_load(site);
        sleep(Duration::from_secs(3));
        pause_the_connector(site, Duration::from_secs(4));
        (
            finished(&running.join().expect("the drill was waited for"), dir),
            first,
        )
    });
    let again = truth_of_the_fault(site, &drill.judgement).flowed_again_us;
    assert!(
        again.is_some_and(|again| again > first),
        "the second outage was felt"
    );
    truth_inside(site, &drill.judgement, Demand::Numbers);
    let Some(Measured::Within { interval, .. }) = drill.judgement.measures.get("flaps") else {
        panic!("no flaps: {}", drill.text)
    };
    assert!(interval.lower >= 1, "{}", drill.text);
}

#[test]
fn an_exporter_killed_during_the_outage_goes_on_with_its_ledger_and_yields_no_wrong_number() {
    let site = &mut *tuned();
    let scenario = site.short_scenario("restarted", "15s", "12s");
    let (mut command, dir) = site.drill_command(&scenario, "owner", "kill");
    let before = Ledger::of(&site.page("text/plain"), FORTH);
    let drill = scope(|scope| {
        let evidence = dir.clone();
        let running = scope.spawn(move || command.output().expect("mirrorwatch runs"));
        await_fault(&evidence);
        await_stop_of_the_load(site);
        // Until each partition's settled point is younger than the fault: from the older one on the exporter will have been blind.
        sleep(Duration::from_secs(7));
        site.restart_exporter_after(Duration::from_secs(2));
        finished(&running.join().expect("the drill was waited for"), dir)
    });
    let verdict = drill.judgement.verdict;
    assert!(
        matches!(verdict, Verdict::Pass | Verdict::Inconclusive),
        "{}",
        drill.text
    );
    // Where the ledger saw the end of the outage, and the blind span cannot hide one beyond the limit, that is a PASS by right: with numbers.
    let demand = if verdict == Verdict::Pass {
        Demand::Numbers
    } else {
        Demand::NothingWrong
    };
    truth_inside(site, &drill.judgement, demand);
    assert!(
        said_so(&drill.judgement, "canary_blind"),
        "while it was gone nothing is known: {}",
        drill.text
    );
    assert!(
        !said_so(&drill.judgement, "canary_restarted"),
        "{}",
        drill.text
    );
    // The worker's records were copied again, and none is lost or forgotten, though half of that happened while nobody looked.
    let mut after = before.clone();
    wait_until(
        "all but the last second's records have arrived",
        Duration::from_mins(1),
        || {
            after = Ledger::of(&site.page("text/plain"), FORTH);
            after.undelivered <= 60
        },
    );
    assert_eq!(after.run, before.run);
    assert_eq!((after.lost, after.overtaken), (before.lost, 0), "{after:?}");
    assert!(after.received > before.received && after.duplicates > before.duplicates);
    assert!(after.sent >= before.sent, "{after:?}");
}

#[test]
fn a_drill_that_is_killed_is_undone_by_restore() {
    let site = &tuned();
    let dir = killed_during_the_outage(site, "freeze", "KILL");
    let undone = Command::new(MIRRORWATCH)
        .args(["drill", "--restore"])
        .arg(&dir)
        .output()
        .expect("mirrorwatch runs");
    assert!(undone.status.success(), "{}", said(&undone));
    as_before(site, &dir);
}

#[test]
fn a_drill_that_is_terminated_undoes_its_fault() {
    let site = &tuned();
    let dir = killed_during_the_outage(site, "kill", "TERM");
    as_before(site, &dir);
    let report = fs::read(dir.join("report.json")).expect("what there is was judged");
    let judgement: Judgement = serde_json::from_slice(&report).expect("report.json is a judgement");
    assert!(judgement.zero.is_some(), "the fault was injected");
    assert_ne!(judgement.verdict, Verdict::Pass);
}

/// Waits until a drill has injected its fault.
fn await_fault(evidence: &Path) {
    wait_until("the fault is injected", Duration::from_secs(150), || {
        fs::read_to_string(evidence.join("events.jsonl"))
            .is_ok_and(|events| events.contains("\"step_done\""))
    });
}

/// Starts a drill and ends it by a signal once its fault is felt; returns its evidence directory.
fn killed_during_the_outage(site: &Site, fault: &str, signal: &str) -> PathBuf {
    let scenario = site.short_scenario(&format!("ended-by-{signal}"), "15s", "12s");
    let (mut command, dir) = site.drill_command(&scenario, "owner", fault);
    let mut drill = command.spawn().expect("mirrorwatch runs");
    await_fault(&dir);
    await_stop_of_the_load(site);
    let sent = Command::new("kill")
        .args(["-s", signal, &drill.id().to_string()])
        .status();
    assert!(sent.is_ok_and(|sent| sent.success()));
    drill.wait().expect("the drill was ours");
    dir
}

/// Nothing is left to undo, every worker runs, every task runs, and the load flows.
fn as_before(site: &Site, dir: &Path) {
    assert!(!dir.join("restore.json").exists());
    wait_until("all is as before", Duration::from_mins(1), || {
        let status = site.lab.status().expect("the lab answers");
        let up = status.processes.iter().all(|process| process.state == "up");
        let mut tasks = status
            .connectors
            .iter()
            .flat_map(|connector| &connector.tasks);
        up && tasks.all(|task| task.state == "RUNNING")
    });
    await_flow_of_the_load(site);
}

fn said_so(judgement: &Judgement, code: &str) -> bool {
    judgement.remarks.iter().any(|remark| remark.code == code)
}

fn pause_the_connector(site: &Site, length: Duration) {
    let description = site.lab.description();
    let ask = |what: &str| {
        let put = |rest: &str| {
            ureq::put(format!("{rest}/connectors/mirror-source/{what}"))
                .send_empty()
                .is_ok()
        };
        assert!(
            description.workers.iter().any(|worker| put(&worker.rest)),
            "no worker takes `{what}`"
        );
    };
    ask("pause");
    sleep(length);
    ask("resume");
}
