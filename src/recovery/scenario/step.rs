//! The steps of a scenario: what is done, and what undoes it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Condition, Text};

/// One step.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Name, unique in the scenario.
    pub name: String,
    /// What it does, for people.
    pub title: Text,
    /// Whether its effect is the zero of the clock.
    #[serde(default)]
    pub zero: bool,
    /// What is done.
    #[serde(rename = "do")]
    pub action: Action,
    /// What undoes it; written to disk before the step is issued.
    pub undo: Option<Action>,
    /// Longest time it may take.
    pub timeout: Option<String>,
}

/// Something done to the system under test: exactly one of these.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// A command of the victim in the inventory, `$fault` for the one chosen on the command line, `$unfault` for its opposite.
    pub command: Option<String>,
    /// The same of the second victim.
    pub second: Option<String>,
    /// A command of the site in the inventory.
    pub site: Option<String>,
    /// A shell command.
    pub shell: Option<String>,
    /// A call to Connect's REST API.
    pub rest: Option<RestCall>,
    /// A change of a connector's configuration: read, merged, put; undone by putting what was read.
    pub configure: Option<Configure>,
    /// A pause, `5s`.
    pub wait: Option<String>,
    /// Wait until the exporter's page shows this.
    pub until: Option<Box<Condition>>,
}

impl Action {
    /// How many of them are given.
    pub fn given(&self) -> usize {
        let given = [
            self.command.is_some(),
            self.second.is_some(),
            self.site.is_some(),
            self.shell.is_some(),
            self.rest.is_some(),
            self.configure.is_some(),
            self.wait.is_some(),
            self.until.is_some(),
        ];
        given.into_iter().filter(|given| *given).count()
    }

    /// Whether the system is another one afterwards.
    pub fn changes_something(&self) -> bool {
        let call = self.rest.as_ref();
        self.command.is_some()
            || self.second.is_some()
            || self.site.is_some()
            || self.shell.is_some()
            || self.configure.is_some()
            || call.is_some_and(|call| call.method != "GET")
    }

    /// Whether it changes something that nothing undoes by itself.
    pub fn needs_undo(&self) -> bool {
        self.changes_something() && self.configure.is_none() && !self.is_restart()
    }

    /// A restart is over when it is done.
    fn is_restart(&self) -> bool {
        let path = self
            .rest
            .as_ref()
            .map(|call| call.path.split('?').next().unwrap_or_default());
        path.is_some_and(|path| path.ends_with("/restart"))
    }
}

/// A change of a connector's configuration.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Configure {
    /// The connector's name; may be a variable.
    pub connector: String,
    /// What is set, by property; all others stay as they are.
    pub set: BTreeMap<String, String>,
}

/// A call to Connect's REST API.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RestCall {
    /// `GET`, `POST`, `PUT`, `DELETE`, `PATCH`.
    pub method: String,
    /// Path under the first worker that answers, `/connectors/$connector/pause`.
    pub path: String,
    /// JSON body.
    pub body: Option<String>,
}
