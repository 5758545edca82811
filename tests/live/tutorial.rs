//! The tutorial, as a newcomer types it: every command of it, one after the other, in one shell.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::site::{MIRRORWATCH, Turn, said};

#[test]
fn every_command_of_the_tutorial_does_what_it_says() {
    let _turn = Turn::alone();
    let folder = tempfile::tempdir().expect("there is room");
    let text = fs::read_to_string("docs/tutorial.md").expect("it is there");
    let binaries = Path::new(MIRRORWATCH)
        .parent()
        .expect("it lies in a folder");
    let path = std::env::var("PATH").expect("there is a path");
    let output = Command::new("bash")
        .args(["-c", &script(&text)])
        .current_dir(folder.path())
        .env("PATH", format!("{}:{path}", binaries.display()))
        .output()
        .expect("there is a shell");
    assert!(output.status.success(), "{}", said(&output));
    for page in ["drill.html", "section-5.html"] {
        let page = fs::read_to_string(folder.path().join("tutorial").join(page));
        assert!(page.expect("it was written").contains("</html>"));
    }
}

/// The commands, each with the exit code that the tutorial promises, and the end of what they have started whatever happens.
fn script(text: &str) -> String {
    let mut script = "trap 'kill $(jobs -p); lab down --dir tutorial/lab' EXIT\n".to_owned();
    let commands: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("$ "))
        .collect();
    assert!(commands.len() > 12, "{commands:?}");
    for command in commands {
        let promised = command.split_once("# exits with ");
        let promised = promised.map_or("0", |(_, code)| code.trim());
        let _ = writeln!(script, "echo '$' {}", quoted(command));
        let _ = writeln!(script, "{command}");
        let _ = writeln!(
            script,
            "code=$?; [ $code = {promised} ] || {{ echo \"exit code $code\" >&2; exit 1; }}"
        );
    }
    script
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
