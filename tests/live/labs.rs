//! The lab's own promises: two side by side, nothing left behind, no network needed.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

use mirrorwatch_lab::{Config, Lab};

use crate::site::{MIRRORWATCH, Turn, said, wait_until};

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
fn a_lab_needs_no_network_and_its_exporter_calls_nobody_but_who_is_configured() {
    let _turn = Turn::alone();
    let lab = Lab::binary().expect("the lab is built");
    let dir = config("lab-offline").dir;
    let script = r#""$1" up --workers 1 --dir "$2" || exit
        export http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 ALL_PROXY=http://127.0.0.1:9
        strace -f -qq -s 0 -e trace=connect,sendto,sendmsg,sendmmsg -o "$2/calls" timeout 20 "$3" serve --config "$2/mirrorwatch.yml"
        [ $? = 124 ] && "$1" status --dir "$2"
        code=$?
        "$1" down --dir "$2" && exit $code"#;
    let output = without_network(script)
        .arg(&lab)
        .arg(&dir)
        .arg(MIRRORWATCH)
        .output()
        .expect("unshare runs");
    assert!(output.status.success(), "{}", said(&output));
    let read = |name: &str| std::fs::read_to_string(dir.join(name)).expect("it is there");
    let (called, configured) = (called(&read("calls")), configured(&read("mirrorwatch.yml")));
    assert!(configured.len() > 3, "{configured:?}");
    assert_eq!(called, configured);
}

/// The addresses that a program called or sent to, as strace tells them.
fn called(calls: &str) -> BTreeSet<String> {
    let address = |line: &str| {
        let (_, rest) = line.split_once("sa_family=AF_INET")?;
        let port = rest.split_once("htons(")?.1.split_once(')')?.0;
        // Between the first two quotes, of either family.
        let host = rest.split('"').nth(1)?;
        Some(format!("{host}:{port}"))
    };
    calls.lines().filter_map(address).collect()
}

/// The addresses that stand in a configuration.
fn configured(config: &str) -> BTreeSet<String> {
    let words = config.split(|one: char| !(one.is_ascii_digit() || one == '.' || one == ':'));
    let is_address = |word: &&str| word.parse::<SocketAddr>().is_ok();
    words.filter(is_address).map(str::to_owned).collect()
}

#[test]
fn addresses_are_found_in_calls_of_either_family() {
    let calls = "\
7 connect(9, {sa_family=AF_INET, sin_port=htons(9092), sin_addr=inet_addr(\"10.0.0.1\")}, 16) = -1 EINPROGRESS (Operation now in progress)
7 connect(9, {sa_family=AF_UNIX, sun_path=\"/run/nscd\"}, 110) = -1 ENOENT (No such file or directory)
8 sendto(9, \"\"..., 42, 0, {sa_family=AF_INET6, sin6_port=htons(53), inet_pton(AF_INET6, \"::1\", &sin6_addr)}, 28) = 42
8 sendto(9, \"\"..., 42, MSG_NOSIGNAL, NULL, 0) = 42";
    let all = ["10.0.0.1:9092", "::1:53"].map(str::to_owned);
    assert_eq!(called(calls), BTreeSet::from(all));
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
