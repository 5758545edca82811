//! Waits until the exporter knows enough for a victim to be chosen.

use std::time::Duration;

use super::Error;
use super::page::Exporter;
use super::progress::Progress;
use super::signals::Signals;
use super::victim::Roles;
use crate::clock;
use crate::recovery::inventory::Inventory;

/// How long the drill waits until the exporter knows who leads and who owns what.
const PATIENCE: Duration = Duration::from_mins(1);

/// The roles, once the page tells all of them, or as much of them as it does when patience ends: an exporter that has just
/// started has not read everything yet.
pub(super) async fn known_roles(
    exporter: &Exporter,
    inventory: &Inventory,
    progress: &mut Progress,
    signals: &Signals,
) -> Result<Roles, Error> {
    let deadline = clock::monotonic() + PATIENCE;
    loop {
        let roles = exporter
            .page()
            .await
            .map(|page| Roles::read(&page, inventory));
        let complete = roles
            .as_ref()
            .is_ok_and(|roles| roles.are_complete(&inventory.connectors));
        if complete || clock::monotonic() >= deadline || signals.is_interrupted() {
            return Ok(roles?);
        }
        progress.status(
            "waiting until the exporter knows who leads and who owns what",
            clock::monotonic(),
        );
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(500)) => {}
            () = signals.interrupted() => {}
        }
    }
}
