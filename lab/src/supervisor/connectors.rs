//! Connectors that are paused, stopped, deleted and brought back: asked for, and awaited until Connect says so.

use std::time::Duration;

use serde_json::json;

use super::deeds::Done;
use super::fault::{Error, REST_DEADLINE};
use super::protocol::Stamp;
use super::scene::alive;
use super::shared::Shared;
use crate::clock;
use crate::connect::{self, Client, Connector};
use crate::description::Worker;
use crate::render;

const ANSWER: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A request to Connect, and how it is told that it has taken effect.
pub(super) struct Wish<'a> {
    pub(super) connector: &'a str,
    pub(super) what: &'static str,
    pub(super) request: &'a dyn Fn(&Client, &Worker) -> Result<(), connect::Error>,
    /// Whether it has taken effect, by the connector as it is then; none when there is none.
    pub(super) done: &'a dyn Fn(Option<&Connector>) -> bool,
}

/// Pauses a connector with its tasks.
pub(super) fn pause(shared: &Shared, connector: &str) -> Result<Done, Error> {
    one_of_ours(shared, connector)?;
    fulfil(
        shared,
        &Wish {
            connector,
            what: "pause",
            request: &|client, worker| client.put_plain(worker, connector, "pause"),
            done: &|found| found.is_some_and(|connector| all(connector, "PAUSED")),
        },
    )
}

/// Lets a paused or stopped one go on.
pub(super) fn resume(shared: &Shared, connector: &str) -> Result<Done, Error> {
    one_of_ours(shared, connector)?;
    fulfil(
        shared,
        &Wish {
            connector,
            what: "run",
            request: &|client, worker| client.put_plain(worker, connector, "resume"),
            done: &|found| found.is_some_and(|connector| runs(shared, connector)),
        },
    )
}

/// Stops it: its tasks are gone, its configuration and offsets stay.
pub(super) fn stop(shared: &Shared, connector: &str) -> Result<Done, Error> {
    one_of_ours(shared, connector)?;
    let stopped = |found: Option<&Connector>| {
        found.is_some_and(|found| found.state == "STOPPED" && found.tasks.is_empty())
    };
    fulfil(
        shared,
        &Wish {
            connector,
            what: "stop",
            request: &|client, worker| client.put_plain(worker, connector, "stop"),
            done: &stopped,
        },
    )
}

/// Deletes it; its offsets stay.
pub(super) fn delete(shared: &Shared, connector: &str) -> Result<Done, Error> {
    one_of_ours(shared, connector)?;
    fulfil(
        shared,
        &Wish {
            connector,
            what: "go",
            request: &|client, worker| client.delete(worker, connector),
            done: &|found| found.is_none(),
        },
    )
}

/// Creates it with the configuration that it had at the lab's start.
pub(super) fn create(shared: &Shared, connector: &str) -> Result<Done, Error> {
    one_of_ours(shared, connector)?;
    let config = render::connector(connector, &shared.config);
    fulfil(
        shared,
        &Wish {
            connector,
            what: "run",
            request: &|client, worker| client.put(worker, connector, &config),
            done: &|found| found.is_some_and(|connector| runs(shared, connector)),
        },
    )
}

/// Asks one worker after the other until one does it, and waits for the effect.
pub(super) fn fulfil(shared: &Shared, wish: &Wish<'_>) -> Result<Done, Error> {
    let client = Client::new(ANSWER, &shared.lab);
    let deadline = clock::monotonic() + REST_DEADLINE;
    let too_slow = || Error::TooSlow {
        name: wish.connector.to_owned(),
        what: wish.what,
        seconds: REST_DEADLINE.as_secs(),
    };
    let before_us = clock::now_us();
    while !asked(shared, &client, wish)? {
        if clock::monotonic() > deadline {
            return Err(too_slow());
        }
        std::thread::sleep(LOOK_EVERY);
    }
    loop {
        if let Ok(connectors) = client.connectors(&alive(shared)) {
            let own = |one: &&Connector| one.name == wish.connector;
            let found = connectors.iter().find(own);
            if (wish.done)(found) {
                let after_us = clock::now_us();
                return Ok(Done {
                    stamp: Stamp {
                        before_us,
                        after_us,
                    },
                    details: json!({ "connector": wish.connector, "now": found }),
                });
            }
        }
        if clock::monotonic() > deadline {
            return Err(too_slow());
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Whether a worker took the request; while the group is being rebalanced it says 409, and one whose link is hurt says nothing.
fn asked(shared: &Shared, client: &Client, wish: &Wish<'_>) -> Result<bool, Error> {
    let mut last = connect::Error::NoWorker;
    for worker in &alive(shared) {
        match (wish.request)(client, worker) {
            Ok(()) => return Ok(true),
            Err(connect::Error::Refused { status: 409, .. }) => return Ok(false),
            Err(refused @ connect::Error::Refused { .. }) => return Err(refused.into()),
            Err(error) => last = error,
        }
    }
    Err(last.into())
}

fn one_of_ours(shared: &Shared, connector: &str) -> Result<(), Error> {
    if shared.lab.connectors.contains_key(connector) {
        return Ok(());
    }
    Err(Error::NoSuchConnector {
        name: connector.to_owned(),
        known: shared.lab.connectors.keys().cloned().collect(),
    })
}

fn all(connector: &Connector, state: &str) -> bool {
    connector.state == state && connector.tasks.iter().all(|task| task.state == state)
}

/// All its tasks run; there may be more than at the start, for topics that came later.
fn runs(shared: &Shared, connector: &Connector) -> bool {
    let planned = shared.lab.connectors.get(&connector.name).copied();
    all(connector, "RUNNING") && connector.tasks.len() >= usize::from(planned.unwrap_or(1))
}
