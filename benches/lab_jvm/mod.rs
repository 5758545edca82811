//! A JVM of a lab: agents loaded into it while it runs, and questions to them.
#![allow(dead_code, reason = "each bench uses its part")]

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

/// Load an agent that listens on `port` into the running JVM; a JDK's `jcmd` does it.
pub(crate) fn attach(pid: u32, agent: &Path, port: u16, options: &str) {
    let output = Command::new("jcmd")
        .arg(pid.to_string())
        .arg("JVMTI.agent_load")
        .arg(fs::canonicalize(agent).expect("the jar is there"))
        // Without quotes of its own it would read `port=8778` as an option of its command.
        .arg(format!("\"{options}\""))
        .output()
        .expect("a JDK has jcmd");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && said.contains("return code: 0"),
        "{said}"
    );
    await_port(port);
}

/// A port that nobody listens on now.
pub(crate) fn free_port() -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    free.expect("a port is free").port()
}

/// An agent may open its port on a thread of its own, after it was loaded.
fn await_port(port: u16) {
    let is_open = || TcpStream::connect(("127.0.0.1", port)).is_ok();
    let opened = (0..100).any(|_| {
        thread::sleep(Duration::from_millis(100));
        is_open()
    });
    assert!(
        opened,
        "nothing listens on port {port} though the agent was loaded"
    );
}

/// The body that `url` answers to a JSON document.
pub(crate) fn post(url: &str, question: &str) -> Vec<u8> {
    let answer = ureq::post(url)
        .content_type("application/json")
        .send(question);
    whole(answer.expect("it answers"))
}

/// The body that `url` answers.
pub(crate) fn get(url: &str) -> Vec<u8> {
    whole(ureq::get(url).call().expect("it answers"))
}

fn whole(answer: ureq::http::Response<ureq::Body>) -> Vec<u8> {
    let body = answer
        .into_body()
        .with_config()
        .limit(1 << 30)
        .read_to_vec();
    body.expect("the answer is whole")
}

/// CPU time that the process has used, to one clock tick: 10 ms.
pub(crate) fn cpu(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process runs");
    // The name in brackets may hold anything; user and system time are the 12th and 13th field behind it.
    let fields = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace();
    let ticks: u64 = fields
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}

/// What ran beside: /proc/loadavg.
pub(crate) fn load_average() -> String {
    fs::read_to_string("/proc/loadavg")
        .unwrap_or_default()
        .trim()
        .to_owned()
}
