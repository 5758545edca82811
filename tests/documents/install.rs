//! Every command of docs/install.md is run by a test, which `make dist-test` starts, or it stands here why none can run it.

use std::collections::BTreeSet;
use std::fs;

use regex::Regex;

/// How it is known that a command works.
enum Held {
    /// This file has this line, which runs it.
    Run(&'static str, &'static str),
    /// No test can run it, for this reason.
    Not(&'static str),
}
use Held::{Not, Run};

const TRY: &str = "docs/package/try.sh";

const COMMANDS: [(&str, Held); 18] = [
    (
        "dpkg -i mirrorwatch_0.1.0_amd64.deb",
        Run(TRY, "inside dpkg -i /mirrorwatch.deb"),
    ),
    (
        "rpm -i mirrorwatch-0.1.0-1.x86_64.rpm",
        Run(TRY, "packaged -i \"$rpm\""),
    ),
    (
        "editor /etc/mirrorwatch/mirrorwatch.yml",
        Not("it waits for a person"),
    ),
    (
        "mirrorwatch check --config /etc/mirrorwatch/mirrorwatch.yml",
        Run(
            TRY,
            "inside mirrorwatch check --config /etc/mirrorwatch/mirrorwatch.yml",
        ),
    ),
    (
        "systemctl enable --now mirrorwatch",
        Run(TRY, "systemctl --root=\"$root\" enable mirrorwatch"),
    ),
    (
        "curl -s http://localhost:19850/-/ready",
        Run(TRY, "until get /-/ready >\"$root/said\""),
    ),
    (
        "systemctl reload mirrorwatch",
        Run(TRY, "kill -HUP \"$served\""),
    ),
    (
        "systemd-analyze security --offline=true",
        Run(
            "tests/packages.rs",
            "systemd_analyze(&[\"security\", \"--offline=true\", UNIT])",
        ),
    ),
    (
        "dpkg -i",
        Run(
            TRY,
            "holds \"an upgrade installs over it\" inside dpkg -i /mirrorwatch.deb",
        ),
    ),
    ("rpm -U", Run(TRY, "packaged -U --force \"$rpm\"")),
    (
        "dpkg -r mirrorwatch",
        Run(TRY, "inside dpkg -r mirrorwatch"),
    ),
    (
        "dpkg -P mirrorwatch",
        Run(TRY, "inside dpkg -P mirrorwatch"),
    ),
    ("rpm -e mirrorwatch", Run(TRY, "packaged -e mirrorwatch")),
    ("make dist", Run("Makefile", "\ndist-test: dist ")),
    ("make dist-test", Not("it is what runs the others")),
    (
        "cargo install --locked --path .",
        Run(
            "tests/packages.rs",
            "\"install\", \"--locked\", \"--path\", \".\"",
        ),
    ),
    (
        "man mirrorwatch",
        Run(TRY, "holds \"man page mirrorwatch$command\""),
    ),
    (
        "man mirrorwatch-drill",
        Run(TRY, "holds \"man page mirrorwatch$command\""),
    ),
];

#[test]
fn every_command_of_the_installation_is_run_or_it_is_said_why_it_cannot_be() {
    let text = fs::read_to_string("docs/install.md").expect("it is there");
    let listed: BTreeSet<&str> = COMMANDS.iter().map(|(command, _)| *command).collect();
    let shown = commands(&text);
    let shown: BTreeSet<&str> = shown.iter().map(String::as_str).collect();
    assert_eq!(shown, listed);
    for (command, held) in &COMMANDS {
        match held {
            Run(file, line) => {
                let file = fs::read_to_string(file).expect("it is there");
                assert!(file.contains(line), "nothing runs {command}: {line}");
            }
            Not(why) => assert!(!why.is_empty(), "{command}"),
        }
    }
}

/// What runs them is run in its turn.
#[test]
fn the_commands_of_the_installation_are_what_dist_test_runs() {
    let makefile = fs::read_to_string("Makefile").expect("it is there");
    let (_, rule) = makefile
        .split_once("\ndist-test: ")
        .expect("it has the rule");
    let (rule, _) = rule.split_once("\n\n").expect("others follow");
    for run in [TRY, "cargo test --locked --test packages -- --ignored"] {
        assert!(rule.contains(run), "{run}");
    }
}

#[test]
fn commands_are_found_in_fences_and_in_backticks() {
    let text = "`rpm -U` of it, `serve`, `/usr/bin/mirrorwatch`\n```sh\n# none\ndpkg -i a.deb   # Debian\n```\n`make x`\n";
    let expected = ["dpkg -i a.deb", "make x", "rpm -U"].map(str::to_owned);
    assert_eq!(commands(text), expected.into());
}

/// What stands in fences of a shell, line by line without comments, and what in backticks begins with a command.
fn commands(text: &str) -> BTreeSet<String> {
    let inline =
        r"`((?:dpkg|rpm|systemctl|systemd-analyze|curl|cargo|make|man|mirrorwatch check) [^`]+)`";
    let inline = Regex::new(inline).expect("it is well formed");
    let fence = Regex::new(r"(?ms)^```sh\n(.*?)^```").expect("it is well formed");
    let mut found = BTreeSet::new();
    for fence in fence.captures_iter(text) {
        let lines = fence[1]
            .lines()
            .map(|line| line.split('#').next().unwrap_or("").trim());
        found.extend(lines.filter(|line| !line.is_empty()).map(str::to_owned));
    }
    found.extend(inline.captures_iter(text).map(|found| found[1].to_owned()));
    found
}
