//! Whether a worker has the role that a row hurts, and how tasks are dealt anew until one has.

use std::sync::Arc;

use mirrorwatch_lab::{Action, Status};

use super::page::Page;
use super::peer::CONNECTOR;
use super::row::{Act, Row};
use super::runner::Bench;

/// How often tasks are dealt before that is given up.
const DEALS: u32 = 4;

impl Bench<'_> {
    /// The page of a steady state in which the row can be run. After some rows the leader owns all tasks of the flow: when it restarts,
    /// another one leads and the tasks are dealt anew.
    pub(super) fn await_roles(&self, row: &Row) -> Result<Arc<Page>, String> {
        let needs_owner = row
            .stages
            .iter()
            .any(|stage| matches!(stage.act, Act::Hurt(_, "owner")));
        for _ in 0..DEALS {
            let steady = self.await_steady()?;
            let status = self.lab.status().map_err(|error| error.to_string())?;
            if !needs_owner || has_owner(&status) {
                return Ok(steady);
            }
            self.lab
                .fault(Action::Restart, "leader")
                .map_err(|error| error.to_string())?;
        }
        Err(format!(
            "dealt {DEALS} times, and the leader owns every task"
        ))
    }
}

/// Whether a worker that does not lead owns a task of the flow.
fn has_owner(status: &Status) -> bool {
    let flow = status.connectors.iter().filter(|one| one.name == CONNECTOR);
    flow.flat_map(|connector| &connector.tasks)
        .any(|task| Some(&task.worker) != status.leader.as_ref())
}
