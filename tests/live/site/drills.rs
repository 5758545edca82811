//! Drills on a site, and their evidence judged again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mirrorwatch::recovery::judgement::Judgement;

use super::{MIRRORWATCH, Site, ask, said, wait_until};

/// What a drill left behind.
pub(crate) struct Drill {
    pub(crate) dir: PathBuf,
    pub(crate) code: i32,
    pub(crate) judgement: Judgement,
    pub(crate) text: String,
}

impl Site {
    /// The command line of a drill into a fresh directory.
    pub(crate) fn drill_command(
        &self,
        scenario: &str,
        victim: &str,
        fault: &str,
    ) -> (Command, PathBuf) {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let dir = self.file(&format!("drill-{}", NUMBER.fetch_add(1, Ordering::Relaxed)));
        let mut command = Command::new(MIRRORWATCH);
        command
            .args([
                "drill",
                scenario,
                "--victim",
                victim,
                "--fault",
                fault,
                "--yes",
                "--inventory",
            ])
            .arg(self.file("inventory.yml"));
        command.arg("--out").arg(&dir);
        (command, dir)
    }

    /// Runs a drill of a link, a cluster or a configuration to its end: the scenario says whom it hits.
    pub(crate) fn drill_of_the_site(&self, scenario: &str) -> Drill {
        let (mut command, dir) = self.drill_command(scenario, "flow", "cut");
        finished(&command.output().expect("mirrorwatch runs"), dir)
    }

    /// Runs a drill to its end.
    pub(crate) fn drill(&self, scenario: &str, victim: &str, fault: &str) -> Drill {
        let (mut command, dir) = self.drill_command(scenario, victim, fault);
        finished(&command.output().expect("mirrorwatch runs"), dir)
    }

    /// Judges a drill again by the samples of the lab's other Prometheus server, once that has seen the whole window.
    pub(crate) fn evaluate_at_15s(&self, drill: &Drill) -> Judgement {
        let server = &self.lab.description().prometheus[1];
        assert_eq!(server.scrape_interval_seconds, 15);
        Self::evaluate_by(drill, &server.url, "15s")
    }

    /// The same by a server that scrapes at this interval.
    pub(crate) fn evaluate_by(drill: &Drill, server: &str, interval: &str) -> Judgement {
        let (_, end) = drill.judgement.window.expect("there was a window");
        let through = "mm2_canary_observed_through_timestamp_seconds";
        // What began within D, a second, before a page may not show on it yet: the page of the window's end does not prove its hold.
        let enough = end.as_seconds() + 2.0;
        wait_until(
            "the server has seen the window",
            Duration::from_secs(45),
            || {
                let seen = ask(server, through);
                seen.iter()
                    .filter_map(|value| value.parse::<f64>().ok())
                    .any(|seen| seen >= enough)
            },
        );
        let output = Command::new(MIRRORWATCH)
            .args(["evaluate", "--format", "json", "--server", server])
            .args(["--scrape-interval", interval])
            .arg(&drill.dir)
            .output()
            .expect("mirrorwatch runs");
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", said(&output)))
    }

    /// Judges a drill again by what it recorded itself.
    pub(crate) fn evaluate_recording(drill: &Drill) -> Judgement {
        let output = Command::new(MIRRORWATCH)
            .args(["evaluate", "--format", "json", "--recording"])
            .arg(&drill.dir)
            .output()
            .expect("mirrorwatch runs");
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", said(&output)))
    }

    /// A copy of the shipped scenario with shorter waits, so that a test of something else does not take minutes.
    pub(crate) fn short_scenario(&self, name: &str, steady: &str, hold: &str) -> String {
        self.changed(
            "worker-loss",
            name,
            &[
                ("steady_for: 60s", &format!("steady_for: {steady}")),
                ("hold: 30s", &format!("hold: {hold}")),
                ("watch_restore: 120s", "watch_restore: 45s"),
            ],
        )
    }

    /// A copy of a shipped scenario in which each text is replaced by another.
    pub(crate) fn changed(&self, shipped: &str, name: &str, changes: &[(&str, &str)]) -> String {
        let text = fs::read_to_string(format!("rules/scenarios/{shipped}.yml"));
        let mut text = text.expect("the scenario is shipped");
        for (old, new) in changes {
            assert!(text.contains(old), "the shipped scenario has no `{old}`");
            text = text.replace(old, new);
        }
        let path = self.file(&format!("{name}.yml"));
        fs::write(&path, text).expect("the lab's directory is writable");
        path.display().to_string()
    }
}

/// What a drill's process and directory tell.
pub(crate) fn finished(output: &Output, dir: PathBuf) -> Drill {
    let code = output.status.code().unwrap_or(-1);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let report = fs::read(dir.join("report.json"))
        .unwrap_or_else(|error| panic!("no report ({error}): {}", said(output)));
    let judgement = serde_json::from_slice(&report).expect("report.json is a judgement");
    Drill {
        dir,
        code,
        judgement,
        text,
    }
}

/// Judges the evidence in a directory.
pub(crate) fn evaluate(dir: &Path) -> Drill {
    let text = Command::new(MIRRORWATCH)
        .arg("evaluate")
        .arg(dir)
        .output()
        .expect("mirrorwatch runs");
    let json = evaluated_bytes(dir);
    let judgement =
        serde_json::from_slice(&json).unwrap_or_else(|error| panic!("{error}: {}", said(&text)));
    let code = text.status.code().unwrap_or(-1);
    Drill {
        dir: dir.to_owned(),
        code,
        judgement,
        text: String::from_utf8_lossy(&text.stdout).into_owned(),
    }
}

/// What `evaluate --format json` prints.
pub(crate) fn evaluated_bytes(dir: &Path) -> Vec<u8> {
    Command::new(MIRRORWATCH)
        .args(["evaluate", "--format", "json"])
        .arg(dir)
        .output()
        .expect("mirrorwatch runs")
        .stdout
}
