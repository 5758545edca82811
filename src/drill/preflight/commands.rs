//! The `check` commands of the inventory, of the site and of each worker: whether what will be done can be.

use std::time::Duration;

use crate::drill::call::Call;
use crate::drill::progress::Progress;
use crate::drill::signals::Signals;
use crate::drill::steps::{self, Runner};
use crate::recovery::inventory::Inventory;

/// The name of such a command.
const CHECK: &str = "check";

/// How long one may take: an `ssh` to a host that is not there takes its time.
const LIMIT: Duration = Duration::from_secs(30);

/// Why nothing is begun.
#[derive(Debug, thiserror::Error)]
#[error("{who}: its `check` failed, so nothing was done: {source}")]
pub struct Error {
    /// The site, or a worker's id.
    who: String,
    /// Why.
    source: steps::Error,
}

/// Run every `check` that the inventory has.
pub(in crate::drill) async fn passed(
    inventory: &Inventory,
    runner: &Runner,
    progress: &mut Progress,
    signals: &Signals,
) -> Result<(), Error> {
    let site = [(inventory.site.as_str(), &inventory.commands)];
    let workers = inventory.workers.iter();
    let workers = workers.map(|worker| (worker.id.as_str(), &worker.commands));
    for (who, commands) in site.into_iter().chain(workers) {
        let Some(command) = commands.get(CHECK) else {
            continue;
        };
        progress.say(&format!("check of {who}"));
        let call = Call::Shell {
            command: command.clone(),
            variables: [("victim".to_owned(), who.to_owned())].into(),
        };
        let name = format!("{CHECK}-{who}");
        let run = runner.run(&name, &call, LIMIT, signals.interrupted());
        run.await.map_err(|source| Error {
            who: who.to_owned(),
            source,
        })?;
    }
    Ok(())
}
