//! The exporter beside a lab.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mirrorwatch_lab::Lab;

use super::{MIRRORWATCH, wait_until};

/// An address of this machine at which nobody listens.
pub(crate) fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    address.to_string()
}

/// A running exporter, which ends with this test process, however that ends.
pub(crate) struct Exporter {
    guard: Child,
    pid: String,
}

impl Exporter {
    /// Kills it (`kill -9`) and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        let _ = Command::new("kill").args(["-9", &self.pid]).status();
        let _ = self.guard.wait();
    }

    /// Ends it (`kill -TERM`) and waits until it is gone.
    pub(crate) fn end(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.pid]).status();
        // To wait for the guard would close its pipe at once, and that kills.
        wait_until("the exporter ends", Duration::from_mins(1), || {
            matches!(self.guard.try_wait(), Ok(Some(_)))
        });
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> &str {
        &self.pid
    }
}

/// Starts the lab's exporter.
pub(crate) fn serve(lab: &Lab, config: &Path) -> Exporter {
    serve_at(lab, config, &lab.description().exporter)
}

/// Starts an exporter at another address.
pub(crate) fn serve_at(lab: &Lab, config: &Path, address: &str) -> Exporter {
    start(lab, config, address, "warn")
}

/// Starts the lab's exporter so that it logs what it does without being told otherwise.
pub(crate) fn serve_and_log(lab: &Lab, config: &Path) -> Exporter {
    start(lab, config, &lab.description().exporter, "info")
}

/// Starts an exporter under a shell that ends it when this process is gone and its end of the pipe closes.
fn start(lab: &Lab, config: &Path, address: &str, level: &str) -> Exporter {
    const GUARD: &str = r#"exec 3<&0; "$@" </dev/null 3<&- & main=$!; echo $main; { cat <&3 >/dev/null; kill -9 $main; } 2>/dev/null & exec 3<&-; wait $main"#;
    let log = File::options()
        .create(true)
        .append(true)
        .open(lab.dir().join("logs/mirrorwatch.log"))
        .expect("the lab's logs are writable");
    let mut guard = Command::new("sh")
        .args([
            "-c",
            GUARD,
            "exporter",
            MIRRORWATCH,
            "serve",
            "--log.level",
            level,
            "--web.listen-address",
            address,
            "--config",
        ])
        .arg(config)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .expect("a shell starts");
    let mut pid = String::new();
    BufReader::new(guard.stdout.as_mut().expect("stdout is piped"))
        .read_line(&mut pid)
        .expect("the guard tells the exporter's pid");
    Exporter {
        guard,
        pid: pid.trim().to_owned(),
    }
}
