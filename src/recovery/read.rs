//! From text to scenario, inventory, events and audits. The caller has read the files; errors name them, the line and the remedy.

use serde::de::DeserializeOwned;

use super::audits::{Audits, FORMAT};
use super::events::Event;
use super::inventory::Inventory;
use super::scenario::Scenario;

/// Why a text cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    /// YAML that is not what it should be.
    #[error("{file}:{line}: {message}; {remedy}")]
    Yaml {
        /// The file as the user named it.
        file: String,
        /// Line, from 1; 0 = not known.
        line: u64,
        /// What is wrong.
        message: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A line of the event log that is not an event.
    #[error(
        "events.jsonl:{line}: {message}; the log is only ever appended to: take an untouched copy"
    )]
    Event {
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// The event log does not begin with the drill's start.
    #[error("events.jsonl: no `drill_started`; the drill never began, run it again")]
    NotStarted,
    /// The audits are not what they should be.
    #[error("audit.json: {message}; `mirrorwatch drill` writes it: take an untouched copy")]
    Audits {
        /// What is wrong.
        message: String,
    },
}

/// The event log, read back.
#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// The events, in order.
    pub events: Vec<Event>,
    /// Whether the last line was torn by a crash and left out.
    pub torn: bool,
}

/// A scenario from YAML; `file` is for errors.
pub fn scenario(file: &str, text: &str) -> Result<Scenario, Error> {
    yaml(
        file,
        text,
        "see rules/scenarios/worker-loss.yml for the form",
    )
}

/// An inventory from YAML; `file` is for errors.
pub fn inventory(file: &str, text: &str) -> Result<Inventory, Error> {
    yaml(
        file,
        text,
        "`mirrorwatch check --inventory FILE` checks it after each change",
    )
}

/// The event log. A last line without its newline that is no JSON was torn by a crash: it is left out, and said.
pub fn events(text: &str) -> Result<Log, Error> {
    let mut log = Log {
        events: Vec::new(),
        torn: false,
    };
    for (index, line) in text.split_inclusive('\n').enumerate() {
        match serde_json::from_str(line) {
            Ok(event) => log.events.push(event),
            Err(_) if !line.ends_with('\n') => log.torn = true,
            Err(error) => {
                return Err(Error::Event {
                    line: index + 1,
                    message: error.to_string(),
                });
            }
        }
    }
    Ok(log)
}

/// The audits of a drill.
pub fn audits(text: &str) -> Result<Audits, Error> {
    let wrong = |message| Error::Audits { message };
    let audits: Audits = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
    match audits.format {
        FORMAT => Ok(audits),
        found => Err(wrong(format!(
            "format {found} is not known to this version, which reads {FORMAT}"
        ))),
    }
}

fn yaml<T: DeserializeOwned>(file: &str, text: &str, remedy: &'static str) -> Result<T, Error> {
    // Snippets would quote neighbouring lines, and a secret with them.
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let line = error.location().map_or(0, |location| location.line());
        Error::Yaml {
            file: file.to_owned(),
            line,
            message: error.to_string(),
            remedy,
        }
    })
}

#[test]
fn an_unknown_key_is_an_error_with_its_line() {
    let text = "site: x\nprometheus: { url: 'http://p', scrape_interval: 1s }\nflow: { source: a, target: b, connector: c }\nconnectors: { c: 1 }\nworkers: []\nsecrets: hunter2\n";
    let Err(Error::Yaml { line, message, .. }) = inventory("inv.yml", text) else {
        panic!("read")
    };
    assert_eq!(line, 6);
    assert!(
        message.contains("secrets") && !message.contains("hunter2"),
        "{message}"
    );
}

#[test]
fn a_torn_last_line_is_left_out_and_said() {
    let whole = "{\"at\":5,\"monotonic_us\":1,\"event\":\"steady_state\"}\n";
    assert_eq!(
        events(whole).map(|log| (log.events.len(), log.torn)),
        Ok((1, false))
    );
    let torn = format!("{whole}{{\"at\":6,\"mono");
    assert_eq!(
        events(&torn).map(|log| (log.events.len(), log.torn)),
        Ok((1, true))
    );
    let broken = format!("{{\"at\":6\n{whole}");
    assert!(matches!(events(&broken), Err(Error::Event { line: 1, .. })));
}

#[test]
fn audits_of_another_form_are_refused_by_name() {
    let read = |text: &str| audits(text).map_err(|error| error.to_string());
    let whole = r#"{"format":1,"topics":[{"topic":"t","outcome":"interrupted"}]}"#;
    assert_eq!(read(whole).map(|audits| audits.topics.len()), Ok(1));
    let newer = read(&whole.replace(":1,", ":2,")).unwrap_err();
    assert!(newer.starts_with("audit.json: format 2 is"), "{newer}");
    let torn = read(&whole[..20]).unwrap_err();
    assert!(torn.starts_with("audit.json: EOF"), "{torn}");
}
