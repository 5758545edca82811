//! Joins what is known of one flow into one word, and into who is to blame.

use crate::model::flow::FlowState;
use crate::model::task::TaskState;

/// What is known of one flow.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    /// Whether the source cluster answered the exporter's own probe; `None` without one.
    pub(super) source_up: Option<bool>,
    /// The same of the target cluster.
    pub(super) target_up: Option<bool>,
    /// What becomes of the canary's records; `None` without a canary, or before its first arrival.
    pub(super) canary: Option<Delivery>,
    /// Whether the canary itself does not see one of the clusters.
    pub(super) is_blind: bool,
    /// What the tasks of its connector do; empty if it has none, or nothing is known of them.
    pub(super) tasks: Vec<TaskState>,
    /// Whether a worker's JMX shows that it has something of the flow.
    pub(super) is_seen: bool,
    /// Whether Connect has told of its connectors: one that it does not name is not there.
    pub(super) is_told: bool,
    /// Whether the source's topics grew lately, those of canaries apart; `None` if that is not known.
    pub(super) traffic: Option<bool>,
}

/// The canary's partitions by what becomes of their records.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Delivery {
    /// Delivered.
    pub(super) flowing: usize,
    /// In an open outage.
    pub(super) interrupted: usize,
}

impl Evidence {
    pub(super) fn state(&self) -> FlowState {
        match (self.is_down(self.source_up), self.is_down(self.target_up)) {
            // The exporter that reaches neither is more likely cut off itself.
            (true, true) => FlowState::Unknown,
            (true, false) => FlowState::SourceDown,
            (false, true) => FlowState::TargetDown,
            _ if self.is_blind => FlowState::Blind,
            _ => self.replication(),
        }
    }

    /// One answer to a probe that comes too late is no outage while the canary, which asks more often, sees both clusters.
    fn is_down(&self, up: Option<bool>) -> bool {
        let is_seen = self.canary.is_some() && !self.is_blind;
        up == Some(false) && !is_seen
    }

