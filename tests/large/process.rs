//! The real program on a port of its own, and what it takes of the machine.
#![allow(dead_code, reason = "each test and each bench uses its part")]

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// Clock ticks per second, as Linux tells them to programs.
const TICKS: f64 = 100.0;

/// A running `mirrorwatch serve`; it ends with this value.
pub(crate) struct Exporter {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    // Deleted with it.
    _dir: tempfile::TempDir,
}

impl Exporter {
    /// Start it with this configuration.
    pub(crate) fn start(configuration: &str) -> Self {
        Self::start_program(Path::new(env!("CARGO_BIN_EXE_mirrorwatch")), configuration)
    }

    /// The same with another build of it.
    pub(crate) fn start_program(program: &Path, configuration: &str) -> Self {
        let dir = tempfile::tempdir().expect("there is room for a file");
        let file = dir.path().join("mirrorwatch.yml");
        fs::write(&file, configuration).expect("there is room for a file");
        let free = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = free.local_addr().expect("it is bound");
        drop(free);
        let child = Command::new(program)
            .arg("serve")
            .arg("--config")
            .arg(&file)
            .arg(format!("--web.listen-address={address}"))
            .stderr(Stdio::null())
            .spawn()
            .expect("the program is built");
        Self {
            child,
            address,
            _dir: dir,
        }
    }

    /// Return once every endpoint has been polled.
    pub(crate) fn wait_until_ready(&self) {
        while !self
            .ask("/-/ready")
            .is_some_and(|answer| answer.starts_with("HTTP/1.1 200"))
        {
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// The whole answer to one request, as text; `None` while nobody listens.
    pub(crate) fn ask(&self, path: &str) -> Option<String> {
        String::from_utf8(self.ask_as(path, "*/*", "identity")?).ok()
    }

    /// The whole answer to somebody who accepts this type and this encoding.
    pub(crate) fn ask_as(&self, path: &str, accept: &str, encoding: &str) -> Option<Vec<u8>> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        let lines = format!("accept: {accept}\r\naccept-encoding: {encoding}\r\nconnection: close");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\n{lines}\r\n\r\n").ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        Some(answer)
    }

    /// CPU that it has used so far.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let stat = self.proc("stat");
        // The name in brackets may hold anything; user and system time are the 12th and 13th behind it.
        let fields = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace();
        let ticks: f64 = fields
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<f64>().ok())
            .sum();
        ticks / TICKS
    }

    /// Its resident memory now and at most so far, in KiB.
    pub(crate) fn resident(&self) -> (u64, u64) {
        let status = self.proc("status");
        let of = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key));
            line.and_then(|line| line.split_whitespace().next()?.parse().ok())
                .unwrap_or(0)
        };
        (of("VmRSS:"), of("VmHWM:"))
    }

    /// The same in words.
    pub(crate) fn memory(&self) -> String {
        let (now, most) = self.resident();
        format!("{} MiB, at most {} MiB so far", now >> 10, most >> 10)
    }

    fn proc(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).expect("the program runs")
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
