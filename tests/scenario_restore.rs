//! No shipped scenario leaves anything behind: whatever step a drill ends at, `restore.json` names all that has to be undone, and undoing it is
//! enough.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use mirrorwatch::drill::call::{Binding, Call};
use mirrorwatch::drill::deed::Deed;
use mirrorwatch::drill::events::EventLog;
use mirrorwatch::drill::issue::Issuer;
use mirrorwatch::drill::page::Exporter;
use mirrorwatch::drill::restore::Restore;
use mirrorwatch::drill::schedule::{self, Step};
use mirrorwatch::drill::signals::Signals;
use mirrorwatch::drill::steps::Runner;
use mirrorwatch::recovery::inventory::Inventory;
use mirrorwatch::recovery::plan::{Plan, Variables};
use mirrorwatch::recovery::read;
use mirrorwatch::recovery::scenario::{Scenario, Subject};
use mirrorwatch::recovery::shipped;

const WORKERS: [&str; 3] = ["w1:8083", "w2:8083", "w3:8083"];
const OF_WORKERS: [&str; 5] = ["stop", "kill", "freeze", "thaw", "start"];
const OF_SITE: [&str; 18] = [
    "stall-source",
    "cut-source",
    "mend-source",
    "stall-target",
    "cut-target",
    "mend-target",
    "deny-topic",
    "allow-topic",
    "fail-task",
    "heal-task",
    "restart-tasks",
    "supervise",
    "unsupervise",
    "raise-load",
    "lower-load",
    "new-topic",
    "drop-topic",
    "nothing",
];

fn scenarios() -> Vec<Scenario> {
    let all = shipped::names().map(|name| read::scenario(name, shipped::scenario(name).unwrap()));
    all.map(Result::unwrap).collect()
}

#[test]
fn every_step_that_changes_something_has_an_undo_or_is_one() {
    let mut changing = 0;
    for scenario in scenarios() {
        let mut undos: Vec<String> = Vec::new();
        for step in &scenario.steps {
            changing += usize::from(step.action.changes_something());
            let is_undo = undos.contains(&format!("{:?}", step.action));
            let is_left = step.action.needs_undo() && step.undo.is_none() && !is_undo;
            assert!(!is_left, "{}: `{}` is not undone", scenario.name, step.name);
            undos.extend(step.undo.iter().map(|undo| format!("{undo:?}")));
        }
    }
    assert!(changing > 13, "{changing}");
}

/// A site on which every command is written down in `did`.
fn inventory(dir: &Path, url: &str) -> Inventory {
    let did = dir.join("did").display().to_string();
    let listed = |names: &[&str], of: &str| {
        let each = names
            .iter()
            .map(|name| format!("{name}: \"echo {of}{name} >> {did}\""));
        each.collect::<Vec<_>>().join(", ")
    };
    let workers = WORKERS.map(|worker| {
        let commands = listed(&OF_WORKERS, &format!("{worker} "));
        format!("  - {{ id: '{worker}', url: '{url}', commands: {{ {commands} }} }}\n")
    });
    let text = format!(
        "site: s\nprometheus: {{ url: 'http://p', scrape_interval: 1s }}\nflow: {{ source: source, target: target, connector: mirror-source }}\n\
         connectors: {{ mirror-source: 3, mirror-checkpoint: 1, mirror-heartbeat: 1 }}\ncommands: {{ {} }}\nworkers:\n{}",
        listed(&OF_SITE, ""),
        workers.concat()
    );
    read::inventory("inventory", &text).unwrap()
}

/// A worker that has a configuration, and writes down what it is told.
fn connect(dir: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let did = dir.join("did");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut request = String::new();
            reader.read_line(&mut request).unwrap();
            let (mut length, mut line) = (0, request.clone());
            while !line.trim().is_empty() {
                line.clear();
                reader.read_line(&mut line).unwrap();
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            if !request.starts_with("GET") {
                let what = request.trim_end().trim_end_matches(" HTTP/1.1");
                let mut file = fs::OpenOptions::new()
                    .append(true)
                    .create(true)
                    .open(&did)
                    .unwrap();
                writeln!(file, "{what} {}", String::from_utf8(body).unwrap()).unwrap();
            }
            let answer = "{\"topics\":\"as it was\"}";
            write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
                answer.len()
            )
            .unwrap();
        }
    });
    url
}