    /// What becomes of records, both clusters being there. The canary's word goes before that of the tasks.
    fn replication(&self) -> FlowState {
        let told = || {
            self.tasks
                .iter()
                .filter(|state| **state != TaskState::Unknown)
        };
        let running = told().filter(|state| **state == TaskState::Running).count();
        let broken = told().count() - running;
        let without_tasks = self.is_told && self.tasks.is_empty();
        match self.canary {
            Some(delivery) if delivery.flowing == 0 => FlowState::Stalled,
            None if running == 0 && (broken > 0 || without_tasks) => FlowState::Stalled,
            None if running == 0 => FlowState::Unknown,
            Some(delivery) if delivery.interrupted > 0 => FlowState::Degraded,
            _ if broken > 0 => FlowState::Degraded,
            _ if self.traffic == Some(false) => FlowState::Idle,
            // That Connect says RUNNING shows nothing: it says so while nothing is copied.
            None if !self.is_seen => FlowState::Unknown,
            _ => FlowState::Healthy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(tasks: &[TaskState]) -> Evidence {
        Evidence {
            source_up: Some(true),
            target_up: Some(true),
            canary: None,
            is_blind: false,
            tasks: tasks.to_vec(),
            is_seen: true,
            is_told: true,
            traffic: Some(true),
        }
    }

    const RUNNING: [TaskState; 2] = [TaskState::Running, TaskState::Running];

    #[test]
    fn a_cluster_that_does_not_answer_is_to_blame_whatever_the_tasks_say() {
        let source = Evidence {
            source_up: Some(false),
            ..flow(&RUNNING)
        };
        assert_eq!(source.state(), FlowState::SourceDown);
        let target = Evidence {
            target_up: Some(false),
            ..flow(&RUNNING)
        };
        assert_eq!(target.state(), FlowState::TargetDown);
    }

    #[test]
    fn a_probe_that_failed_once_is_no_outage_while_the_canary_sees_both_clusters() {
        let late = Evidence {
            source_up: Some(false),
            canary: Some(Delivery {
                flowing: 6,
                interrupted: 0,
            }),
            ..flow(&RUNNING)
        };
        assert_eq!(late.state(), FlowState::Healthy);
        let away = Evidence {
            is_blind: true,
            ..late
        };
        assert_eq!(away.state(), FlowState::SourceDown);
    }

    #[test]
    fn an_exporter_that_reaches_neither_cluster_knows_nothing() {
        let cut_off = Evidence {
            source_up: Some(false),
            target_up: Some(false),
            ..flow(&RUNNING)
        };
        assert_eq!(cut_off.state(), FlowState::Unknown);
    }

    #[test]
    fn a_canary_that_does_not_see_leaves_the_flow_blind_unless_a_probe_tells_more() {
        let blind = Evidence {
            is_blind: true,
            ..flow(&RUNNING)
        };
        assert_eq!(blind.state(), FlowState::Blind);
        let no_probe = Evidence {
            source_up: None,
            target_up: None,
            ..blind.clone()
        };
        assert_eq!(no_probe.state(), FlowState::Blind);
        let source = Evidence {
            source_up: Some(false),
            ..blind
        };
        assert_eq!(source.state(), FlowState::SourceDown);
    }

    #[test]
    fn the_canary_tells_a_flow_that_stands_though_its_tasks_run() {
        let delivery = |flowing, interrupted| Evidence {
            canary: Some(Delivery {
                flowing,
                interrupted,
            }),
            ..flow(&RUNNING)
        };
        assert_eq!(delivery(0, 6).state(), FlowState::Stalled);
        assert_eq!(delivery(4, 2).state(), FlowState::Degraded);
        assert_eq!(delivery(6, 0).state(), FlowState::Healthy);
    }

    #[test]
    fn without_a_canary_the_tasks_tell() {
        let stuck = [TaskState::Stalled, TaskState::Stalled];
        let some = [TaskState::Running, TaskState::Failed];
        assert_eq!(flow(&RUNNING).state(), FlowState::Healthy);
        assert_eq!(flow(&some).state(), FlowState::Degraded);
        assert_eq!(flow(&stuck).state(), FlowState::Stalled);
        assert_eq!(
            flow(&[]).state(),
            FlowState::Stalled,
            "a connector without tasks copies nothing, and one that is deleted neither"
        );
    }

    #[test]
    fn a_flow_without_traffic_is_idle() {
        let quiet = Evidence {
            traffic: Some(false),
            ..flow(&RUNNING)
        };
        assert_eq!(quiet.state(), FlowState::Idle);
        let not_known = Evidence {
            traffic: None,
            ..flow(&RUNNING)
        };
        assert_eq!(not_known.state(), FlowState::Healthy);
    }

    #[test]
    fn that_connect_says_running_alone_makes_no_flow_healthy() {
        let unseen = Evidence {
            is_seen: false,
            ..flow(&RUNNING)
        };
        assert_eq!(unseen.state(), FlowState::Unknown);
        let flowing = Delivery {
            flowing: 6,
            interrupted: 0,
        };
        let with_a_canary = Evidence {
            canary: Some(flowing),
            ..unseen.clone()
        };
        assert_eq!(with_a_canary.state(), FlowState::Healthy);
        let failed = Evidence {
            tasks: vec![TaskState::Failed],
            ..unseen
        };
        assert_eq!(failed.state(), FlowState::Stalled, "that it does say");
    }

    #[test]
    fn what_is_not_known_is_not_healthy() {
        assert_eq!(Evidence::default().state(), FlowState::Unknown);
        assert_eq!(flow(&[TaskState::Unknown]).state(), FlowState::Unknown);
        assert_eq!(
            flow(&[TaskState::Unknown, TaskState::Running]).state(),
            FlowState::Healthy
        );
    }
}
