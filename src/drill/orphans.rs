//! Ends what a killed drill left running: a step that is still under way would undo the restore.

use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::steps::MARK;

/// Kill every process of the drill `mark` that stayed in `session`, and wait until none is left.
///
/// A process that made a session of its own is a service that a step started (a worker, say), and is left alone.
pub async fn end(mark: &str, session: i32) -> usize {
    let mut ended = 0;
    // A process may fork while it is looked for: look again until nothing is found.
    for _ in 0..100 {
        let found = marked(mark, session);
        if found.is_empty() {
            break;
        }
        ended += found.len();
        for process in found {
            let _ = kill_process(process, Signal::KILL);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    ended
}

/// The session that this process belongs to: 0 where its leader is outside of the process namespace, in a container.
pub fn session() -> i32 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    in_stat(&stat).map_or(0, |(_, session)| session)
}

fn marked(mark: &str, session: i32) -> Vec<Pid> {
    let entry = format!("{MARK}={mark}");
    let own = rustix::process::getpid();
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let ids =
        processes.filter_map(|process| process.ok()?.file_name().to_str()?.parse::<i32>().ok());
    ids.filter(|id| belongs(&Path::new("/proc").join(id.to_string()), &entry, session))
        .filter_map(Pid::from_raw)
        .filter(|process| *process != own)
        .collect()
}

fn belongs(process: &Path, entry: &str, session: i32) -> bool {
    let environment = std::fs::read(process.join("environ")).unwrap_or_default();
    environment
        .split(|byte| *byte == 0)
        .any(|variable| variable == entry.as_bytes())
        && std::fs::read_to_string(process.join("stat")).is_ok_and(|stat| stays_in(&stat, session))
}

/// Whether `/proc/PID/stat` tells of a live process in the session.
fn stays_in(stat: &str, session: i32) -> bool {
    in_stat(stat).is_some_and(|(state, its)| state != "Z" && its == session)
}

/// The state and the session in `/proc/PID/stat`: fields 3 and 6 (proc(5)).
fn in_stat(stat: &str) -> Option<(&str, i32)> {
    // The command's name, field 2, may hold anything, a closing parenthesis included.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ');
    Some((fields.next()?, fields.nth(2)?.parse().ok()?))
}

#[test]
fn the_session_is_read_behind_any_name() {
    assert!(stays_in("12 (a) b) S 1 12 77 0", 77));
    assert!(!stays_in("12 (sh) S 1 12 78 0", 77));
    assert!(!stays_in("12 (sh) Z 1 12 77 0", 77));
    assert!(stays_in("2 (sh) S 0 0 0 0", 0));
}

#[tokio::test]
async fn a_marked_process_of_the_session_is_ended_and_a_service_is_not() {
    let sleep = |program: &str, args: &[&str]| {
        let mut command = std::process::Command::new(program);
        command.args(args).env(MARK, "orphan-test").spawn().unwrap()
    };
    let mut orphan = sleep("sleep", &["30"]);
    let mut service = sleep("setsid", &["sleep", "30"]);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(end("orphan-test", session()).await, 1);
    assert!(!orphan.wait().unwrap().success());
    assert!(service.try_wait().unwrap().is_none());
    service.kill().unwrap();
    service.wait().unwrap();
}
