//! Which requests the workers' REST APIs and agents refuse: those that the exporter polls with, each asked once.

use std::collections::BTreeSet;

use reqwest::StatusCode;

use super::{DEADLINE, Found};
use crate::config::Config;
use crate::model::flow::Flow;
use crate::{connect, fetch, jolokia};

/// What to do where a peer knows who asks, and refuses.
const ALLOW_REQUEST: &str = "let its user ask that (docs/permissions.md)";
const ALLOW_READ: &str = "let the agent's policy allow it (docs/jolokia-access.xml)";

/// Why a peer has not answered.
enum Unanswered {
    /// It refuses; with what to do about that.
    Refused(String),
    /// Whether it would is not known.
    Unknown(String),
}

impl Unanswered {
    /// By the status: `key` of the configuration says who asks, and `allow` what is to be done where that is not enough.
    fn of(error: &fetch::Error, why: &str, key: &str, allow: &str) -> Self {
        match error {
            fetch::Error::Status(StatusCode::UNAUTHORIZED) => Self::Refused(format!(
                "{why}; give credentials that it takes in `connect.{key}`"
            )),
            fetch::Error::Status(StatusCode::FORBIDDEN) => Self::Refused(format!("{why}; {allow}")),
            _ => Self::Unknown(why.to_owned()),
        }
    }
}

impl From<connect::Error> for Unanswered {
    fn from(error: connect::Error) -> Self {
        match &error {
            connect::Error::Request { source, .. } => {
                Self::of(source, &error.to_string(), "rest_access", ALLOW_REQUEST)
            }
            connect::Error::Malformed { .. } => Self::Unknown(error.to_string()),
        }
    }
}

impl From<jolokia::Error> for Unanswered {
    fn from(error: jolokia::Error) -> Self {
        match &error {
            jolokia::Error::Request(source) => {
                Self::of(source, &error.to_string(), "jolokia_access", ALLOW_READ)
            }
            // What it says of a policy tells what to do.
            jolokia::Error::Forbidden(_) => Self::Refused(error.to_string()),
            _ => Self::Unknown(error.to_string()),
        }
    }
}

/// Of all workers; and which topics Connect says that each flow copies.
pub(super) async fn of(config: &Config) -> anyhow::Result<(Found, Vec<BTreeSet<String>>)> {
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
    let mut told = |path: &str, error: Option<connect::Error>| {
        let request = format!("REST API of {worker}: GET {path}");
        note(found, &request, error.map(Unanswered::from));
    };
    told("/", client.root().await.err());
    told("/health", client.health().await.err());
    told("/connectors?expand=status", client.names().await.err());
    for (flow, topics) in flows.iter().zip(topics) {
        let name = &flow.connector;
        let tasks = client.tasks(name).await;
        if let Ok(tasks) = &tasks {
            let copied = tasks.tasks.iter().flat_map(|task| &task.partitions);
            topics.extend(copied.map(|at| at.topic.clone()));
        }
        told(&format!("/connectors/{name}/tasks"), tasks.err());
        let offsets = client.offsets(name).await.err();
        // Kafka before 3.5 does not offer it: nothing is asked for there.
        if !offsets.as_ref().is_some_and(connect::Error::is_not_found) {
            told(&format!("/connectors/{name}/offsets"), offsets);
        }
    }
}

async fn of_agent(agent: &jolokia::Client, worker: &str, flows: &[Flow], found: &mut Found) {
    let unanswered = match agent.read(flows).await {
        Ok(view) if view.refused.is_empty() => None,
        Ok(view) if view.is_forbidden => Some(Unanswered::Refused(jolokia::refusal(&view))),
        Ok(view) => Some(Unanswered::Unknown(jolokia::refusal(&view))),
        Err(error) => Some(error.into()),
    };
    let request = format!("Jolokia of {worker}: read of the MBeans");
    note(found, &request, unanswered);
}

/// What a peer answers to a request for which it asks for a right.
fn note(found: &mut Found, request: &str, unanswered: Option<Unanswered>) {
    match unanswered {
        None => found.granted += 1,
        Some(Unanswered::Refused(why)) => {
            found.missing.push(format!("{request} is refused: {why}"));
        }
        Some(Unanswered::Unknown(why)) => found.unknown.push(format!("{request}: {why}")),
    }
}
