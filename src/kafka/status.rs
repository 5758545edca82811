//! Connect's status topic (`status.storage.topic`): `status-task-<connector>-<n>` and `status-connector-<connector>` as
//! keys, JSON as values (`KafkaStatusBackingStore`). Of a value only state and worker leave this module: its trace may
//! hold anything.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::Error;
use super::follow::{Fold, Follower, From, Record};
use crate::model::connect::State;
use crate::model::status::{StatusLog, Transitions};

/// Follows the status topic of a Connect cluster.
pub struct StatusReader(Follower<StatusLog>);

impl StatusReader {
    /// A reader of `topic` on the cluster that librdkafka's `properties` lead to.
    pub fn new(properties: BTreeMap<String, String>, topic: &str) -> Self {
        Self(Follower::new(properties, topic.to_owned(), From::Beginning))
    }

    /// All transitions up to now. Blocks for up to `deadline`.
    pub fn read(&self, deadline: Duration) -> Result<StatusLog, Error> {
        self.0.read(deadline)
    }
}

#[derive(Deserialize)]
struct Value {
    state: String,
    worker_id: String,
    /// Grows with each rebalance of the group.
    #[serde(default)]
    generation: i64,
}

impl Fold for StatusLog {
    fn take(&mut self, record: &Record<'_>) {
        // Which topics a connector uses stands there, too.
        if record.key.starts_with(b"status-topic-") {
            return;
        }
        let Some(of) = std::str::from_utf8(record.key).ok().and_then(key) else {
            self.malformed += 1;
            return;
        };
        let Some(value) = record.value else {
            self.transitions.remove(&of);
            return;
        };
        match serde_json::from_slice::<Value>(value) {
            Ok(value) => enter(self.transitions.entry(of).or_default(), value, record),
            Err(_) => self.malformed += 1,
        }
    }
}

/// Workers write a status again when it has not changed; only a change is a transition. A task that runs is not started
/// again while it runs: that it says so in a later generation means that it had stopped, as when its worker was killed
/// and came back.
fn enter(transitions: &mut Transitions, value: Value, record: &Record<'_>) {
    let state = State::parse(&value.state).as_str().to_owned();
    let is_restart = state == "running" && value.generation > transitions.generation;
    let is_same =
        transitions.state == state && transitions.worker == value.worker_id && !is_restart;
    transitions.worker = value.worker_id;
    transitions.generation = value.generation;
    if is_same {
        return;
    }
    let entered = transitions.states.entry(state.clone()).or_default();
    entered.last = record.timestamp.or(entered.last);
    entered.count += u64::from(record.is_live);
    transitions.state = state;
}

/// The connector, and the task's number if it is a task's status.
fn key(key: &str) -> Option<(String, Option<u32>)> {
    if let Some(connector) = key.strip_prefix("status-connector-") {
        return Some((connector.to_owned(), None));
    }
    let (connector, task) = key.strip_prefix("status-task-")?.rsplit_once('-')?;
    Some((connector.to_owned(), Some(task.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Timestamp;

    fn record(log: &mut StatusLog, key: &str, value: Option<&str>, at: i64, is_live: bool) {
        log.take(&Record {
            key: key.as_bytes(),
            value: value.map(str::as_bytes),
            timestamp: Some(Timestamp::from_millis(at)),
            is_live,
        });
    }

    fn status(state: &str, worker: &str) -> String {
        format!(
            r#"{{"state":"{state}","trace":"secret","worker_id":"{worker}","generation":4,"version":null}}"#
        )
    }

    #[test]
    fn a_transition_has_the_time_of_its_record_and_counts_once_it_is_live() {
        let mut log = StatusLog::default();
        let key = "status-task-mirror-source-2";
        record(&mut log, key, Some(&status("RUNNING", "a:1")), 1_000, false);
        record(
            &mut log,
            key,
            Some(&status("UNASSIGNED", "a:1")),
            2_000,
            true,
        );
        record(&mut log, key, Some(&status("RUNNING", "b:1")), 3_000, true);
        record(&mut log, key, Some(&status("RUNNING", "b:1")), 4_000, true);
        let seen = &log.transitions[&("mirror-source".to_owned(), Some(2))];
        assert_eq!(
            seen.states["running"],
            crate::model::status::Entered {
                last: Some(Timestamp::from_millis(3_000)),
                count: 1
            }
        );
        assert_eq!(seen.states["unassigned"].count, 1);
        assert_eq!(
            (seen.state.as_str(), seen.worker.as_str()),
            ("running", "b:1")
        );
        assert!(!format!("{log:?}").contains("secret"));
    }

    #[test]
    fn a_task_that_runs_again_on_its_worker_in_a_later_generation_was_restarted() {
        let mut log = StatusLog::default();
        let key = "status-task-mirror-source-2";
        let later = status("RUNNING", "a:1").replace("\"generation\":4", "\"generation\":5");
        record(&mut log, key, Some(&status("RUNNING", "a:1")), 1_000, false);
        record(&mut log, key, Some(&status("RUNNING", "a:1")), 2_000, true);
        record(&mut log, key, Some(&later), 3_000, true);
        record(&mut log, key, Some(&later), 4_000, true);
        let seen = &log.transitions[&("mirror-source".to_owned(), Some(2))];
        assert_eq!(
            seen.states["running"],
            crate::model::status::Entered {
                last: Some(Timestamp::from_millis(3_000)),
                count: 1
            }
        );
    }

    #[test]
    fn a_tombstone_removes_and_what_is_not_understood_is_counted() {
        let mut log = StatusLog::default();
        record(
            &mut log,
            "status-connector-c-1",
            Some(&status("PAUSED", "a:1")),
            1,
            false,
        );
        assert!(log.transitions.contains_key(&("c-1".to_owned(), None)));
        record(&mut log, "status-connector-c-1", None, 2, false);
        assert!(log.transitions.is_empty());
        for (key, value) in [
            ("other", "{}"),
            ("status-task-c-x", "{}"),
            ("status-connector-c", "not json"),
        ] {
            record(&mut log, key, Some(value), 3, false);
        }
        record(&mut log, "status-topic-x:connector-c", Some("{}"), 3, false);
        assert_eq!(log.malformed, 3);
    }
}
