//! Transitions of connectors and tasks as REST shows them, for where Connect's status topic may not be read: as late as
//! a poll, and without those that were over before it.

use std::collections::BTreeSet;
use std::collections::btree_map::Entry;

use crate::model::connect::{ConnectorStatus, State};
use crate::model::status::{Entered, StatusLog, Transitions};
use crate::model::time::Timestamp;

/// The transitions so far.
#[derive(Debug, Default)]
pub(super) struct Observed {
    log: StatusLog,
    /// Whether there was a view before: only then is what is new in one just begun.
    has_begun: bool,
}

impl Observed {
    pub(super) fn log(&self) -> &StatusLog {
        &self.log
    }

    /// These are the statuses at `now`. Of what has none any more nothing stays.
    pub(super) fn told(&mut self, connectors: &[ConnectorStatus], now: Timestamp) {
        let mut seen = BTreeSet::new();
        for connector in connectors {
            let tasks = connector
                .tasks
                .iter()
                .map(|task| (Some(task.id), &task.state, &task.worker));
            let own = (None, &connector.state, &connector.worker);
            for (task, state, worker) in tasks.chain([own]) {
                let of = (connector.name.clone(), task);
                self.enter(of.clone(), state, worker, now);
                seen.insert(of);
            }
        }
        self.log.transitions.retain(|of, _| seen.contains(of));
        self.has_begun = true;
    }

    fn enter(&mut self, of: (String, Option<u32>), state: &State, worker: &str, now: Timestamp) {
        let state = state.as_str();
        let is_first = !self.has_begun;
        let transitions = match self.log.transitions.entry(of) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Transitions::default()),
        };
        if transitions.state == state && transitions.worker == worker {
            return;
        }
        worker.clone_into(&mut transitions.worker);
        state.clone_into(&mut transitions.state);
        let entered = transitions
            .states
            .entry(state.to_owned())
            .or_insert_with(Entered::default);
        if !is_first {
            entered.last = Some(now);
            entered.count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::connect::TaskStatus;

    fn connector(state: State, worker: &str) -> ConnectorStatus {
        ConnectorStatus {
            name: "c".to_owned(),
            state: State::Running,
            worker: "a:1".to_owned(),
            tasks: vec![TaskStatus {
                id: 0,
                state,
                worker: worker.to_owned(),
            }],
        }
    }

    fn entered(observed: &Observed, state: &str) -> Option<(Option<i64>, u64)> {
        let transitions = observed.log().transitions.get(&("c".to_owned(), Some(0)))?;
        let entered = transitions.states.get(state)?;
        Some((entered.last.map(Timestamp::as_micros), entered.count))
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    #[test]
    fn when_a_state_was_entered_before_the_first_look_is_not_known() {
        let mut observed = Observed::default();
        observed.told(&[connector(State::Running, "a:1")], second(1));
        observed.told(&[connector(State::Running, "a:1")], second(2));
        assert_eq!(entered(&observed, "running"), Some((None, 0)));
        observed.told(&[connector(State::Failed, "a:1")], second(3));
        assert_eq!(entered(&observed, "failed"), Some((Some(3_000_000), 1)));
        assert_eq!(entered(&observed, "running"), Some((None, 0)));
    }

    #[test]
    fn a_task_that_runs_elsewhere_has_begun_to_run_again() {
        let mut observed = Observed::default();
        observed.told(&[connector(State::Running, "a:1")], second(1));
        observed.told(&[connector(State::Running, "b:1")], second(9));
        assert_eq!(entered(&observed, "running"), Some((Some(9_000_000), 1)));
    }

    #[test]
    fn of_a_connector_that_is_gone_nothing_stays() {
        let mut observed = Observed::default();
        observed.told(&[connector(State::Running, "a:1")], second(1));
        observed.told(&[], second(2));
        assert!(observed.log().transitions.is_empty());
        observed.told(&[connector(State::Running, "a:1")], second(3));
        assert_eq!(entered(&observed, "running"), Some((Some(3_000_000), 1)));
    }
}
