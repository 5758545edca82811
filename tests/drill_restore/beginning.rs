//! What has to be before a drill breaks anything: a yes, and a steady state; and what its report says if that does not come.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rustix::process::Signal;

use crate::site::{Site, send};
use crate::stand_in;

#[test]
fn without_a_terminal_and_without_yes_nothing_is_begun() {
    let site = Site::slow();
    let output = site.command().output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--yes"));
    assert!(!site.out().exists());
}

/// A drill at a terminal, answered with `keys` when it asks.
fn answered(site: &Site, keys: &[u8]) -> Output {
    let binary = env!("CARGO_BIN_EXE_mirrorwatch");
    let [out, inventory, scenario] =
        ["evidence", "inventory.yml", "scenario.yml"].map(|name| site.path(name));
    // `exec`: a shell that stays would answer for the drill that ended by Ctrl-C.
    let command = format!(
        "exec {binary} drill --out {} --inventory {} {}",
        out.display(),
        inventory.display(),
        scenario.display()
    );
    let mut script = Command::new("script");
    script.env("SHELL", "/bin/sh");
    script.args(["--quiet", "--return", "--command", &command, "/dev/null"]);
    script
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = script.spawn().unwrap();
    site.wait_for("steady_state");
    std::thread::sleep(Duration::from_millis(300));
    let mut terminal = child.stdin.take().unwrap();
    terminal.write_all(keys).unwrap();
    terminal.flush().unwrap();
    // Until it has ended: the end of its input would be taken for an answer.
    let status = child.wait().unwrap();
    drop(terminal);
    let output = child.wait_with_output().unwrap();
    Output { status, ..output }
}

#[test]
fn ctrl_c_at_the_question_begins_nothing() {
    let site = Site::slow();
    let output = answered(&site, &[3]);
    assert_eq!(
        output.status.code(),
        Some(4),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    let log = fs::read_to_string(site.out().join("events.jsonl")).unwrap();
    assert!(
        log.contains("interrupted") && !log.contains("step_issued"),
        "{log}"
    );
    site.assert_as_before("the question");
}

#[test]
fn nothing_is_begun_unless_the_answer_is_yes() {
    let site = Site::slow();
    answered(&site, b"\n");
    let log = fs::read_to_string(site.out().join("events.jsonl")).unwrap();
    assert!(
        log.contains("declined") && !log.contains("step_issued"),
        "{log}"
    );
    let site = Site::slow();
    let output = answered(&site, b"y\n");
    let log = fs::read_to_string(site.out().join("events.jsonl")).unwrap();
    assert!(
        log.contains("step_done") && log.contains("restore_done"),
        "{log}"
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("[y/N]"));
    site.assert_as_before("a yes");
}

#[test]
fn another_exporter_under_the_job_and_a_server_that_stumbles_do_not_keep_the_steady_state_from_being_proved()
 {
    let trouble = [
        stand_in::Trouble {
            second_exporter: true,
            ..stand_in::Trouble::default()
        },
        stand_in::Trouble {
            refused: 2,
            ..stand_in::Trouble::default()
        },
    ];
    for trouble in trouble {
        let site = Site::troubled(trouble);
        let child = site.start();
        site.wait_for("step_done");
        send(&child, Signal::TERM);
        child.wait_with_output().unwrap();
        site.assert_as_before("a proof in spite of trouble");
    }
}

/// A drill that waits in vain for the steady state, interrupted: what its report says.
fn awaited_in_vain(trouble: stand_in::Trouble) -> String {
    let site = Site::troubled(trouble);
    let child = site.start();
    site.wait_for("drill_started");
    std::thread::sleep(Duration::from_secs(2));
    send(&child, Signal::INT);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("waiting for the steady state"), "{said}");
    site.assert_as_before("nothing");
    let log = fs::read_to_string(site.out().join("events.jsonl")).unwrap();
    assert!(!log.contains("step_issued"), "{log}");
    // One line, however the page wraps it.
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    report.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_report_of_a_drill_that_never_began_says_what_was_not_steady() {
    let report = awaited_in_vain(stand_in::Trouble {
        worker_down: true,
        ..stand_in::Trouble::default()
    });
    assert!(report.contains("interrupted before the fault"), "{report}");
    assert!(
        report.contains("\"mm2_worker_up == 1\" did not hold at 20"),
        "{report}"
    );
}

#[test]
fn a_report_of_a_drill_that_never_began_says_that_the_server_did_not_answer() {
    let report = awaited_in_vain(stand_in::Trouble {
        refused: usize::MAX,
        ..stand_in::Trouble::default()
    });
    assert!(
        report.contains("Prometheus could not be asked whether the state is steady: http"),
        "{report}"
    );
}
