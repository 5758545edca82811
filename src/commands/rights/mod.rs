//! Asks the peers of a configuration whether mirrorwatch may do what it needs.

mod needed;
mod workers;

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use anyhow::Context;

use crate::config::{Config, Properties};
use crate::drill::clusters::Clusters;
use crate::kafka::{Held, Right, distinct, held, replicated};

pub(super) use needed::needed;

/// Longest wait for what a cluster says of one right.
const DEADLINE: Duration = Duration::from_secs(5);

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// How many rights are granted.
    pub(super) granted: usize,
    /// What is missing, each in a line.
    pub(super) missing: Vec<String>,
    /// What could not be asked about.
    pub(super) unknown: Vec<String>,
}

impl Found {
    fn take(&mut self, other: Self) {
        self.granted += other.granted;
        self.missing.extend(other.missing);
        self.unknown.extend(other.unknown);
    }
}

/// Of the clusters, workers and agents of a configuration.
pub(super) fn of_config(config: &Config) -> anyhow::Result<Found> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let (mut found, topics) = runtime.block_on(workers::of(config))?;
    // Where nothing is audited, it is the same by each flow.
    let first = config.flows.first();
    let written = first.map(|first| needed(config, &first.flow, &[]));
    let mut rights = written.unwrap_or_default();
    for (flow, topics) in config.flows.iter().map(|one| &one.flow).zip(&topics) {
        rights.extend(replicated(flow, topics));
    }
    let properties = config.clusters.iter();
    let properties = properties.map(|(alias, Properties(of, _))| (alias.clone(), of.clone()));
    found.take(of_clusters(&properties.collect(), &distinct(rights)));
    Ok(found)
}

/// Of the clusters of an inventory.
pub(super) fn of_inventory(clusters: &Clusters) -> Found {
    of_clusters(&clusters.properties, &clusters.rights)
}

/// All clusters at once.
fn of_clusters(properties: &BTreeMap<String, BTreeMap<String, String>>, rights: &[Right]) -> Found {
    thread::scope(|scope| {
        let mut asked = Vec::new();
        for (alias, properties) in properties {
            asked.push(scope.spawn(move || of_cluster(alias, properties, rights)));
        }
        let mut found = Found::default();
        for thread in asked {
            match thread.join() {
                Ok(of) => found.take(of),
                Err(_) => found
                    .unknown
                    .push("a cluster could not be asked".to_owned()),
            }
        }
        found
    })
}

fn of_cluster(alias: &str, properties: &BTreeMap<String, String>, rights: &[Right]) -> Found {
    let mut found = Found::default();
    for (right, held) in held(alias, properties, rights, DEADLINE) {
        match held {
            Held::Granted => found.granted += 1,
            Held::Missing => found
                .missing
                .push(format!("{alias}: {}", right.lacking(properties))),
            Held::NotKnown(why) => found.unknown.push(format!("{alias}: {right}: {why}")),
        }
    }
    found
}
