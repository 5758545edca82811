//! An action of a scenario with every variable bound, so that it can be done, or undone, from what stands on disk alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::recovery::inventory::{Inventory, Worker};
use crate::recovery::scenario::Action;

/// Why an action cannot be bound.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The inventory has no such command for the victim.
    #[error("worker `{worker}` has no command `{command}` in the inventory; it has: {known}")]
    NoCommand {
        /// The victim.
        worker: String,
        /// What is missing.
        command: String,
        /// What is there.
        known: String,
    },
    /// The fault has no known opposite.
    #[error(
        "fault `{0}` has no known opposite to undo it; known: stop and kill (start), freeze (thaw)"
    )]
    NoOpposite(String),
    /// A worker's address is none.
    #[error("worker `{worker}`: its `url` `{url}` must begin with http:// or https://")]
    Url {
        /// Whose.
        worker: String,
        /// As the inventory has it.
        url: String,
    },
    /// The action says nothing, or more than one thing.
    #[error("an action has exactly one of `command`, `shell` and `rest`")]
    NotOne,
}

/// Something to do to the system under test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// A command for `/bin/sh -c`; the variables are in its environment, so that no value is ever read as shell.
    Shell {
        /// The command line.
        command: String,
        /// `victim`, `source`, `target`, `connector`, `fault`.
        variables: BTreeMap<String, String>,
    },
    /// A REST call to the first worker that answers.
    Rest {
        /// HTTP method.
        method: String,
        /// The same call at each worker.
        urls: Vec<String>,
        /// JSON body.
        body: Option<String>,
    },
}

/// What the variables of a scenario stand for.
#[derive(Clone, Debug)]
pub struct Binding<'a> {
    /// The site.
    pub inventory: &'a Inventory,
    /// Worker id of the victim.
    pub victim: &'a str,
    /// Command that injects the fault.
    pub fault: &'a str,
}

impl Binding<'_> {
    /// Bind `action`.
    pub fn bind(&self, action: &Action) -> Result<Call, Error> {
        match (&action.command, &action.shell, &action.rest) {
            (Some(command), None, None) => self.command(command),
            (None, Some(shell), None) => Ok(self.shell(shell)),
            (None, None, Some(rest)) => Ok(Call::Rest {
                method: rest.method.clone(),
                urls: self.urls(&rest.path)?,
                body: rest.body.clone(),
            }),
            _ => Err(Error::NotOne),
        }
    }

    fn command(&self, name: &str) -> Result<Call, Error> {
        let name = match name {
            "$fault" => self.fault,
            "$unfault" => opposite(self.fault)?,
            other => other,
        };
        let worker = self
            .inventory
            .workers
            .iter()
            .find(|worker| worker.id == self.victim);
        let commands = worker.map(|worker| &worker.commands);
        match commands.and_then(|commands| commands.get(name)) {
            Some(command) => Ok(self.shell(command)),
            None => Err(Error::NoCommand {
                worker: self.victim.to_owned(),
                command: name.to_owned(),
                known: commands.map_or_else(String::new, |known| {
                    known.keys().cloned().collect::<Vec<_>>().join(", ")
                }),
            }),
        }
    }

    fn shell(&self, command: &str) -> Call {
        let variables = self
            .variables()
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        Call::Shell {
            command: command.to_owned(),
            variables: variables.into(),
        }
    }

    fn variables(&self) -> [(&str, &str); 5] {
        let flow = &self.inventory.flow;
        [
            ("victim", self.victim),
            ("source", &flow.source),
            ("target", &flow.target),
            ("connector", &flow.connector),
            ("fault", self.fault),
        ]
    }

    fn urls(&self, path: &str) -> Result<Vec<String>, Error> {
        let mut path = path.to_owned();
        for (name, value) in self.variables() {
            path = path.replace(&format!("${name}"), &percent_encoded(value));
        }
        let workers = self.inventory.workers.iter();
        workers
            .map(|worker| Ok(format!("{}{path}", base(worker)?)))
            .collect()
    }
}

