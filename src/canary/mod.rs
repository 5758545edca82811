//! The canary: records sent through one replication flow, and the two-ended ledger of what became of them.
//!
//! It knows nothing of Prometheus nor of Connect. Kafka clients are in `producer`, `reader`, `scout`, `settled::search` and `topic`, each
//! on threads of its own; `core` runs the loop; all else is pure. What it measures is defined in `docs/evaluation.md`, and how it lives
//! over a restart of the exporter in `docs/canary.md`.

pub mod anchor;
pub mod blind;
mod client;
pub mod config;
mod core;
#[cfg(test)]
mod core_tests;
mod event;
mod instant;
mod lateness;
mod launch;
mod legs;
mod life;
#[cfg(test)]
mod life_tests;
mod mark;
mod producer;
mod progress;
mod reader;
pub mod record;
mod refusal;
mod running;
pub mod schedule;
mod scout;
pub mod settled;
mod shared;
mod skew;
mod state;
#[cfg(test)]
mod state_tests;
mod topic;
pub mod tracker;
mod twin;
mod watched;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc as queue;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

pub use self::config::Config;
use self::event::Event;
pub use self::launch::{Prepared, prepare, start};
use crate::model::canary::CanaryView;
pub use crate::model::filter::ConnectorFacts;

/// Why a canary could not be started. A cluster that is down is none of these.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// librdkafka refuses the properties of a cluster.
    #[error(
        "canary of `{source_alias}->{target_alias}`: the properties of the {side} cluster are refused: {cause}"
    )]
    Properties {
        /// Alias of the source.
        source_alias: String,
        /// Alias of the target.
        target_alias: String,
        /// `source` or `target`.
        side: &'static str,
        /// What librdkafka says.
        cause: String,
    },
    /// A period or threshold of zero.
    #[error("canary: `{0}` must be longer than zero")]
    Zero(&'static str),
    /// The system has no thread left.
    #[error("canary: no thread could be started: {0}")]
    Thread(#[from] std::io::Error),
}

/// A running canary.
pub struct Handle {
    view: watch::Receiver<Option<Arc<CanaryView>>>,
    events: queue::Sender<Event>,
    stop: Arc<AtomicBool>,
    ended: mpsc::Receiver<()>,
}

impl Handle {
    /// The latest view, fresh every 100 ms; `None` before the first.
    pub fn view(&self) -> watch::Receiver<Option<Arc<CanaryView>>> {
        self.view.clone()
    }

    /// Tell the canary what is known of the connector that replicates it; again whenever that changes.
    pub fn connector(&self, facts: ConnectorFacts) {
        let _ = self.events.send(Event::Connector(facts));
    }

    /// Tell the canary which source offset of a partition of its topic MM2 has committed as copied; again at each reading.
    pub fn committed(&self, partition: i32, offset: i64) {
        let at = instant::now();
        let _ = self.events.send(Event::Committed(partition, offset, at));
    }

    /// Stop sending and end all clients. `false` if they did not end within `deadline` (librdkafka may block while its
    /// brokers are down): they are left behind, and the process may exit all the same.
    pub async fn stop(mut self, deadline: Duration) -> bool {
        self.stop.store(true, Ordering::Relaxed);
        tokio::time::timeout(deadline, self.ended.recv())
            .await
            .is_ok()
    }
}

/// Dropping the handle stops the canary, without waiting for it.
impl Drop for Handle {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
