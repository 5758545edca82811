//! What can be done to a lab beside its workers' processes. The same list is the command line of `lab fault` and what goes over the socket.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that is done to a lab: to links, connectors, topics, records or the load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, clap::Subcommand)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Deed {
    /// Stall the link from a worker to the source: connections stay and are accepted, nothing is forwarded, nothing is lost.
    StallSource {
        /// Take all workers at once (all), or one: its name, its worker id or its role (leader, owner, idle).
        #[arg(value_name = "WORKER", default_value = "all")]
        workers: String,
    },
    /// Stall the link from a worker to the target, where its group lives, too.
    StallTarget {
        /// Take all workers at once (all), or one: its name, its worker id or its role (leader, owner, idle).
        #[arg(value_name = "WORKER", default_value = "all")]
        workers: String,
    },
    /// Mend the link from a worker to the source, whatever was done to it.
    MendSource {
        /// Take all workers at once (all), or one by its name or worker id.
        #[arg(value_name = "WORKER", default_value = "all")]
        workers: String,
    },
    /// Mend the link from a worker to the target, whatever was done to it.
    MendTarget {
        /// Take all workers at once (all), or one by its name or worker id.
        #[arg(value_name = "WORKER", default_value = "all")]
        workers: String,
    },
    /// Close the connections from a worker to the source: what is on its way is lost, new ones may be made at once.
    ResetSource {
        /// Take all workers at once (all), or one: its name, its worker id or its role (leader, owner, idle).
        #[arg(value_name = "WORKER", default_value = "all")]
        workers: String,
    },
    /// Close the connections from a worker to the target.
    ResetTarget {
        /// Take all workers at once (all), or one: its name, its worker id or its role (leader, owner, idle).
        #[arg(value_name = "WORKER", default_value = "all")]
        workers: String,
    },
    /// Create a connector (lab-failing) whose task is FAILED.
    FailTask,
    /// Delete that connector again.
    HealTask,
}

/// A deed as it was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The deed's name, as on the command line.
    pub action: String,
    /// Just before it was issued, in microseconds since the epoch.
    pub before_us: i64,
    /// Just after it took effect.
    pub after_us: i64,
    /// What exactly was done.
    pub details: Value,
}

impl Deed {
    /// Its name, as on the command line.
    pub fn name(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        value["do"].as_str().unwrap_or_default().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deed_has_the_name_of_its_command() {
        let workers = "all".to_owned();
        assert_eq!(Deed::StallSource { workers }.name(), "stall-source");
        assert_eq!(Deed::HealTask.name(), "heal-task");
    }
}
