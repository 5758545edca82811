//! What Kafka Connect says of its connectors and tasks.

/// State of a connector or task, as in Connect's `AbstractStatus.State`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Not running anywhere, by the word of the worker that stopped it.
    Unassigned,
    /// Running, by the word of its last owner.
    Running,
    /// Paused by an operator.
    Paused,
    /// Failed; Connect does not restart it by itself.
    Failed,
    /// About to run again.
    Restarting,
    /// Stopped by an operator (connectors only).
    Stopped,
    /// About to disappear.
    Destroyed,
    /// A state that this version does not know, in lower case.
    Unknown(String),
}

impl State {
    /// The states by name, and one for all that this version does not know.
    pub const NAMES: [&'static str; 8] = [
        "unassigned",
        "running",
        "paused",
        "failed",
        "restarting",
        "stopped",
        "destroyed",
        "unknown",
    ];

    /// The state as one of [`State::NAMES`].
    pub fn name(&self) -> &str {
        match self {
            Self::Unknown(_) => "unknown",
            known => known.as_str(),
        }
    }

    /// The state that Connect spells `text`, in any case.
    pub fn parse(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "unassigned" => Self::Unassigned,
            "running" => Self::Running,
            "paused" => Self::Paused,
            "failed" => Self::Failed,
            "restarting" => Self::Restarting,
            "stopped" => Self::Stopped,
            "destroyed" => Self::Destroyed,
            other => Self::Unknown(other.to_owned()),
        }
    }

    /// The state in lower case, as the users' queries have it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Unassigned => "unassigned",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Failed => "failed",
            Self::Restarting => "restarting",
            Self::Stopped => "stopped",
            Self::Destroyed => "destroyed",
            Self::Unknown(text) => text,
        }
    }
}

/// Status of one connector and its tasks, as one worker's cache has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectorStatus {
    /// Name of the connector.
    pub name: String,
    /// State of the connector instance.
    pub state: State,
    /// Worker that last wrote that state.
    pub worker: String,
    /// Its tasks, in order of their numbers.
    pub tasks: Vec<TaskStatus>,
}

/// Status of one task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskStatus {
    /// Number of the task in its connector.
    pub id: u32,
    /// Its state.
    pub state: State,
    /// Worker that last wrote that state.
    pub worker: String,
}

/// What a worker says of its own health (`GET /health`, KIP-1017).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Its herder is alive.
    Healthy,
    /// Its herder does not answer it.
    Unhealthy,
    /// It has not joined the group yet.
    Starting,
    /// Its version, before Kafka 3.9, says nothing.
    NotOffered,
}

impl Health {
    /// What a worker can say, as label values.
    pub const NAMES: [&'static str; 3] = ["healthy", "unhealthy", "starting"];

    /// One of [`Health::NAMES`]; `None` if it says nothing.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Healthy => Some("healthy"),
            Self::Unhealthy => Some("unhealthy"),
            Self::Starting => Some("starting"),
            Self::NotOffered => None,
        }
    }
}

/// What one worker answers over REST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerView {
    /// Kafka version of the worker.
    pub version: String,
    /// Commit of that version.
    pub commit: String,
    /// Id of the Kafka cluster that holds Connect's own topics.
    pub kafka_cluster_id: String,
    /// All connectors of the Connect cluster, by name.
    pub connectors: Vec<ConnectorStatus>,
}

/// Which task owns which topic-partitions, by connector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskMap {
    /// Connectors that exist, in the order of the flows.
    pub connectors: Vec<ConnectorTasks>,
}

impl TaskMap {
    /// The tasks of `connector`, if it exists.
    pub fn of(&self, connector: &str) -> Option<&ConnectorTasks> {
        self.connectors
            .iter()
            .find(|tasks| tasks.connector == connector)
    }
}

/// The task list of one connector. Of the tasks' configurations only what is named here is ever kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectorTasks {
    /// Name of the connector.
    pub connector: String,
    /// Its tasks, in order of their numbers.
    pub tasks: Vec<AssignedTask>,
    /// `tasks.max`, where the tasks carry it.
    pub tasks_max: Option<u32>,
    /// `topics`, where the tasks carry it: comma-separated regular expressions.
    pub topics: Option<String>,
    /// `topics.exclude`, where the tasks carry it.
    pub topics_exclude: Option<String>,
}

impl ConnectorTasks {
    /// Whether one of its tasks has this partition.
    pub fn has(&self, topic: &str, partition: i32) -> bool {
        let mut owned = self.tasks.iter().flat_map(|task| &task.partitions);
        owned.any(|at| at.topic == topic && at.partition == partition)
    }
}

/// One task and what it replicates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssignedTask {
    /// Number of the task in its connector.
    pub id: u32,
    /// Source topic-partitions assigned to it.
    pub partitions: Vec<TopicPartition>,
}

/// One partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TopicPartition {
    /// Name of the topic.
    pub topic: String,
    /// Number of the partition.
    pub partition: i32,
}

#[test]
fn a_state_that_is_not_known_is_kept() {
    assert_eq!(State::parse("RUNNING"), State::Running);
    assert_eq!(State::parse("RUNNING").as_str(), "running");
    assert_eq!(State::parse("Drained").as_str(), "drained");
}
