//! The running binary: `mirrorwatch serve` on a free port, its log, its end; what more a test does with it is in the files
//! beside.
#![allow(dead_code, reason = "each test and each bench uses its part")]

pub(crate) mod blocking;
pub(crate) mod machine;
pub(crate) mod page;

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::time::sleep;

/// The binary that was built with this test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_mirrorwatch");

/// A running exporter; dropping it kills it.
pub(crate) struct Exporter {
    /// Where it listens, soon after its start.
    pub(crate) address: SocketAddr,
    child: Child,
    /// Of its own: it has the log, and the configuration that was given as text.
    folder: TempDir,
}

/// A port that nobody listens on: it was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    free.local_addr().expect("it is bound").port()
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("there is room for a folder")
}

impl Exporter {
    /// Start it with this configuration.
    pub(crate) fn start(configuration: &str) -> Self {
        Self::start_as(Command::new(PROGRAM), configuration)
    }

    /// The same as another program or with variables of its own.
    pub(crate) fn start_as(mut program: Command, configuration: &str) -> Self {
        let folder = folder();
        let file = folder.path().join("mirrorwatch.yml");
        fs::write(&file, configuration).expect("there is room for a file");
        program.arg("serve").arg("--config").arg(file);
        Self::launch(program, folder)
    }

    /// Start it in a folder that has a `mirrorwatch.yml`, with more arguments.
    pub(crate) fn start_in(here: &Path, arguments: &[&str]) -> Self {
        let mut program = Command::new(PROGRAM);
        program
            .args(["serve", "--config", "mirrorwatch.yml"])
            .args(arguments)
            .current_dir(here);
        Self::launch(program, folder())
    }

    fn launch(mut program: Command, folder: TempDir) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let log = File::create(folder.path().join("log")).expect("there is room for a file");
        let child = program
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the program is built");
        Self {
            address,
            child,
            folder,
        }
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has written to stderr.
    pub(crate) fn log(&self) -> String {
        String::from_utf8(self.written()).expect("its log is UTF-8")
    }

    fn written(&self) -> Vec<u8> {
        fs::read(self.folder.path().join("log")).expect("it has a log")
    }

    /// Wait until the log has a text.
    pub(crate) async fn says(&self, text: &str) {
        for _ in 0..3_000 {
            // The end of it may be half a character that is being written.
            if String::from_utf8_lossy(&self.written()).contains(text) {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
        panic!("`{text}` is not in the log: {}", self.log());
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.status().is_none()
    }

    fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("it is our child")
    }

    /// Tell it that its files have changed.
    pub(crate) fn hang_up(&self) {
        self.signal(Signal::HUP);
    }

    /// Ask it to end.
    pub(crate) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
    }

    /// Wait for its end; what else the runtime does goes on meanwhile.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        loop {
            if let Some(status) = self.status() {
                return status;
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// End it; its status and its log.
    pub(crate) async fn stop(mut self) -> (ExitStatus, String) {
        self.terminate();
        (self.ended().await, self.log())
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
