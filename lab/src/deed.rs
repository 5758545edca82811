//! What can be done to a lab beside its workers' processes. The same list is the command line of `lab fault` and what goes over the socket.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that is done to a lab: to links, brokers, connectors, topics, records or the load.
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
    /// Drop the packets from a worker to the source by iptables (lab up --links netns): real loss, with TCP's back-off.
    DropSource {
        /// Take all workers at once (all), or one: its name, its worker id or its role (leader, owner, idle).
        #[arg(value_name = "WORKER", default_value = "all")]
        workers: String,
    },
    /// Drop the packets from a worker to the target, where its group lives, too.
    DropTarget {
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
    /// Stop brokers cleanly (SIGTERM) and wait until their processes are gone; what they hold stays.
    StopBroker {
        /// Take all brokers of a cluster (source, target), or one by its name (source-1).
        #[arg(value_name = "BROKER")]
        broker: String,
    },
    /// Kill brokers (SIGKILL).
    KillBroker {
        /// Take all brokers of a cluster (source, target), or one by its name (source-1).
        #[arg(value_name = "BROKER")]
        broker: String,
    },
    /// Start brokers again, with what they held, and wait until the cluster answers with all that run.
    StartBroker {
        /// Take all brokers of a cluster (source, target), or one by its name (source-1).
        #[arg(value_name = "BROKER")]
        broker: String,
    },
    /// Delete the records of a topic of the source that are not copied yet, as its retention would. First nothing must be copied any
    /// more: stall-source, or stop-connector mirror-source. Prints for each partition the first and the last offset that can never be copied.
    Overrun {
        /// Take TOPIC instead of the load's.
        #[arg(long, value_name = "TOPIC")]
        topic: Option<String>,
    },
    /// Write a record that is too large for MM2's producer, and wait until its task is FAILED for that reason.
    LargeRecord {
        /// Take TOPIC instead of the load's.
        #[arg(long, value_name = "TOPIC")]
        topic: Option<String>,
        /// Write it to partition N.
        #[arg(long, value_name = "N", default_value_t = 0)]
        partition: i32,
    },
    /// Delete the large records from the source (and what stands before them), restart the failed tasks, and wait until all run.
    HealLargeRecord,
    /// Delete the large records from the source (and what stands before them) and leave the tasks as they are: a person, or supervise-tasks,
    /// restarts them. Does nothing if there is none.
    DeleteLargeRecord,
    /// Restart every FAILED task of mirror-source by Connect's REST interface, as a person does; whether they run then is not waited for.
    RestartTasks,
    /// Look at the tasks of mirror-source every few seconds from now on and restart those that are FAILED, as a site's own supervisor does:
    /// Connect has none. Each restart is noted.
    SuperviseTasks,
    /// Restart them no more.
    UnsuperviseTasks,
    /// Delete a topic of the source, beside the load's, and wait until the source does not know it.
    DeleteTopic {
        /// Take TOPIC.
        #[arg(value_name = "TOPIC")]
        topic: String,
    },
    /// Make a topic on the source (again). MM2 copies it after its next look (10 s), if its name begins with test-.
    CreateTopic {
        /// Take TOPIC.
        #[arg(value_name = "TOPIC")]
        topic: String,
        /// Give it N partitions instead of two.
        #[arg(long, value_name = "N")]
        partitions: Option<u16>,
    },
    /// Make a topic on the source that mirror-source does not copy as the lab starts it, and send records to it.
    NewTopic {
        /// Take TOPIC.
        #[arg(value_name = "TOPIC", default_value = "prod-orders")]
        topic: String,
    },
    /// Send it no more records, and delete it and its copy. Does nothing if they are not there.
    DropTopic {
        /// Take TOPIC.
        #[arg(value_name = "TOPIC", default_value = "prod-orders")]
        topic: String,
    },
    /// Pause a connector, and wait until it and its tasks are PAUSED.
    PauseConnector {
        /// Take mirror-source, mirror-checkpoint or mirror-heartbeat.
        #[arg(value_name = "CONNECTOR")]
        connector: String,
    },
    /// Let a paused or stopped connector go on, and wait until all its tasks are RUNNING.
    ResumeConnector {
        /// Take mirror-source, mirror-checkpoint or mirror-heartbeat.
        #[arg(value_name = "CONNECTOR")]
        connector: String,
    },
    /// Stop a connector, and wait until it is STOPPED and has no task; configuration and offsets stay.
    StopConnector {
        /// Take mirror-source, mirror-checkpoint or mirror-heartbeat.
        #[arg(value_name = "CONNECTOR")]
        connector: String,
    },
    /// Delete a connector, and wait until it is gone; its offsets stay.
    DeleteConnector {
        /// Take mirror-source, mirror-checkpoint or mirror-heartbeat.
        #[arg(value_name = "CONNECTOR")]
        connector: String,
    },
    /// Create a connector with the configuration it had at the start, and wait until all its tasks are RUNNING.
    CreateConnector {
        /// Take mirror-source, mirror-checkpoint or mirror-heartbeat.
        #[arg(value_name = "CONNECTOR")]
        connector: String,
    },
    /// Stop sending records, to the extra topics neither, and wait until all that were sent are acknowledged.
    PauseLoad,
    /// Send records again.
    ResumeLoad,
    /// Take MM2's right to read the topics of the source that it copies, by an ACL for the workers' address; everybody else keeps it.
    DenyTopic,
    /// Give it back: no ACL is left for these topics.
    AllowTopic,
    /// Send more and larger records, and narrow each worker's link to the source, so that all workers keep up, and one alone does not.
    RaiseLoad {
        /// Send RATE records per second to each partition (default: twice as many as usual).
        #[arg(long, value_name = "RATE", value_parser = clap::value_parser!(u32).range(1..=10_000))]
        rate: Option<u32>,
        /// Give each record BYTES bytes (default: 5000, or as many as usual if that is more).
        #[arg(long, value_name = "BYTES")]
        size: Option<usize>,
        /// Let BYTES per second through each worker's link to the source (default: three quarters of what the load is then).
        #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(1_000..))]
        width: Option<u32>,
    },
    /// Send as many and as large records as usual, through links as wide as usual.
    LowerLoad,
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

impl Outcome {
    /// Appends it to the notes of the lab in this directory; a line is written in one go, whoever else writes.
    pub(crate) fn note(&self, dir: &Path) -> io::Result<()> {
        note(dir, self)
    }
}

/// Appends a line to `truth/faults.jsonl`.
pub(crate) fn note(dir: &Path, fault: &impl Serialize) -> io::Result<()> {
    let mut file = File::options()
        .create(true)
        .append(true)
        .open(dir.join("truth/faults.jsonl"))?;
    let line = serde_json::to_string(fault)? + "\n";
    file.write_all(line.as_bytes())
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
        let broker = "source".to_owned();
        assert_eq!(Deed::StopBroker { broker }.name(), "stop-broker");
        assert_eq!(Deed::HealTask.name(), "heal-task");
    }
}
