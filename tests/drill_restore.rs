//! What a drill did is undone, however it ends: Ctrl-C, SIGTERM, `kill -9` at each step, a step that fails.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "drill_restore/alertmanager.rs"]
mod alertmanager;
#[path = "drill_restore/audited.rs"]
mod audited;
#[path = "drill_restore/beginning.rs"]
mod beginning;
#[path = "drill_restore/looked.rs"]
mod looked;
#[path = "drill_restore/silenced.rs"]
mod silenced;
#[path = "drill_restore/site.rs"]
mod site;
mod stand_in;

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use rustix::process::Signal;

use site::{Site, send};

/// Everything that a drill writes to its event log, in order: the moments at which it is hit.
const MOMENTS: [&str; 7] = [
    "drill_started",
    "steady_state",
    "step_issued",
    "step_done",
    "window_closed",
    "restore_issued",
    "restore_done",
];

/// Hit a drill at each moment, all at once.
fn at_each_moment(hit: impl Fn(&Site, Child, &str) + Copy + Send) {
    std::thread::scope(|scope| {
        for moment in MOMENTS {
            scope.spawn(move || {
                let site = Site::slow();
                let child = site.start();
                site.wait_for(moment);
                hit(&site, child, moment);
            });
        }
    });
}

fn assert_ends_in_good_order(site: &Site, child: Child, moment: &str, signal: Signal) {
    send(&child, signal);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.code().is_some_and(|code| code != 0),
        "after {moment}: {said}"
    );
    site.assert_as_before(moment);
    let log = fs::read_to_string(site.out().join("events.jsonl")).unwrap();
    assert!(
        log.contains("window_closed") && log.ends_with("\"event\":\"drill_ended\"}\n"),
        "after {moment}: {log}{said}"
    );
}

#[test]
fn ctrl_c_at_each_moment_leaves_the_system_as_before() {
    at_each_moment(|site, child, moment| {
        assert_ends_in_good_order(site, child, moment, Signal::INT);
    });
}

#[test]
fn sigterm_at_each_moment_leaves_the_system_as_before() {
    at_each_moment(|site, child, moment| {
        assert_ends_in_good_order(site, child, moment, Signal::TERM);
    });
}

#[test]
fn after_kill_9_at_each_moment_a_restore_leaves_the_system_as_before_and_a_second_one_is_harmless()
{
    at_each_moment(|site, child, moment| {
        send(&child, Signal::KILL);
        assert!(!child.wait_with_output().unwrap().status.success());
        let output = site.restore();
        assert!(
            output.status.success(),
            "after {moment}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        site.assert_as_before(moment);
        // A step that the killed drill left under way would still have its effect now.
        std::thread::sleep(Duration::from_secs(1));
        site.assert_as_before(moment);
        let again = site.restore();
        assert!(again.status.success());
        assert_eq!(String::from_utf8_lossy(&again.stderr), "nothing to undo\n");
    });
}

#[test]
fn an_undisturbed_drill_undoes_its_fault_and_seals_its_evidence() {
    let site = Site::slow();
    let output = site.start().wait_with_output().unwrap();
    site.assert_as_before("all");
    let names: Vec<String> = fs::read_dir(site.out())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for name in [
        "scenario.yml",
        "inventory.yml",
        "events.jsonl",
        "samples.jsonl",
        "evidence.json",
        "report.json",
    ] {
        assert!(
            names.iter().any(|there| there == name),
            "{name}: {names:?} {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let log = fs::read_to_string(site.out().join("events.jsonl")).unwrap();
    let at: Vec<_> = MOMENTS
        .iter()
        .map(|moment| log.find(&format!("\"{moment}\"")).unwrap())
        .collect();
    assert!(at.is_sorted(), "{log}");
}

#[test]
fn a_second_ctrl_c_does_not_abandon_the_restore() {
    let site = Site::new("echo stopped > STATE", "sleep 2; echo running > STATE");
    let child = site.start();
    site.wait_for("step_done");
    send(&child, Signal::INT);
    site.wait_for("restore_issued");
    send(&child, Signal::INT);
    let output = child.wait_with_output().unwrap();
    site.assert_as_before("two signals");
    assert!(String::from_utf8_lossy(&output.stderr).contains("still undoing"));
}

#[test]
fn a_step_that_fails_is_undone_and_quoted() {
    let site = Site::new(
        "echo stopped > STATE; echo no such unit >&2; exit 5",
        "echo running > STATE",
    );
    let output = site.start().wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("exit code 5") && said.contains("no such unit"),
        "{said}"
    );
    site.assert_as_before("a failure");
}

#[test]
fn an_undo_that_fails_is_told_and_can_be_done_again() {
    let site = Site::new(
        "echo stopped > STATE",
        "test -e STATE.repaired && echo running > STATE",
    );
    let output = site.start().wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("--restore"), "{said}");
    assert!(site.out().join("restore.json").exists());
    assert_eq!(site.restore().status.code(), Some(2));
    fs::write(format!("{}.repaired", site.state().display()), "").unwrap();
    assert!(site.restore().status.success());
    site.assert_as_before("a repair");
}

#[test]
fn a_running_drill_is_not_restored_under() {
    let site = Site::slow();
    let child = site.start();
    site.wait_for("step_done");
    let output = site.restore();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("still running"));
    send(&child, Signal::TERM);
    child.wait_with_output().unwrap();
    site.assert_as_before("a restore that was refused");
}

#[test]
fn a_directory_without_a_drill_is_told() {
    let output = Command::new(env!("CARGO_BIN_EXE_mirrorwatch"))
        .args(["drill", "--restore"])
        .arg(Path::new("/nowhere"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/nowhere"));
}
