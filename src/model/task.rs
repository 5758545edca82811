//! What a task really does, which its status alone does not tell.

/// What a task really does, by all that is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskState {
    /// It runs on a living worker, and copies what there is to copy.
    Running,
    /// Its status says running, on a worker that does not answer: most likely nobody runs it.
    RunningOnDeadWorker,
    /// Nobody runs it, because the leader of the group waits for a lost worker to come back.
    Withheld,
    /// Nobody runs it, by the word of the worker that stopped it.
    Unassigned,
    /// It runs, there is something to copy, and nothing is copied.
    Stalled,
    /// It failed; Connect does not restart it by itself.
    Failed,
    /// Paused by an operator.
    Paused,
    /// Stopped by an operator.
    Stopped,
    /// About to run again.
    Restarting,
    /// Its status says running, and its worker has no MBean of it; or it has no status.
    Missing,
    /// Not enough is known.
    Unknown,
}

impl TaskState {
    /// All states.
    pub const ALL: [Self; 11] = [
        Self::Running,
        Self::RunningOnDeadWorker,
        Self::Withheld,
        Self::Unassigned,
        Self::Stalled,
        Self::Failed,
        Self::Paused,
        Self::Stopped,
        Self::Restarting,
        Self::Missing,
        Self::Unknown,
    ];

    /// The state as a label value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::RunningOnDeadWorker => "running_on_dead_worker",
            Self::Withheld => "withheld",
            Self::Unassigned => "unassigned",
            Self::Stalled => "stalled",
            Self::Failed => "failed",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Restarting => "restarting",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
        }
    }
}
