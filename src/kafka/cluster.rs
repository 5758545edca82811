//! Whether a cluster is there: the cheapest question that its brokers answer.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::Consumer;

use super::Error;
use super::client::{SOME_TOPIC, Slot};
use crate::model::offsets::ClusterView;

/// Probes one cluster.
pub struct ClusterProbe(Slot);

impl ClusterProbe {
    /// A probe of the cluster that librdkafka's `properties` lead to.
    pub fn new(properties: BTreeMap<String, String>) -> Self {
        Self(Slot::new(properties, "mirrorwatch-probe"))
    }

    /// Ask for the brokers. Blocks for up to `deadline`.
    pub fn read(&self, deadline: Duration) -> Result<ClusterView, Error> {
        self.0.ask(|client| {
            let metadata = client.fetch_metadata(Some(SOME_TOPIC), deadline)?;
            Ok(ClusterView {
                brokers: metadata.brokers().len(),
                // Known since the first answer: this asks nothing.
                id: client.client().fetch_cluster_id(Duration::ZERO),
            })
        })
    }
}
