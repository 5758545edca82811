//! Prometheus' and Alertmanager's own tools, from the lab or the system.

use std::path::Path;
use std::process::Command;

/// What a tool said, and whether it was content.
pub(super) struct Said {
    pub(super) text: String,
    pub(super) is_success: bool,
}

pub(super) fn promtool() -> Command {
    tool("promtool")
}

pub(super) fn amtool() -> Command {
    tool("amtool")
}

fn tool(name: &str) -> Command {
    let here = Path::new(".lab/debian/usr/bin").join(name);
    if here.exists() {
        return Command::new(std::fs::canonicalize(here).unwrap());
    }
    Command::new(name)
}

/// Runs it; a tool that is missing fails the test.
pub(super) fn said(command: &mut Command) -> Said {
    let output = command
        .output()
        .expect("promtool and amtool are there; `make setup` gets them");
    Said {
        text: String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr),
        is_success: output.status.success(),
    }
}