/// Where a worker's REST API is, without a slash at the end.
fn base(worker: &Worker) -> Result<String, Error> {
    let Some(url) = &worker.url else {
        return Ok(format!("http://{}", worker.id));
    };
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(Error::Url {
            worker: worker.id.clone(),
            url: url.clone(),
        });
    }
    Ok(url.trim_end_matches('/').to_owned())
}

/// The command that undoes a fault.
fn opposite(fault: &str) -> Result<&'static str, Error> {
    match fault {
        "stop" | "kill" => Ok("start"),
        "freeze" => Ok("thaw"),
        other => Err(Error::NoOpposite(other.to_owned())),
    }
}

/// A value as one segment of a path (RFC 3986, unreserved characters kept).
fn percent_encoded(value: &str) -> String {
    let mut encoded = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.extend(['%', hex(byte >> 4), hex(byte & 0xf)]);
        }
    }
    encoded
}

fn hex(nibble: u8) -> char {
    char::from(b"0123456789ABCDEF"[usize::from(nibble)])
}

#[cfg(test)]
fn site() -> Inventory {
    serde_json::from_str(
        r#"{"site":"s","prometheus":{"url":"http://p","scrape_interval":"1s"},"flow":{"source":"a","target":"b","connector":"my mirror"},
            "connectors":{},"workers":[{"id":"w1:8083","commands":{"freeze":"f","thaw":"t"}},{"id":"w2:8083","url":"https://connect.example/w2/"}]}"#,
    )
    .unwrap()
}

#[cfg(test)]
fn only(command: Option<&str>, shell: Option<&str>) -> Action {
    Action {
        command: command.map(str::to_owned),
        shell: shell.map(str::to_owned),
        rest: None,
    }
}

#[test]
fn a_fault_and_its_opposite_come_from_the_victims_commands() {
    let inventory = site();
    let binding = Binding {
        inventory: &inventory,
        victim: "w1:8083",
        fault: "freeze",
    };
    let undo = binding.bind(&only(Some("$unfault"), None)).unwrap();
    assert!(
        matches!(undo, Call::Shell { command, variables } if command == "t" && variables["victim"] == "w1:8083")
    );
}

#[test]
fn a_missing_command_names_the_worker_and_what_there_is() {
    let inventory = site();
    let binding = Binding {
        inventory: &inventory,
        victim: "w1:8083",
        fault: "stop",
    };
    let error = binding
        .bind(&only(Some("$fault"), None))
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "worker `w1:8083` has no command `stop` in the inventory; it has: freeze, thaw"
    );
}

#[test]
fn an_action_is_exactly_one_thing() {
    let inventory = site();
    let binding = Binding {
        inventory: &inventory,
        victim: "w1:8083",
        fault: "stop",
    };
    assert!(matches!(
        binding.bind(&only(Some("a"), Some("b"))),
        Err(Error::NotOne)
    ));
    assert!(matches!(
        binding.bind(&only(None, None)),
        Err(Error::NotOne)
    ));
}

#[test]
fn a_rest_path_is_tried_at_each_worker_with_its_variables_encoded() {
    let inventory = site();
    let binding = Binding {
        inventory: &inventory,
        victim: "w1:8083",
        fault: "stop",
    };
    let urls = binding.urls("/connectors/$connector/pause").unwrap();
    assert_eq!(
        urls,
        [
            "http://w1:8083/connectors/my%20mirror/pause",
            "https://connect.example/w2/connectors/my%20mirror/pause"
        ]
    );
}

#[test]
fn an_address_that_is_none_is_refused_before_anything_is_done() {
    let mut inventory = site();
    inventory.workers[1].url = Some("w2:8083".to_owned());
    let binding = Binding {
        inventory: &inventory,
        victim: "w1:8083",
        fault: "stop",
    };
    let error = binding.urls("/").unwrap_err().to_string();
    assert!(error.contains("`w2:8083` must begin with http"), "{error}");
}
