//! A site to break and to put right, and the command line that does it.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::stand_in;

/// A site whose one worker is a file that says `running` or `stopped`.
pub(crate) struct Site {
    dir: tempfile::TempDir,
}

impl Site {
    pub(crate) fn new(stop: &str, start: &str) -> Self {
        Self::with(stop, start, stand_in::Trouble::default())
    }

    /// A site that is in trouble.
    pub(crate) fn troubled(trouble: stand_in::Trouble) -> Self {
        Self::with("echo stopped > STATE", "echo running > STATE", trouble)
    }

    fn with(stop: &str, start: &str, trouble: stand_in::Trouble) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let site = Self { dir };
        fs::write(site.state(), "running\n").unwrap();
        fs::write(site.path("scenario.yml"), SCENARIO).unwrap();
        let state = site.state().display().to_string();
        let [stop, start] = [stop, start].map(|command| command.replace("STATE", &state));
        let url = stand_in::start(trouble);
        let mut inventory = format!(
            "site: stub\nprometheus: {{ url: '{url}', scrape_interval: 1s }}\nexporter: '{url}'\n\
             flow: {{ source: source, target: target, connector: mirror-source }}\nconnectors: {{ mirror-source: 3 }}\nworkers:\n"
        );
        for worker in stand_in::WORKERS {
            let commands = format!("stop: \"{stop}\", start: \"{start}\"");
            writeln!(
                inventory,
                "  - id: '{worker}'\n    commands: {{ {commands} }}"
            )
            .unwrap();
        }
        fs::write(site.path("inventory.yml"), inventory).unwrap();
        site
    }

    pub(crate) fn slow() -> Self {
        Self::new(
            "sleep 0.4; echo stopped > STATE; sleep 0.4",
            "sleep 0.4; echo running > STATE; sleep 0.2",
        )
    }

    /// A site with a topic to audit, on clusters with these properties.
    pub(crate) fn audited(properties: &str) -> Self {
        let site = Self::slow();
        let config = format!(
            "connect: {{ workers: [{{ url: 'http://w1:8083' }}] }}\nclusters: {{ source: {{ {properties} }}, target: {{ {properties} }} }}\n\
             flows: [{{ source: source, target: target, connector: mirror-source }}]\n"
        );
        fs::write(site.path("mirrorwatch.yml"), config).unwrap();
        let inventory = fs::read_to_string(site.path("inventory.yml")).unwrap();
        let audit = "audit: { topics: [orders] }\n";
        fs::write(site.path("inventory.yml"), inventory + audit).unwrap();
        // What is found has to be judged.
        let judged = "  - id: no-loss\n    title: { en: No message lost, fr: Aucune perte }\n    measure: lost_records\n    limit: '1'\n";
        fs::write(site.path("scenario.yml"), SCENARIO.to_owned() + judged).unwrap();
        site
    }

    /// A slow site whose inventory names this Alertmanager.
    pub(crate) fn silenced(url: &str) -> Self {
        let site = Self::slow();
        site.add(&format!("alertmanager: {{ url: '{url}' }}\n"));
        site
    }

    /// A site whose scenario sets the `topics` of the flow's connector.
    pub(crate) fn configured(topics: &str) -> Self {
        let site = Self::slow();
        let set = format!("configure: {{ connector: $connector, set: {{ topics: '{topics}' }} }}");
        let scenario = SCENARIO.replace("command: $fault }", &format!("{set} }}"));
        let scenario = scenario.replace("    undo: { command: $unfault }\n", "");
        fs::write(site.path("scenario.yml"), scenario).unwrap();
        // The stand-in is every worker's REST API, too.
        let inventory = fs::read_to_string(site.path("inventory.yml")).unwrap();
        let exporter = inventory
            .lines()
            .find_map(|line| line.strip_prefix("exporter: "));
        let url = format!("\n    url: {}\n    commands", exporter.unwrap());
        fs::write(
            site.path("inventory.yml"),
            inventory.replace("\n    commands", &url),
        )
        .unwrap();
        site
    }

    /// Append to the inventory.
    pub(crate) fn add(&self, lines: &str) {
        let inventory = fs::read_to_string(self.path("inventory.yml")).unwrap();
        fs::write(self.path("inventory.yml"), inventory + lines).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.path("state")
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.path("evidence")
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = self.drill();
        command.arg("--out").arg(self.out());
        command
    }

    pub(crate) fn rehearsal(&self) -> Command {
        let mut command = self.drill();
        command.arg("--dry-run");
        command
    }

    fn drill(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mirrorwatch"));
        command
            .args(["drill", "--inventory"])
            .arg(self.path("inventory.yml"));
        command
            .arg(self.path("scenario.yml"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn start(&self) -> Child {
        self.command().arg("--yes").spawn().unwrap()
    }

    pub(crate) fn start_silenced(&self) -> Child {
        self.command().args(["--yes", "--silence"]).spawn().unwrap()
    }

    pub(crate) fn restore(&self) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mirrorwatch"));
        command
            .args(["drill", "--restore"])
            .arg(self.out())
            .output()
            .unwrap()
    }

    /// Waits until the event log tells of `moment`.
    pub(crate) fn wait_for(&self, moment: &str) {
        let log = self.out().join("events.jsonl");
        for _ in 0..3_000 {
            if fs::read_to_string(&log)
                .is_ok_and(|text| text.contains(&format!("\"event\":\"{moment}\"")))
            {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!(
            "no `{moment}` in {}",
            fs::read_to_string(&log).unwrap_or_default()
        );
    }

    pub(crate) fn assert_as_before(&self, moment: &str) {
        assert_eq!(
            fs::read_to_string(self.state()).unwrap(),
            "running\n",
            "after {moment}"
        );
        assert!(!self.out().join("restore.json").exists(), "after {moment}");
    }
}

/// Short times, and nothing that the stand-in could not answer.
const SCENARIO: &str = include_str!("../fixtures/drill-short.yml");

pub(crate) fn send(child: &Child, signal: Signal) {
    let id = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(id, signal).unwrap();
}