/// The steps of a scenario, bound; nobody waits.
fn steps(scenario: &Scenario, inventory: &Inventory) -> Vec<Step> {
    let victim = match scenario.subject {
        Subject::Worker => WORKERS[0],
        Subject::Connector => "mirror-source",
        Subject::Site => "",
    };
    let second = if scenario.second.is_some() {
        WORKERS[1]
    } else {
        ""
    };
    let variables = Variables {
        second,
        ..Variables::of(inventory, victim)
    };
    let plan = Plan::compile(scenario, variables).unwrap();
    let binding = Binding {
        inventory,
        victim,
        second,
        fault: scenario.fault.as_deref().unwrap_or("stop"),
    };
    let mut steps = schedule::steps(scenario, &plan, &binding).unwrap();
    for step in &mut steps {
        if matches!(step.deed, Deed::Wait(_)) {
            step.deed = Deed::Wait(Duration::from_millis(1));
        }
    }
    steps
}

/// Issue the steps until the last of them, which fails if it is a command; then the drill is gone. What it wrote down to undo, by step.
async fn left(dir: &Path, steps: &[Step]) -> Vec<String> {
    let mut steps = steps.to_vec();
    let last = steps.last_mut().unwrap();
    if let Deed::Call(Call::Shell { command, .. }) = &mut last.deed {
        command.push_str("; exit 1");
    }
    let mut log = EventLog::create(dir).unwrap();
    let runner = Runner::new(dir, "m", reqwest::Client::new()).unwrap();
    let mut restore = Restore::new(dir, "m");
    let mut issuer = Issuer {
        exporter: &Exporter::new("http://localhost:1", &mirrorwatch::fetch::Access::default())
            .unwrap(),
        runner: &runner,
        restore: &mut restore,
        log: &mut log,
        signals: &Signals::listen().unwrap(),
    };
    // A step that fails ends the drill, as a signal would.
    let _ = issuer.issue_all(&steps).await;
    let Ok(text) = fs::read_to_string(dir.join(Restore::NAME)) else {
        return Vec::new();
    };
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let undos = document["undo"].as_array().unwrap().iter();
    undos
        .map(|undo| undo["step"].as_str().unwrap().to_owned())
        .collect()
}

/// What undoing what is left does.
async fn undone(dir: &Path) -> Vec<String> {
    let did = dir.join("did");
    fs::write(&did, "").unwrap();
    let mut log = EventLog::create(&dir.join("again")).unwrap();
    let runner = Runner::new(dir, "m", reqwest::Client::new()).unwrap();
    if let Some(mut restore) = Restore::load(dir).unwrap() {
        restore.undo_all(&runner, &mut log).await.unwrap();
    }
    assert!(!dir.join(Restore::NAME).exists());
    let text = fs::read_to_string(&did).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn whatever_step_a_drill_ends_at_all_that_was_done_is_undone_from_the_last() {
    let (mut ended, mut undos) = (0, 0);
    for scenario in scenarios() {
        for length in 1..=scenario.steps.len() {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir(dir.path().join("again")).unwrap();
            let inventory = inventory(dir.path(), &connect(dir.path()));
            let issued = steps(&scenario, &inventory);
            let issued = &issued[..length];
            let needed = issued
                .iter()
                .filter(|step| step.undo.is_some() || matches!(step.deed, Deed::Configure(_)));
            let needed: Vec<_> = needed.map(|step| step.name.clone()).collect();
            let at = format!("{}, `{}`", scenario.name, issued[length - 1].name);
            assert_eq!(left(dir.path(), issued).await, needed, "{at}");
            let done = undone(dir.path()).await;
            assert_eq!(done.len(), needed.len(), "{at}: {done:?}");
            let configured = issued
                .iter()
                .any(|step| matches!(step.deed, Deed::Configure(_)));
            // What was read before the change is put back.
            assert!(
                !configured || done.iter().any(|done| done.contains("as it was")),
                "{at}: {done:?}"
            );
            ended += 1;
            undos += done.len();
        }
    }
    assert!(ended >= 25 && undos >= 35, "{ended}, {undos}");
}
