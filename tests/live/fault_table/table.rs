//! The table.

use super::of_brokers::{source_down, target_down};
use super::of_connectors::{deleted, paused, stopped};
use super::of_links::{source_dropped, source_stalled, target_dropped, target_stalled};
use super::of_topics::{idle, overrun, too_large, topic_deleted};
use super::of_workers::{idle_killed, leader_killed, owner_frozen, owner_killed};
use super::row::Row;

/// All rows, in the order in which they are run.
pub(crate) fn all() -> Vec<Row> {
    let mut rows = users();
    rows.extend([
        leader_killed(),
        idle_killed(),
        owner_frozen(),
        stopped(),
        deleted(),
        topic_deleted(),
        overrun(),
        too_large(),
        idle(),
        source_down(),
        target_down(),
    ]);
    rows
}

/// The rows that only root can run: they need a network namespace.
pub(crate) fn of_root() -> Vec<Row> {
    vec![source_dropped(), target_dropped()]
}

/// The rows that are held on the users' version, too.
pub(super) fn users() -> Vec<Row> {
    vec![paused(), source_stalled(), owner_killed(), target_stalled()]
}
