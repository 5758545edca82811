//! FAILED tasks that are restarted: once, as by hand, or again and again by a small supervisor, as a site that wants it has to have its own.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::connectors::{Wish, fulfil};
use super::deeds::{Done, stamped};
use super::fault::Error;
use super::scene::alive;
use super::shared::{Shared, lock};
use crate::connect::{Client, Connector};
use crate::deed::Outcome;
use crate::render;

const LOOK_EVERY: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(4);

/// Restarts the FAILED tasks once.
pub(super) fn by_hand(shared: &Shared) -> Result<Done, Error> {
    fulfil(
        shared,
        &Wish {
            connector: render::SOURCE,
            what: "be restarted",
            request: &|client, worker| client.restart_failed(worker, render::SOURCE),
            done: &|found| found.is_some(),
        },
    )
}

/// Begins to look after the tasks; twice is as good as once.
pub(super) fn supervise(shared: &Arc<Shared>) -> Result<Done, Error> {
    let (stamp, ()) = stamped(|| {
        let mut watch = lock(&shared.watch);
        if watch.is_none() {
            let sign = Arc::new(());
            *watch = Some(Arc::clone(&sign));
            let shared = Arc::clone(shared);
            thread::spawn(move || look_after(&shared, &sign));
        }
        Ok::<(), Error>(())
    })?;
    Ok(Done {
        stamp,
        details: json!({ "connector": render::SOURCE, "every_s": LOOK_EVERY.as_secs() }),
    })
}

/// Looks after them no more.
pub(super) fn unsupervise(shared: &Shared) -> Result<Done, Error> {
    let (stamp, ended) = stamped(|| Ok::<_, Error>(lock(&shared.watch).take().is_some()))?;
    Ok(Done {
        stamp,
        details: json!({ "connector": render::SOURCE, "ended": ended }),
    })
}

/// Looks at the tasks as long as this is the watch that was asked for.
fn look_after(shared: &Shared, sign: &Arc<()>) {
    let is_wanted = || {
        let watch = lock(&shared.watch);
        watch.as_ref().is_some_and(|one| Arc::ptr_eq(one, sign))
    };
    let client = Client::new(ANSWER, &shared.lab);
    while is_wanted() && !shared.stop_requested() {
        look(shared, &client);
        thread::sleep(LOOK_EVERY);
    }
}

/// Restarts what is FAILED; a worker that does not answer, or a group that is being rebalanced, is asked again at the next look.
fn look(shared: &Shared, client: &Client) {
    let alive = alive(shared);
    let connectors = client.connectors(&alive).unwrap_or_default();
    let failed = failed(&connectors);
    if failed.is_empty() {
        return;
    }
    let restart = || {
        let taken = |worker| client.restart_failed(worker, render::SOURCE).is_ok();
        alive.iter().any(taken).then_some(()).ok_or(())
    };
    if let Ok((stamp, ())) = stamped(restart) {
        // A line that cannot be written is missed by nobody but the reader of the notes.
        let _ = Outcome {
            action: "supervisor-restart".to_owned(),
            before_us: stamp.before_us,
            after_us: stamp.after_us,
            details: json!({ "connector": render::SOURCE, "tasks": failed }),
        }
        .note(&shared.lab.dir);
    }
}

/// The numbers of the FAILED tasks of the source connector.
fn failed(connectors: &[Connector]) -> Vec<u32> {
    let own = connectors.iter().filter(|one| one.name == render::SOURCE);
    let tasks = own.flat_map(|connector| &connector.tasks);
    let failed = tasks.filter(|task| task.state == "FAILED");
    failed.map(|task| task.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::Task;

    #[test]
    fn only_failed_tasks_of_the_source_connector_are_looked_after() {
        let connector = |name: &str, states: [&str; 2]| Connector {
            name: name.to_owned(),
            state: "RUNNING".to_owned(),
            worker: "a:1".to_owned(),
            tasks: (0..2)
                .map(|id| Task {
                    id,
                    state: states[id as usize].to_owned(),
                    worker: "a:1".to_owned(),
                })
                .collect(),
        };
        let found = [
            connector(render::FAILING, ["FAILED", "FAILED"]),
            connector(render::SOURCE, ["RUNNING", "FAILED"]),
        ];
        assert_eq!(failed(&found), [1]);
    }
}
