//! Asks the peers of a configuration whether mirrorwatch may do what it needs.

mod needed;

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::Duration;

use anyhow::Context;

use crate::config::{Config, Properties};
use crate::drill::clusters::Clusters;
use crate::kafka::{Held, Right, distinct, held, replicated};
use crate::model::flow::Flow;
use crate::model::snapshot::ErrorKind;
use crate::{connect, fetch, jolokia};

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

    /// What a peer answers to a request for which it asks for a right.
    fn answer(&mut self, peer: &str, request: &str, error: Option<(ErrorKind, String)>) {
        match error {
            None => self.granted += 1,
            Some((ErrorKind::Denied, why)) => {
                self.missing
                    .push(format!("{peer}: {request} is refused: {why}"));
            }
            Some((_, why)) => self.unknown.push(format!("{peer}: {request}: {why}")),
        }
    }
}

/// Of the clusters, workers and agents of a configuration.
pub(super) fn of_config(config: &Config) -> anyhow::Result<Found> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let (mut found, topics) = runtime.block_on(of_workers(config))?;
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

/// Of the workers' REST APIs and agents; and which topics Connect says that each flow copies.
async fn of_workers(config: &Config) -> anyhow::Result<(Found, Vec<BTreeSet<String>>)> {
    let rest = fetch::Client::with_access(DEADLINE, &config.rest_access)?;
    let agents = fetch::Client::with_access(DEADLINE, &config.jolokia_access)?;
    let flows: Vec<Flow> = config.flows.iter().map(|one| one.flow.clone()).collect();
    let mut found = Found::default();
    let mut topics = vec![BTreeSet::new(); flows.len()];
    for worker in &config.workers {
        let client = connect::Client::new(rest.clone(), worker.url.clone());
        of_rest(&client, &worker.id, &flows, &mut found, &mut topics).await;
        if let Some(url) = &worker.jolokia {
            let agent = jolokia::Client::new(agents.clone(), url.clone());
            of_agent(&agent, &worker.id, &flows, &mut found).await;
        }
    }
    Ok((found, topics))
}

async fn of_rest(
    client: &connect::Client,
    worker: &str,
    flows: &[Flow],
    found: &mut Found,
    topics: &mut [BTreeSet<String>],
) {
    let peer = format!("REST API of {worker}");
    let told = |error: connect::Error| (error.kind(), error.to_string());
    found.answer(&peer, "GET /", client.worker().await.err().map(told));
    let health = client
        .health()
        .await
        .err()
        .filter(|error| !error.is_not_found());
    found.answer(&peer, "GET /health", health.map(told));
    let names = client.names().await.err();
    found.answer(&peer, "GET /connectors?expand=status", names.map(told));
    for (flow, topics) in flows.iter().zip(topics) {
        let name = &flow.connector;
        let tasks = client.tasks(name).await;
        if let Ok(tasks) = &tasks {
            let copied = tasks.tasks.iter().flat_map(|task| &task.partitions);
            topics.extend(copied.map(|at| at.topic.clone()));
        }
        let request = format!("GET /connectors/{name}/tasks");
        found.answer(&peer, &request, tasks.err().map(told));
        let offsets = client.offsets(name).await.err();
        let request = format!("GET /connectors/{name}/offsets");
        found.answer(
            &peer,
            &request,
            offsets.filter(|error| !error.is_not_found()).map(told),
        );
    }
}

async fn of_agent(agent: &jolokia::Client, worker: &str, flows: &[Flow], found: &mut Found) {
    let peer = format!("Jolokia of {worker}");
    let error = match agent.read(flows).await {
        Ok(view) if view.refused.is_empty() => None,
        Ok(view) => Some((ErrorKind::Denied, jolokia::refusal(&view))),
        Err(error) => Some((error.kind(), error.to_string())),
    };
    found.answer(&peer, "read of the MBeans (docs/jolokia-access.xml)", error);
}
