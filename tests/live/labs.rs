//! The lab's own promises: two side by side, nothing left behind, no network needed.

use std::process::{Command, Stdio};
use std::time::Duration;

use mirrorwatch_lab::{Config, Lab};

use crate::site::{Turn, said, wait_until};

fn config(name: &str) -> Config {
    Config::new(format!("{}/{name}", env!("CARGO_TARGET_TMPDIR")))
}

/// Started sooner, and with every kind of process all the same.
fn small(name: &str) -> Config {
    let mut config = config(name);
    config.workers = 1;
    config
}

#[test]
fn two_labs_run_side_by_side_and_a_dead_one_leaves_no_process() {
    let _turn = Turn::alone();
    let first = Lab::start(&small("lab-first")).expect("the first lab starts");
    let second = Lab::start(&small("lab-second")).expect("the second lab starts beside it");
    let pids = |lab: &Lab| {
        lab.status()
            .expect("it answers")
            .processes
            .into_iter()
            .map(|process| process.pid)
            .collect::<Vec<_>>()
    };
    let (of_first, of_second) = (pids(&first), pids(&second));
    assert!(of_first.iter().chain(&of_second).all(|pid| alive(*pid)));
    let supervisor = first.description().supervisor.to_string();
    assert!(
        Command::new("kill")
            .args(["-9", &supervisor])
            .status()
            .unwrap()
            .success()
    );
    wait_until(
        "the dead lab's processes are gone",
        Duration::from_secs(10),
        || !of_first.iter().any(|pid| alive(*pid)),
    );
    assert!(
        of_second.iter().all(|pid| alive(*pid)),
        "the other lab goes on"
    );
    second.stop().expect("it stops");
    wait_until(
        "the stopped lab's processes are gone",
        Duration::from_secs(20),
        || !of_second.iter().any(|pid| alive(*pid)),
    );
}

#[test]
fn a_lab_starts_without_a_network() {
    let _turn = Turn::alone();
    let lab = Lab::binary().expect("the lab is built");
    let dir = config("lab-offline").dir;
    let script = r#""$1" up --workers 1 --dir "$2" || exit; "$1" status --dir "$2"; code=$?; "$1" down --dir "$2" && exit $code"#;
    let output = without_network(script)
        .arg(&lab)
        .arg(&dir)
        .output()
        .expect("unshare runs");
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn a_lab_that_does_not_start_says_why_and_leaves_no_process() {
    let _turn = Turn::alone();
    let mut config = config("lab-wrong");
    let wrong = ("session.timeout.ms".to_owned(), "soon".to_owned());
    config.worker_properties.extend([wrong]);
    let error = Lab::start(&config).expect_err("no worker takes such a timeout");
    let log = config.dir.join("logs/worker-").display().to_string();
    let error = error.to_string();
    assert!(error.contains(&log), "{error}");
    assert!(
        error.contains("Invalid value soon for configuration session.timeout.ms"),
        "{error}"
    );
    let supervisor = std::fs::read_to_string(config.dir.join("logs/supervisor.log")).unwrap();
    let started = supervisor
        .lines()
        .filter_map(|line| line.split_once(" started with process id "));
    let pids: Vec<u32> = started.filter_map(|(_, pid)| pid.parse().ok()).collect();
    assert!(pids.len() > 4 && !pids.iter().any(|pid| alive(*pid)));
}

/// A shell for this script in a network namespace with nothing but its loopback; its arguments are yet to come.
fn without_network(script: &str) -> Command {
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        if !rustix::process::getuid().is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        // Where `ip` is, the PATH of many users does not lead.
        let script = format!("PATH=$PATH:/usr/sbin:/sbin; ip link set lo up || exit; {script}");
        command.args(["--net", "sh", "-c", &script, "sh"]);
        command.stdin(Stdio::null());
        command
    };
    let refused = match unshare("true").output() {
        Ok(output) if output.status.success() => return unshare(script),
        Ok(output) => said(&output),
        Err(error) => error.to_string(),
    };
    panic!(
        "this machine gives us no network namespace, so the start without a network cannot be tested; run the tests as root (with \
         CAP_SYS_ADMIN in a container), or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, \
         kernel.apparmor_restrict_unprivileged_userns=0); `unshare` and `ip` come with `make setup`: {refused}"
    )
}

/// Whether a process is there and no zombie.
fn alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}
