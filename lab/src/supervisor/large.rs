//! A record that the source takes and MM2's producer for the target refuses, so that its task fails; and the healing.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::connectors::{Wish, fulfil};
use super::deeds::{Done, stamped};
use super::fault::{Error, REST_DEADLINE};
use super::scene::alive;
use super::shared::{Shared, lock};
use crate::clock;
use crate::connect::{Client, Connector};
use crate::kafka::topics::{bounds, delete_records};
use crate::kafka::{large, topics};
use crate::render;

/// Twice what a producer sends by default (`max.request.size`).
const BYTES: usize = 2 * 1024 * 1024;
const CAUSE: &str = "RecordTooLargeException";

/// Where a large record stands.
#[derive(Clone, Debug)]
pub(super) struct LargeRecord {
    topic: String,
    partition: i32,
    offset: i64,
}

/// Writes the record and waits until a task has failed of it.
pub(super) fn write(shared: &Shared, topic: &str, partition: i32) -> Result<Done, Error> {
    let source = &shared.lab.clusters["source"];
    if !topics::partitions(source, topic)?.contains(&partition) {
        return Err(Error::NoSuchPartition {
            topic: topic.to_owned(),
            partition,
        });
    }
    let (mut stamp, offset) = stamped(|| large::write(source, topic, partition, BYTES))?;
    lock(&shared.large).push(LargeRecord {
        topic: topic.to_owned(),
        partition,
        offset,
    });
    let task = await_failure(shared)?;
    stamp.after_us = clock::now_us();
    Ok(Done {
        stamp,
        details: json!({
            "topic": topic, "partition": partition, "offset": offset, "bytes": BYTES, "failed": task,
        }),
    })
}

/// Deletes the records before and with the large ones; the tasks stay as they are.
pub(super) fn delete(shared: &Shared) -> Result<Done, Error> {
    let (stamp, deleted) = stamped(|| remove_all(shared))?;
    lock(&shared.large).clear();
    Ok(Done {
        stamp,
        details: json!({ "deleted": deleted }),
    })
}

/// Deletes the records before and with the large ones, restarts the failed tasks and waits until all run.
pub(super) fn heal(shared: &Shared) -> Result<Done, Error> {
    if lock(&shared.large).is_empty() {
        return Err(Error::NoLargeRecord);
    }
    let before_us = clock::now_us();
    let deleted = remove_all(shared)?;
    let done = fulfil(
        shared,
        &Wish {
            connector: render::SOURCE,
            what: "run",
            request: &|client, worker| client.restart_failed(worker, render::SOURCE),
            done: &|found| found.is_some_and(runs),
        },
    )?;
    lock(&shared.large).clear();
    let mut stamp = done.stamp;
    stamp.before_us = before_us;
    Ok(Done {
        stamp,
        details: json!({ "deleted": deleted, "now": done.details["now"] }),
    })
}

fn remove_all(shared: &Shared) -> Result<Vec<Value>, Error> {
    let records = lock(&shared.large).clone();
    records
        .iter()
        .map(|record| remove(shared, record))
        .collect()
}

fn remove(shared: &Shared, record: &LargeRecord) -> Result<Value, Error> {
    let LargeRecord {
        topic,
        partition,
        offset,
    } = record;
    let source = &shared.lab.clusters["source"];
    let first = bounds(source, topic)?
        .get(partition)
        .map_or(0, |(first, _)| *first);
    delete_records(source, topic, &BTreeMap::from([(*partition, offset + 1)]))?;
    Ok(json!({ "topic": topic, "partition": partition, "first": first, "last": offset }))
}

/// The task that has failed of a record too large, with the line of its trace that says so.
fn await_failure(shared: &Shared) -> Result<Value, Error> {
    let client = Client::new(Duration::from_secs(10), &shared.lab);
    let deadline = clock::monotonic() + REST_DEADLINE;
    while clock::monotonic() < deadline {
        let answers = alive(shared)
            .into_iter()
            .filter_map(|worker| client.status(&worker, render::SOURCE).ok());
        if let Some(task) = answers.take(1).find_map(|status| too_large(&status)) {
            return Ok(task);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err(Error::TooSlow {
        name: render::SOURCE.to_owned(),
        what: "fail",
        seconds: REST_DEADLINE.as_secs(),
    })
}

fn too_large(status: &Value) -> Option<Value> {
    let tasks = status["tasks"].as_array()?;
    tasks.iter().find_map(|task| {
        let trace = task["trace"].as_str().unwrap_or_default();
        let line = trace.lines().find(|line| line.contains(CAUSE))?;
        Some(json!({
            "connector": render::SOURCE, "task": task["id"], "worker": task["worker_id"], "cause": line.trim(),
        }))
    })
}

fn runs(connector: &Connector) -> bool {
    let tasks = &connector.tasks;
    !tasks.is_empty() && tasks.iter().all(|task| task.state == "RUNNING")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_task_that_failed_of_a_large_record_is_found_by_its_trace() {
        let status = json!({ "tasks": [
            { "id": 0, "state": "RUNNING", "worker_id": "a:1" },
            { "id": 1, "state": "FAILED", "worker_id": "b:1", "trace": "x\nCaused by: a.b.RecordTooLargeException: big\n\tat y" },
        ]});
        let task = too_large(&status).unwrap();
        assert_eq!(task["task"], 1);
        assert_eq!(task["cause"], "Caused by: a.b.RecordTooLargeException: big");
        assert!(too_large(&json!({ "tasks": [] })).is_none());
    }
}
