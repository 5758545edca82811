//! Whether the addresses in the configuration lead to the workers whose ids they have.

use std::sync::Arc;

/// What may be wrong with a worker's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddressFault {
    /// Several workers answer there: a load balancer.
    SeveralWorkers,
    /// Another worker answers there.
    AnotherWorker,
    /// Somebody answers there, but no worker of the Connect cluster has the id.
    NoSuchWorker,
}

impl AddressFault {
    /// All faults.
    pub const ALL: [Self; 3] = [
        Self::SeveralWorkers,
        Self::AnotherWorker,
        Self::NoSuchWorker,
    ];

    /// The fault as a label value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SeveralWorkers => "several_workers",
            Self::AnotherWorker => "another_worker",
            Self::NoSuchWorker => "no_such_worker",
        }
    }

    /// What is wrong with the addresses of `worker`, and the remedy.
    pub fn sentence(self, worker: &str) -> String {
        match self {
            Self::SeveralWorkers => format!(
                "the addresses of worker {worker} lead to several workers in turn, as behind a load balancer: list every \
                 worker under its own address"
            ),
            Self::AnotherWorker => format!(
                "the Jolokia agent of worker {worker} is that of another worker: correct `jolokia` or `worker_id`"
            ),
            Self::NoSuchWorker => format!(
                "the REST API of worker {worker} answers, but the Connect group never had a worker of that id: set \
                 `worker_id` to the address that it advertises; if this is a load balancer, list every worker behind it"
            ),
        }
    }
}

/// What is known of one configured worker's addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressView {
    /// The worker.
    pub worker: Arc<str>,
    /// Whether it has each fault, in the order of [`AddressFault::ALL`]; `None` where nothing tells.
    pub faults: [Option<bool>; AddressFault::ALL.len()],
}
