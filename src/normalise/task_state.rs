//! Joins what is known of one task into what it really does.
//!
//! Connect's own status is what its last owner wrote: after a kill it says running until somebody else runs the task,
//! and it says running while nothing is copied (mm2-facts §3.5, §7).

use crate::model::connect::State;
use crate::model::task::TaskState;

/// What is known of one task.
#[derive(Clone, Debug)]
pub(super) struct Evidence<'a> {
    /// Its status by Connect; `None` if the views that are fresh have none of it.
    pub(super) status: Option<&'a State>,
    /// Whether the worker that the status names lives; `None` if that is not known.
    pub(super) owner_alive: Option<bool>,
    /// Whether the group withholds tasks.
    pub(super) withholding: bool,
    /// Whether its worker has an MBean of it; `None` without JMX, or if it was not read since the status changed.
    pub(super) has_mbean: Option<bool>,
    /// Whether there was something to copy all the while and nothing was copied; `None` if that is not known.
    pub(super) stuck: Option<bool>,
}

impl Evidence<'_> {
    pub(super) fn state(&self) -> TaskState {
        let Some(status) = self.status else {
            return TaskState::Missing;
        };
        match status {
            State::Running => self.running(),
            State::Unassigned if self.withholding => TaskState::Withheld,
            State::Unassigned => TaskState::Unassigned,
            State::Failed => TaskState::Failed,
            State::Paused => TaskState::Paused,
            State::Stopped => TaskState::Stopped,
            State::Restarting => TaskState::Restarting,
            State::Destroyed | State::Unknown(_) => TaskState::Unknown,
        }
    }

    /// By its status it runs.
    fn running(&self) -> TaskState {
        match (self.owner_alive, self.has_mbean, self.stuck) {
            (Some(false), _, _) if self.withholding => TaskState::Withheld,
            (Some(false), _, _) => TaskState::RunningOnDeadWorker,
            (None, None, _) => TaskState::Unknown,
            (_, Some(false), _) => TaskState::Missing,
            (_, _, Some(true)) => TaskState::Stalled,
            _ => TaskState::Running,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALIVE: Evidence = Evidence {
        status: Some(&State::Running),
        owner_alive: Some(true),
        withholding: false,
        has_mbean: Some(true),
        stuck: Some(false),
    };

    #[test]
    fn a_task_runs_that_its_worker_has_and_that_copies() {
        assert_eq!(ALIVE.state(), TaskState::Running);
        let without_jmx = Evidence {
            has_mbean: None,
            stuck: None,
            ..ALIVE
        };
        assert_eq!(without_jmx.state(), TaskState::Running);
    }

    #[test]
    fn nobody_runs_the_task_of_a_dead_worker() {
        let dead = Evidence {
            owner_alive: Some(false),
            has_mbean: None,
            ..ALIVE
        };
        assert_eq!(dead.state(), TaskState::RunningOnDeadWorker);
        let withheld = Evidence {
            withholding: true,
            ..dead
        };
        assert_eq!(withheld.state(), TaskState::Withheld);
    }

    #[test]
    fn a_task_that_was_stopped_cleanly_is_withheld_or_unassigned() {
        let unassigned = Evidence {
            status: Some(&State::Unassigned),
            has_mbean: None,
            ..ALIVE
        };
        assert_eq!(unassigned.state(), TaskState::Unassigned);
        let withheld = Evidence {
            withholding: true,
            ..unassigned
        };
        assert_eq!(withheld.state(), TaskState::Withheld);
    }

    #[test]
    fn other_tasks_run_while_some_are_withheld() {
        assert_eq!(
            Evidence {
                withholding: true,
                ..ALIVE
            }
            .state(),
            TaskState::Running
        );
    }

    #[test]
    fn running_by_word_only_is_missing_or_stalled() {
        assert_eq!(
            Evidence {
                has_mbean: Some(false),
                ..ALIVE
            }
            .state(),
            TaskState::Missing
        );
        assert_eq!(
            Evidence {
                status: None,
                ..ALIVE
            }
            .state(),
            TaskState::Missing
        );
        assert_eq!(
            Evidence {
                stuck: Some(true),
                ..ALIVE
            }
            .state(),
            TaskState::Stalled
        );
    }

    #[test]
    fn a_word_without_any_sign_is_unknown() {
        let word = Evidence {
            owner_alive: None,
            has_mbean: None,
            stuck: None,
            ..ALIVE
        };
        assert_eq!(word.state(), TaskState::Unknown);
        let drained = State::Unknown("drained".to_owned());
        assert_eq!(
            Evidence {
                status: Some(&drained),
                ..ALIVE
            }
            .state(),
            TaskState::Unknown
        );
    }

    #[test]
    fn what_an_operator_or_a_failure_did_goes_before_everything_else() {
        for (status, state) in [
            (State::Failed, TaskState::Failed),
            (State::Paused, TaskState::Paused),
            (State::Stopped, TaskState::Stopped),
            (State::Restarting, TaskState::Restarting),
        ] {
            let evidence = Evidence {
                status: Some(&status),
                owner_alive: Some(false),
                ..ALIVE
            };
            assert_eq!(evidence.state(), state);
        }
    }
}
