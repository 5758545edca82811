//! One task over time: since when it is where it is, and since when it does nothing.

use std::time::Duration;

use super::task_state::Evidence;
use crate::model::connect::{State, TaskStatus};
use crate::model::task::TaskState;

/// Looks at a worker that must all miss a task, or all find it standing still, before that is said.
const LOOKS: u32 = 2;

/// What is remembered of one task.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Status and owner at the last look, and when they were first seen.
    placed: Option<(State, String, Duration)>,
    /// Looks at the owner's JMX since then that did not have it, in a row; 0 if the last one did.
    missed: Option<u32>,
    /// Its counts at the last look that had it.
    progress: Option<f64>,
    /// Looks in a row at which the counts had not moved, and when the first of them was.
    still: Option<(u32, Duration)>,
}

impl Memory {
    /// The status as it is told at `now`.
    pub(super) fn told(&mut self, status: &TaskStatus, now: Duration) {
        let same = |(state, worker, _): &(State, String, Duration)| {
            *state == status.state && *worker == status.worker
        };
        if !self.placed.as_ref().is_some_and(same) {
            self.placed = Some((status.state.clone(), status.worker.clone(), now));
            (self.missed, self.progress, self.still) = (None, None, None);
        }
    }

    /// The owner's JMX was read from `at` on; `progress` is what it counts of this task, if that is a source task.
    pub(super) fn looked(&mut self, at: Duration, has_it: bool, progress: Option<f64>) {
        let Some((_, _, since)) = &self.placed else {
            return;
        };
        if !has_it {
            if at >= *since {
                self.missed = Some(self.missed.unwrap_or(0) + 1);
            }
            // One miss says nothing yet: what stood still is not taken to move.
            return;
        }
        self.missed = Some(0);
        let Some(progress) = progress else {
            return;
        };
        self.still = match (self.progress.replace(progress), self.still) {
            (Some(before), Some((looks, first))) if before.total_cmp(&progress).is_eq() => {
                Some((looks + 1, first))
            }
            (Some(before), None) if before.total_cmp(&progress).is_eq() => Some((1, at)),
            _ => None,
        };
    }

    /// What it really does. `oldest` is how long ago the oldest record was appended that it has yet to copy; `None` if
    /// that is not known.
    pub(super) fn state(
        &self,
        status: Option<&TaskStatus>,
        owner_alive: Option<bool>,
        withholding: bool,
        oldest: Option<Duration>,
        now: Duration,
    ) -> TaskState {
        let stuck = oldest.map(|oldest| {
            self.still
                .is_some_and(|(looks, first)| looks >= LOOKS && oldest > now.saturating_sub(first))
        });
        let has_mbean = match self.missed {
            Some(0) => Some(true),
            Some(looks) if looks >= LOOKS => Some(false),
            _ => None,
        };
        Evidence {
            status: status.map(|status| &status.state),
            owner_alive,
            withholding,
            has_mbean,
            stuck,
        }
        .state()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: u32) -> Duration {
        Duration::from_secs(second.into())
    }

    fn running() -> TaskStatus {
        TaskStatus {
            id: 0,
            state: State::Running,
            worker: "a:1".to_owned(),
        }
    }

    /// A task that runs since 0 s, with one look at its owner each 5 s.
    fn task(looks: &[Option<f64>]) -> Memory {
        let mut memory = Memory::default();
        memory.told(&running(), second(0));
        for (at, progress) in (1..).zip(looks) {
            memory.looked(second(at * 5), progress.is_some(), *progress);
        }
        memory
    }

    fn state(memory: &Memory, oldest: Option<u32>, now: u32) -> TaskState {
        memory.state(
            Some(&running()),
            Some(true),
            false,
            oldest.map(second),
            second(now),
        )
    }

    #[test]
    fn a_task_is_missing_when_two_looks_in_a_row_miss_it() {
        assert_eq!(state(&task(&[None]), None, 6), TaskState::Running);
        assert_eq!(
            state(&task(&[Some(1.0), None, None]), None, 16),
            TaskState::Missing
        );
        assert_eq!(
            state(&task(&[None, None, Some(1.0)]), None, 16),
            TaskState::Running
        );
    }

    #[test]
    fn a_sink_task_runs_that_its_worker_has_though_nothing_of_it_is_counted_here() {
        let mut memory = task(&[None]);
        memory.looked(second(10), true, None);
        memory.looked(second(15), true, None);
        assert_eq!(state(&memory, None, 16), TaskState::Running);
        memory.looked(second(20), false, None);
        memory.looked(second(25), false, None);
        assert_eq!(state(&memory, None, 26), TaskState::Missing);
    }

    #[test]
    fn a_task_that_stood_still_does_not_run_on_its_way_to_be_missing() {
        let mut looks = vec![Some(7.0), Some(7.0), Some(7.0), None];
        assert_eq!(state(&task(&looks), Some(19), 21), TaskState::Stalled);
        looks.push(None);
        assert_eq!(state(&task(&looks), Some(24), 26), TaskState::Missing);
    }

    #[test]
    fn a_look_from_before_the_status_counts_for_nothing() {
        let mut memory = Memory::default();
        memory.told(&running(), second(100));
        memory.looked(second(90), false, None);
        memory.looked(second(95), false, None);
        assert_eq!(state(&memory, None, 101), TaskState::Running);
    }

    #[test]
    fn a_task_is_stalled_that_stood_still_while_there_was_something_to_copy() {
        let stands = task(&[Some(7.0), Some(7.0), Some(7.0)]);
        assert_eq!(state(&stands, Some(12), 16), TaskState::Stalled);
        assert_eq!(
            state(&stands, Some(1), 16),
            TaskState::Running,
            "it came just now"
        );
        assert_eq!(
            state(&stands, Some(0), 16),
            TaskState::Running,
            "there was nothing to copy"
        );
        assert_eq!(
            state(&stands, None, 16),
            TaskState::Running,
            "whether there was is not known"
        );
        assert_eq!(
            state(&task(&[Some(7.0), Some(7.0), Some(8.0)]), Some(12), 16),
            TaskState::Running
        );
    }

    #[test]
    fn another_owner_begins_anew() {
        let mut memory = task(&[None, None]);
        memory.told(
            &TaskStatus {
                worker: "b:1".to_owned(),
                ..running()
            },
            second(12),
        );
        assert_eq!(state(&memory, None, 13), TaskState::Running);
    }
}
