//! From the configuration to what is polled.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::config::{self, Config, FlowConfig, PROBE_GROUP, Properties};
use crate::kafka::{
    CheckpointReader, ClusterProbe, ConsumerGroupsReader, GroupReader, HeartbeatReader,
    OffsetsReader, ProbeSettings, StatusReader, TranslationProbe,
};
use crate::model::flow::{Flow, HEARTBEATS};
use crate::poll::{CanaryReceiver, Cluster, Endpoints, Group, Worker, Written};
use crate::{connect, fetch, jolokia};

/// Everything that the configuration asks to poll.
pub(super) fn endpoints(
    config: &Config,
    canaries: Vec<CanaryReceiver>,
) -> anyhow::Result<Endpoints> {
    Ok(Endpoints {
        flows: config.flows.iter().map(|flow| flow.flow.clone()).collect(),
        workers: workers(config)?,
        group: config.group.as_ref().map(|written| group(config, written)),
        clusters: clusters(config),
        written: all_written(config),
        probes: probes(config),
        canaries,
        limits: Arc::new(config.limits.clone()),
    })
}

fn workers(config: &Config) -> anyhow::Result<Vec<Worker>> {
    let deadline = config.schedule.deadline;
    let rest = fetch::Client::with_access(deadline, &config.rest_access)?;
    let agents = fetch::Client::with_access(deadline, &config.jolokia_access)?;
    let workers = config.workers.iter().map(|worker| {
        let jolokia = worker.jolokia.clone();
        Worker {
            id: worker.id.clone(),
            rest: connect::Client::new(rest.clone(), worker.url.clone()),
            jolokia: jolokia.map(|url| jolokia::Client::new(agents.clone(), url)),
        }
    });
    Ok(workers.collect())
}

fn group(config: &Config, group: &config::Group) -> Group {
    let status = group.status_topic.as_ref();
    Group {
        reader: GroupReader::new(properties(config, &group.cluster), &group.id),
        status: status.map(|topic| StatusReader::new(properties(config, &group.cluster), topic)),
        id: group.id.clone(),
    }
}

fn clusters(config: &Config) -> Vec<Cluster> {
    let clusters = config.clusters.keys().map(|alias| Cluster {
        alias: alias.clone(),
        probe: ClusterProbe::new(properties(config, alias)),
        offsets: OffsetsReader::new(properties(config, alias)),
        groups: consumer_groups(&config.flows, alias, &properties(config, alias)),
    });
    clusters.collect()
}

/// What MM2 writes about each flow whose target is configured, by the flow's place.
fn all_written(config: &Config) -> BTreeMap<usize, Written> {
    let flows = config.flows.iter().map(|flow| &flow.flow).enumerate();
    let known = flows.filter(|(_, flow)| config.clusters.contains_key(&flow.target));
    known
        .map(|(index, flow)| (index, written(flow, &properties(config, &flow.target))))
        .collect()
}

/// The probes of the offset translation that are asked for, by the flow's place.
fn probes(config: &Config) -> BTreeMap<usize, TranslationProbe> {
    let flows = config.flows.iter().enumerate();
    flows
        .filter_map(|(index, flow)| Some((index, probe(config, flow)?)))
        .collect()
}

fn probe(config: &Config, flow: &FlowConfig) -> Option<TranslationProbe> {
    let canary = flow.canary.as_ref()?;
    let probe = canary.translation_probe.as_ref()?;
    let Flow { source, target, .. } = &flow.flow;
    let group = probe.group.clone();
    Some(TranslationProbe::new(ProbeSettings {
        source: properties(config, source),
        target: properties(config, target),
        topic: canary.topic.clone(),
        remote_topic: flow.flow.remote_topic(&canary.topic),
        checkpoint_topic: flow.flow.checkpoint_topic(),
        group: group.unwrap_or_else(|| format!("{PROBE_GROUP}{source}-{target}")),
        interval: probe.interval,
    }))
}

fn properties(config: &Config, alias: &str) -> BTreeMap<String, String> {
    let Properties(properties, _) = config.clusters.get(alias).cloned().unwrap_or_default();
    properties
}

/// The reader of the groups of all flows from or to the cluster; `None` if there are none.
fn consumer_groups(
    flows: &[FlowConfig],
    alias: &str,
    properties: &BTreeMap<String, String>,
) -> Option<ConsumerGroupsReader> {
    let here = flows
        .iter()
        .filter(|flow| [&flow.flow.source, &flow.flow.target].contains(&&alias.to_owned()));
    let groups: BTreeSet<String> = here
        .flat_map(|flow| flow.consumer_groups.iter().cloned())
        .collect();
    let groups: Vec<String> = groups.into_iter().collect();
    (!groups.is_empty()).then(|| ConsumerGroupsReader::new(properties, &groups))
}

fn written(flow: &Flow, target: &BTreeMap<String, String>) -> Written {
    let heartbeats = |topic: &str| HeartbeatReader::new(target.clone(), topic);
    Written {
        checkpoints: CheckpointReader::new(target.clone(), &flow.checkpoint_topic()),
        heartbeats: [heartbeats(HEARTBEATS), heartbeats(&flow.heartbeat_topic())],
    }
}
