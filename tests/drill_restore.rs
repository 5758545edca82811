//! What a drill did is undone, however it ends: Ctrl-C, SIGTERM, `kill -9` at each step, a step that fails.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod stand_in;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

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

/// A site whose one worker is a file that says `running` or `stopped`.
struct Site {
    dir: tempfile::TempDir,
}

impl Site {
    fn new(stop: &str, start: &str) -> Self {
        Self::with(stop, start, stand_in::Trouble::default())
    }

    /// A site that is in trouble.
    fn troubled(trouble: stand_in::Trouble) -> Self {
        Self::with("echo stopped > STATE", "echo running > STATE", trouble)
    }

    fn with(stop: &str, start: &str, trouble: stand_in::Trouble) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let site = Self { dir };
        fs::write(site.state(), "running\n").unwrap();
        fs::write(site.path("scenario.yml"), SCENARIO).unwrap();
        let state = site.state().display().to_string();
        let [stop, start] = [stop, start].map(|command| command.replace("STATE", &state));
        let url = stand_in::start(trouble);
        let mut inventory = format!(
            "site: stub\nprometheus: {{ url: '{url}', scrape_interval: 1s }}\nexporter: '{url}'\n\
             flow: {{ source: source, target: target, connector: mirror-source }}\nconnectors: {{ mirror-source: 3 }}\nworkers:\n"
        );
        for worker in stand_in::WORKERS {
            let commands = format!("stop: \"{stop}\", start: \"{start}\"");
            writeln!(
                inventory,
                "  - id: '{worker}'\n    commands: {{ {commands} }}"
            )
            .unwrap();
        }
        fs::write(site.path("inventory.yml"), inventory).unwrap();
        site
    }

    fn slow() -> Self {
        Self::new(
            "sleep 0.4; echo stopped > STATE; sleep 0.4",
            "sleep 0.4; echo running > STATE; sleep 0.2",
        )
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn state(&self) -> PathBuf {
        self.path("state")
    }

    fn out(&self) -> PathBuf {
        self.path("evidence")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mirrorwatch"));
        command
            .args(["drill", "--out"])
            .arg(self.out())
            .arg("--inventory")
            .arg(self.path("inventory.yml"));
        command
            .arg(self.path("scenario.yml"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn start(&self) -> Child {
        self.command().arg("--yes").spawn().unwrap()
    }

    fn restore(&self) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mirrorwatch"));
        command
            .args(["drill", "--restore"])
            .arg(self.out())
            .output()
            .unwrap()
    }

    /// Waits until the event log tells of `moment`.
    fn wait_for(&self, moment: &str) {
        let log = self.out().join("events.jsonl");
        for _ in 0..3_000 {
            if fs::read_to_string(&log)
                .is_ok_and(|text| text.contains(&format!("\"event\":\"{moment}\"")))
            {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!(
            "no `{moment}` in {}",
            fs::read_to_string(&log).unwrap_or_default()
        );
    }

    fn assert_as_before(&self, moment: &str) {
        assert_eq!(
            fs::read_to_string(self.state()).unwrap(),
            "running\n",
            "after {moment}"
        );
        assert!(!self.out().join("restore.json").exists(), "after {moment}");
    }
}

/// Short times, and nothing that the stand-in could not answer.
const SCENARIO: &str = include_str!("fixtures/drill-short.yml");

fn send(child: &Child, signal: Signal) {
    let id = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(id, signal).unwrap();
}

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
