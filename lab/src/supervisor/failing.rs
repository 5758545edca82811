//! A task that fails, and its undoing.

use super::connectors::{Wish, fulfil};
use super::deeds::Done;
use super::fault::Error;
use super::shared::Shared;
use crate::connect::Connector;
use crate::render;

/// Creates the connector whose task fails, and waits until Connect says so.
pub(super) fn fail_task(shared: &Shared) -> Result<Done, Error> {
    let config = render::failing_connector(&shared.lab.remote_topic);
    let failed = |found: Option<&Connector>| {
        found.is_some_and(|found| found.tasks.iter().any(|task| task.state == "FAILED"))
    };
    fulfil(
        shared,
        &Wish {
            connector: render::FAILING,
            what: "fail",
            request: &|client, worker| client.put(worker, render::FAILING, &config),
            done: &failed,
        },
    )
}

/// Deletes it, and waits until it is gone.
pub(super) fn heal_task(shared: &Shared) -> Result<Done, Error> {
    fulfil(
        shared,
        &Wish {
            connector: render::FAILING,
            what: "heal",
            request: &|client, worker| client.delete(worker, render::FAILING),
            done: &|found| found.is_none(),
        },
    )
}
