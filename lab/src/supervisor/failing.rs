//! A task that fails, and its undoing.

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

/// Creates the connector whose task fails, and waits until Connect says so.
pub(super) fn fail_task(shared: &Shared) -> Result<Done, Error> {
    let config = render::failing_connector(&shared.lab.remote_topic);
    let failed = |connectors: &[Connector]| {
        connectors.iter().any(|connector| {
            connector.name == render::FAILING
                && connector.tasks.iter().any(|task| task.state == "FAILED")
        })
    };
    change(
        shared,
        "fail",
        |client, worker| client.put(worker, render::FAILING, &config),
        failed,
    )
}

/// Deletes it, and waits until it is gone.
pub(super) fn heal_task(shared: &Shared) -> Result<Done, Error> {
    let gone = |connectors: &[Connector]| {
        !connectors
            .iter()
            .any(|connector| connector.name == render::FAILING)
    };
    change(
        shared,
        "heal",
        |client, worker| client.delete(worker, render::FAILING),
        gone,
    )
}

fn change(
    shared: &Shared,
    what: &'static str,
    request: impl Fn(&Client, &Worker) -> Result<(), connect::Error>,
    done: impl Fn(&[Connector]) -> bool,
) -> Result<Done, Error> {
    let client = Client::new(Duration::from_secs(15));
    let workers = alive(shared);
    let worker = workers.first().ok_or(connect::Error::NoWorker)?;
    let before_us = clock::now_us();
    request(&client, worker)?;
    let deadline = clock::monotonic() + REST_DEADLINE;
    while !client
        .connectors(&workers)
        .is_ok_and(|connectors| done(&connectors))
    {
        if clock::monotonic() > deadline {
            return Err(Error::TooSlow {
                name: render::FAILING.to_owned(),
                what,
                seconds: REST_DEADLINE.as_secs(),
            });
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(Done {
        stamp: Stamp {
            before_us,
            after_us: clock::now_us(),
        },
        details: json!({ "connector": render::FAILING }),
    })
}
