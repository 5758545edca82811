//! An action of a scenario with every variable bound, so that it can be done, or undone, from what stands on disk alone.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::text::visible;
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
    /// The inventory has no such command of the site.
    #[error("the inventory has no `commands: {{ {command}: … }}` of the site; it has: {known}")]
    NoSiteCommand {
        /// What is missing.
        command: String,
        /// What is there.
        known: String,
    },
    /// The action says nothing, or more than one thing, or what cannot be done later from what stands on disk.
    #[error("an action has exactly one of `command`, `second`, `site`, `shell` and `rest`")]
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
        /// `victim`, `second`, `source`, `target`, `connector`, `fault`.
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

/// As a person would do it. What a body says is not told: a configuration may hold a secret.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shell { command, .. } => write!(f, "$ {}", visible(command)),
            Self::Rest { method, urls, .. } => {
                let url = urls.first().map_or("", String::as_str);
                write!(f, "{} {}", visible(method), visible(url))
            }
        }
    }
}

/// What the variables of a scenario stand for.
#[derive(Clone, Debug)]
pub struct Binding<'a> {
    /// The site.
    pub inventory: &'a Inventory,
    /// Worker id of the victim, or the connector's name; empty where nobody is hit by name.
    pub victim: &'a str,
    /// Worker id of the second victim; empty where there is none.
    pub second: &'a str,
    /// Command that injects the fault.
    pub fault: &'a str,
}

impl Binding<'_> {
    /// Bind `action`.
    pub fn bind(&self, action: &Action) -> Result<Call, Error> {
        if action.given() != 1 {
            return Err(Error::NotOne);
        }
        if let Some(command) = &action.command {
            return self.command(command, self.victim);
        }
        if let Some(command) = &action.second {
            return self.command(command, self.second);
        }
        if let Some(command) = &action.site {
            return self.site(command);
        }
        if let Some(shell) = &action.shell {
            return Ok(self.shell(shell));
        }
        let rest = action.rest.as_ref().ok_or(Error::NotOne)?;
        Ok(Call::Rest {
            method: rest.method.clone(),
            urls: self.urls(&rest.path)?,
            body: rest.body.clone(),
        })
    }

    /// A command of the site; `$fault` in its name is the fault.
    fn site(&self, name: &str) -> Result<Call, Error> {
        let name = name.replace("$fault", self.fault);
        let commands = &self.inventory.commands;
        match commands.get(&name) {
            Some(command) => Ok(self.shell(command)),
            None => Err(Error::NoSiteCommand {
                command: name,
                known: listed(commands),
            }),
        }
    }

    fn command(&self, name: &str, worker: &str) -> Result<Call, Error> {
        let name = match name {
            "$fault" => self.fault,
            "$unfault" => opposite(self.fault)?,
            other => other,
        };
        let victim = worker;
        let mut workers = self.inventory.workers.iter();
        let worker = workers.find(|worker| worker.id == victim);
        let commands = worker.map(|worker| &worker.commands);
        match commands.and_then(|commands| commands.get(name)) {
            Some(command) => Ok(self.shell(command)),
            None => Err(Error::NoCommand {
                worker: victim.to_owned(),
                command: name.to_owned(),
                known: commands.map_or_else(String::new, listed),
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

    fn variables(&self) -> [(&str, &str); 6] {
        let flow = &self.inventory.flow;
        [
            ("victim", self.victim),
            ("second", self.second),
            ("source", &flow.source),
            ("target", &flow.target),
            ("connector", &flow.connector),
            ("fault", self.fault),
        ]
    }

    /// A name that may be a variable, and what it stands for.
    pub(super) fn named(&self, name: &str) -> String {
        let mut variables = self.variables().into_iter();
        let bound = variables.find(|(variable, _)| name.strip_prefix('$') == Some(variable));
        bound.map_or(name, |(_, value)| value).to_owned()
    }

    /// The same path at each worker.
    pub(super) fn urls(&self, path: &str) -> Result<Vec<String>, Error> {
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

fn listed(commands: &BTreeMap<String, String>) -> String {
    commands.keys().cloned().collect::<Vec<_>>().join(", ")
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
        ..Action::default()
    }
}

#[test]
fn a_fault_and_its_opposite_come_from_the_victims_commands() {
    let inventory = site();
    let binding = Binding {
        inventory: &inventory,
        victim: "w1:8083",
        second: "",
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
        second: "",
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
fn a_command_of_the_site_may_be_named_by_the_fault() {
    let mut inventory = site();
    inventory.commands = [("cut-source".to_owned(), "iptables".to_owned())].into();
    let mut binding = Binding {
        inventory: &inventory,
        victim: "",
        second: "",
        fault: "cut",
    };
    let action = Action {
        site: Some("$fault-source".to_owned()),
        ..Action::default()
    };
    let bound = binding.bind(&action).unwrap();
    assert!(matches!(bound, Call::Shell { command, .. } if command == "iptables"));
    binding.fault = "stall";
    let error = binding.bind(&action).unwrap_err().to_string();
    let expected =
        "the inventory has no `commands: { stall-source: … }` of the site; it has: cut-source";
    assert_eq!(error, expected);
}

#[test]
fn an_action_is_exactly_one_thing() {
    let inventory = site();
    let binding = Binding {
        inventory: &inventory,
        victim: "w1:8083",
        second: "",
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
        second: "",
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
        second: "",
        fault: "stop",
    };
    let error = binding.urls("/").unwrap_err().to_string();
    assert!(error.contains("`w2:8083` must begin with http"), "{error}");
}
