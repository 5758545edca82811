//! What the packages hold beside the program; `make dist-test` installs one and starts it.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::process::Command;

use clap::Parser;
use mirrorwatch::cli::Cli;
use mirrorwatch::config;

const UNIT: &str = "docs/package/mirrorwatch.service";

#[test]
fn the_default_configuration_is_sound() {
    let config = config::load(Path::new("docs/package/mirrorwatch.yml"));
    assert!(config.is_ok(), "{:?}", config.err());
}

#[test]
fn the_unit_starts_the_program_with_flags_that_it_knows() {
    let unit = fs::read_to_string(UNIT).unwrap();
    let environment = fs::read_to_string("docs/package/mirrorwatch.env").unwrap();
    let flags = after(&environment, "MIRRORWATCH_FLAGS=");
    let line = after(&unit, "ExecStart=").replace("$MIRRORWATCH_FLAGS", flags);
    let parsed = Cli::try_parse_from(line.split_whitespace());
    assert!(parsed.is_ok(), "{line}: {:?}", parsed.err());
}

#[test]
#[ignore = "needs systemd-analyze of systemd 252, as Debian 12 has it; `make dist-test` runs it"]
fn the_unit_is_as_hardened_as_the_documents_say() {
    let version = systemd_analyze(&["--version"]);
    assert!(
        version.starts_with("systemd 252 "),
        "docs/install.md states the figure of systemd 252, and here is {version}"
    );
    let said = systemd_analyze(&["security", "--offline=true", UNIT]);
    let exposure = after(&said, "→ Overall exposure level for mirrorwatch.service: ");
    let exposure = exposure.split_whitespace().next().unwrap();
    let install = fs::read_to_string("docs/install.md").unwrap();
    let stated = format!("an exposure of {exposure} (0 is best");
    assert!(install.contains(&stated), "docs/install.md lacks: {stated}");
}

/// What is in memory may be a password.
#[test]
fn the_unit_leaves_no_core_dump() {
    let unit = fs::read_to_string(UNIT).unwrap();
    assert_eq!(after(&unit, "LimitCORE="), "0");
}

/// As docs/install.md has it, but into a folder of its own and not optimised, with what stands in Cargo's store.
#[test]
#[ignore = "builds the program once more; `make dist-test` runs it"]
fn the_program_alone_is_installed_from_source() {
    let folder = tempfile::tempdir().unwrap();
    let install = Command::new("cargo")
        .args(["install", "--locked", "--path", "."])
        .args(["--debug", "--offline", "--target-dir", "target", "--root"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(install.status.success(), "{install:?}");
    let installed = Command::new(folder.path().join("bin/mirrorwatch"))
        .arg("--version")
        .output()
        .unwrap();
    let version = format!("mirrorwatch {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(String::from_utf8(installed.stdout).unwrap(), version);
}

/// What follows `start` in the line that begins with it.
fn after<'a>(text: &'a str, start: &str) -> &'a str {
    text.lines()
        .find_map(|line| line.strip_prefix(start))
        .unwrap()
}

/// What it prints.
fn systemd_analyze(arguments: &[&str]) -> String {
    let output = Command::new("systemd-analyze").args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("systemd-analyze cannot be run: {error}"));
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}
