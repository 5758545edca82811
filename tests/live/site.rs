//! A site to drill on: a lab of its own, the real exporter beside it, and the real command line.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::Duration;

use mirrorwatch::recovery::judgement::Judgement;
use mirrorwatch_lab::{Config, Lab};

/// The product's binary.
pub(crate) const MIRRORWATCH: &str = env!("CARGO_BIN_EXE_mirrorwatch");

/// A lab with an exporter that watches it.
pub(crate) struct Site {
    pub(crate) lab: Lab,
    exporter: Exporter,
    config: PathBuf,
}

/// A running exporter, which ends with this test process, however that ends.
pub(crate) struct Exporter {
    guard: Child,
    pid: String,
}

/// The lab that is up, and what it was started for.
static SITE: Mutex<Option<(&str, Site)>> = Mutex::new(None);

/// The only way to a lab: nobody else has one meanwhile.
pub(crate) struct Turn(MutexGuard<'static, Option<(&'static str, Site)>>);

impl Turn {
    /// Waits for the turn and leaves no lab up.
    pub(crate) fn alone() -> Self {
        // A test that panicked before does not take the turn from the others.
        let mut turn = SITE.lock().unwrap_or_else(PoisonError::into_inner);
        *turn = None;
        Self(turn)
    }

    /// Waits for the turn and has this lab up; the one of the test before is used again if it is the same.
    pub(crate) fn on(name: &'static str, change: impl FnOnce(&mut Config)) -> Self {
        let mut turn = SITE.lock().unwrap_or_else(PoisonError::into_inner);
        if turn.as_ref().is_none_or(|(known, _)| *known != name) {
            *turn = None;
            let mut config = Config::new(format!("{}/lab-{name}", env!("CARGO_TARGET_TMPDIR")));
            change(&mut config);
            // What an earlier run left must not be taken for this one's.
            let _ = fs::remove_dir_all(&config.dir);
            *turn = Some((name, Site::start(&config)));
        }
        Self(turn)
    }
}

impl Deref for Turn {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.0.as_ref().expect("the turn was taken with a lab").1
    }
}

impl DerefMut for Turn {
    fn deref_mut(&mut self) -> &mut Site {
        &mut self.0.as_mut().expect("the turn was taken with a lab").1
    }
}

/// What a drill left behind.
pub(crate) struct Drill {
    pub(crate) dir: PathBuf,
    pub(crate) code: i32,
    pub(crate) judgement: Judgement,
    pub(crate) text: String,
}

impl Site {
    /// Starts a lab and its exporter, and waits until the canary flows.
    pub(crate) fn start(config: &Config) -> Self {
        let lab =
            Lab::start(config).unwrap_or_else(|error| panic!("the lab does not start: {error}"));
        let file = lab.dir().join("mirrorwatch.yml");
        let exporter = serve(&lab, &file);
        let site = Self {
            lab,
            exporter,
            config: file,
        };
        site.await_canary();
        site
    }

    /// Kills the exporter (`kill -9`) and starts it again after a while.
    pub(crate) fn restart_exporter_after(&mut self, pause: Duration) {
        self.kill_exporter();
        sleep(pause);
        self.exporter = serve(&self.lab, &self.config);
    }

    /// Goes on with another configuration of the exporter.
    pub(crate) fn reconfigure(&mut self, config: &Path) {
        self.kill_exporter();
        config.clone_into(&mut self.config);
        self.exporter = serve(&self.lab, &self.config);
        self.await_canary();
    }

    fn kill_exporter(&mut self) {
        let _ = Command::new("kill")
            .args(["-9", &self.exporter.pid])
            .status();
        let _ = self.exporter.guard.wait();
    }

    /// Waits until every canary partition has had an arrival, and the slow observer has seen that, too.
    fn await_canary(&self) {
        wait_until("the canary flows", Duration::from_secs(90), || {
            let page = self.page("text/plain");
            let count = |name: &str| page.lines().filter(|line| line.starts_with(name)).count();
            let partitions = count("mm2_canary_sent_records_total{");
            partitions > 0 && partitions == count("mm2_canary_first_arrival_timestamp_seconds{")
        });
        let slow = &self.lab.description().prometheus[1].url;
        let arrivals = "mm2_canary_first_arrival_timestamp_seconds";
        wait_until(
            "the 15 s server has seen the canary",
            Duration::from_mins(1),
            || !ask(slow, arrivals).is_empty(),
        );
    }

    /// Waits until the slow observer has a page of every canary partition delivering that lies before a window of this length.
    pub(crate) fn await_history(&self, length: Duration) {
        let page = self.page("text/plain");
        let lines = page.lines();
        let partitions = lines.filter(|line| line.starts_with("mm2_canary_sent_records_total{"));
        let partitions = partitions.count();
        let slow = &self.lab.description().prometheus[1].url;
        let delivered = "mm2_canary_delivered_through_timestamp_seconds";
        let before = format!("{delivered} offset {}s", length.as_secs());
        wait_until(
            "the 15 s server has a page from before the window",
            length + Duration::from_mins(1),
            || ask(slow, &before).len() == partitions,
        );
    }

    /// The exporter's page.
    pub(crate) fn page(&self, accept: &str) -> String {
        get(
            &format!("http://{}/metrics", self.lab.description().exporter),
            accept,
        )
        .unwrap_or_default()
    }

