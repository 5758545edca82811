//! What the exporter's configuration says of the clusters of a flow, so that a drill can ask them itself.

use std::collections::BTreeMap;
use std::fmt;

use crate::kafka::Right;
use crate::model::flow::Flow;

/// The clusters, and what of them matters to a drill.
#[derive(Clone)]
pub struct Clusters {
    /// librdkafka's properties by alias; they may hold secrets and are not printed.
    pub properties: BTreeMap<String, BTreeMap<String, String>>,
    /// The flow, with its naming of topics.
    pub flow: Flow,
    /// The canary's topic at the source, if the flow has one.
    pub canary: Option<String>,
    /// Alias of the cluster that holds Connect's group and its own topics, where that is known.
    pub group_cluster: Option<String>,
    /// Connect's status topic, where that is known.
    pub status_topic: Option<String>,
    /// How old a reading may be when the page shows it, in microseconds: the exporter's poll interval.
    pub polled_each: i64,
    /// What the exporter, its canary and the audits need.
    pub rights: Vec<Right>,
}

impl fmt::Debug for Clusters {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Clusters")
            .field("flow", &self.flow)
            .finish_non_exhaustive()
    }
}