    /// The file in the lab's directory.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.lab.dir().join(name)
    }

    /// The command line of a drill into a fresh directory.
    pub(crate) fn drill_command(
        &self,
        scenario: &str,
        victim: &str,
        fault: &str,
    ) -> (Command, PathBuf) {
        self.drill_command_with(&self.file("inventory.yml"), scenario, victim, fault)
    }

    /// The same with an inventory of the test's own.
    pub(crate) fn drill_command_with(
        &self,
        inventory: &Path,
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
            .arg(inventory);
        command.arg("--out").arg(&dir);
        (command, dir)
    }

    /// Runs a drill to its end.
    pub(crate) fn drill(&self, scenario: &str, victim: &str, fault: &str) -> Drill {
        let (mut command, dir) = self.drill_command(scenario, victim, fault);
        finished(&command.output().expect("mirrorwatch runs"), dir)
    }

    /// The label of the first series that the exporter's page has under a name; empty if there is none.
    pub(crate) fn ask_label(&self, metric: &str, label: &str) -> String {
        let page = self.page("text/plain");
        let line = page
            .lines()
            .find(|line| line.starts_with(&format!("{metric}{{")))
            .unwrap_or_default();
        let value = line
            .split_once(&format!("{label}=\""))
            .and_then(|(_, rest)| rest.split_once('"'));
        value.map_or_else(String::new, |(value, _)| value.to_owned())
    }

    /// Judges a drill again by the samples of the lab's other Prometheus server, once that has seen the whole window.
    pub(crate) fn evaluate_at_15s(&self, drill: &Drill) -> Judgement {
        let server = &self.lab.description().prometheus[1];
        assert_eq!(server.scrape_interval_seconds, 15);
        let (_, end) = drill.judgement.window.expect("there was a window");
        let through = "mm2_canary_observed_through_timestamp_seconds";
        wait_until(
            "the 15 s server has seen the window",
            Duration::from_secs(45),
            || {
                let seen = ask(&server.url, through);
                seen.iter()
                    .filter_map(|value| value.parse::<f64>().ok())
                    .any(|seen| seen >= end.as_seconds())
            },
        );
        let output = Command::new(MIRRORWATCH)
            .args([
                "evaluate",
                "--format",
                "json",
                "--server",
                &server.url,
                "--scrape-interval",
                "15s",
            ])
            .arg(&drill.dir)
            .output()
            .expect("mirrorwatch runs");
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", said(&output)))
    }

    /// The values that the lab's 1 s Prometheus server has for a query now.
    pub(crate) fn ask(&self, query: &str) -> Vec<String> {
        ask(&self.lab.description().prometheus[0].url, query)
    }

    /// A copy of the shipped scenario with shorter waits, so that a test of something else does not take minutes.
    pub(crate) fn short_scenario(&self, name: &str, steady: &str, hold: &str) -> String {
        self.changed_scenario(
            name,
            &[
                ("steady_for: 60s", &format!("steady_for: {steady}")),
                ("hold: 30s", &format!("hold: {hold}")),
            ],
        )
    }

    /// A copy of the shipped scenario in which each text is replaced by another.
    pub(crate) fn changed_scenario(&self, name: &str, changes: &[(&str, &str)]) -> String {
        let mut text =
            fs::read_to_string("rules/scenarios/worker-loss.yml").expect("the scenario is shipped");
        for (old, new) in changes {
            assert!(text.contains(old), "the shipped scenario has no `{old}`");
            text = text.replace(old, new);
        }
        let path = self.file(&format!("{name}.yml"));
        fs::write(&path, text).expect("the lab's directory is writable");
        path.display().to_string()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.kill_exporter();
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

/// Everything a process printed.
pub(crate) fn said(output: &Output) -> String {
    format!(
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Waits until something holds; panics with its name after the deadline.
pub(crate) fn wait_until(what: &str, deadline: Duration, mut holds: impl FnMut() -> bool) {
    let step = Duration::from_millis(200);
    let mut waited = Duration::ZERO;
    while !holds() {
        assert!(
            waited < deadline,
            "waited {deadline:?} in vain until {what}"
        );
        sleep(step);
        waited += step;
    }
}

/// A plain GET: `None` unless the answer is 200.
pub(crate) fn get(url: &str, accept: &str) -> Option<String> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(5)))
        .build()
        .into();
    agent
        .get(url)
        .header("Accept", accept)
        .call()
        .ok()?
        .body_mut()
        .read_to_string()
        .ok()
}

/// Starts the exporter under a shell that ends it when this process is gone and its end of the pipe closes.
pub(crate) fn serve(lab: &Lab, config: &Path) -> Exporter {
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
            "warn",
            "--web.listen-address",
            &lab.description().exporter,
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

fn ask(server: &str, query: &str) -> Vec<String> {
    let encoded = query
        .bytes()
        .fold(String::new(), |url, byte| url + &format!("%{byte:02X}"));
    let answer = get(
        &format!("{server}/api/v1/query?query={encoded}"),
        "application/json",
    )
    .expect("Prometheus answers");
    let answer: serde_json::Value = serde_json::from_str(&answer).expect("the answer is JSON");
    let result = answer["data"]["result"]
        .as_array()
        .expect("the answer is a vector");
    result
        .iter()
        .filter_map(|series| series["value"][1].as_str().map(str::to_owned))
        .collect()
}
