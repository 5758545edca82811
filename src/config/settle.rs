//! From what is written to what is meant: references between parts, and limits. Workers and flows have rooms of their own.

use std::path::Path;
use std::time::Duration;

use reqwest::Url;

use super::access::access;
use super::file::{self, File};
use super::{Config, FlowConfig, Group, chain, flows, kafka, named, workers};
use crate::model::limits::{Granularity, PageLimits, TopicFilter};
use crate::poll::Schedule;
use crate::yaml::{Fault, fault};

/// The configuration; paths in it are relative to `folder`.
pub(super) fn config(file: File, folder: &Path) -> Result<Config, Fault> {
    let files = named::of(&file, folder);
    let clusters = file.clusters.into_iter().map(|(alias, written)| {
        let properties = kafka::properties(&alias, written, folder)?;
        Ok((alias, properties))
    });
    let clusters = clusters.collect::<Result<_, Fault>>()?;
    let connect = file.connect;
    let workers = workers::workers(connect.workers)?;
    let rest: Vec<&Url> = workers.iter().map(|worker| &worker.url).collect();
    let agents = workers.iter().filter_map(|worker| worker.jolokia.as_ref());
    let agents: Vec<&Url> = agents.collect();
    let key = "connect.rest_access";
    let rest_access = access(connect.rest_access, key, &rest, folder)?;
    let key = "connect.jolokia_access";
    let jolokia_access = access(connect.jolokia_access, key, &agents, folder)?;
    let flows = flows::flows(file.flows)?;
    let mut config = Config {
        rest_access,
        jolokia_access,
        workers,
        group: None,
        clusters,
        schedule: schedule(&file.poll)?,
        limits: limits(&file.page, &flows)?,
        flows,
        chains: Vec::new(),
        files,
    };
    config.group = group(connect.group, connect.group_cluster, &config)?;
    status_topic(connect.status_topic, &mut config)?;
    canaries(&config)?;
    config.chains = chain::chains(file.chains, &config)?;
    chain::apart(&config)?;
    Ok(config)
}

/// A canary needs both clusters of its flow.
fn canaries(config: &Config) -> Result<(), Fault> {
    for (index, FlowConfig { flow, canary, .. }) in config.flows.iter().enumerate() {
        if canary.is_some() {
            known(config, &flow.source, &format!("flows[{index}].source"))?;
            known(config, &flow.target, &format!("flows[{index}].target"))?;
        }
    }
    Ok(())
}

fn limits(written: &file::Page, flows: &[FlowConfig]) -> Result<PageLimits, Fault> {
    if !(1..=1_000_000).contains(&written.series_per_metric) {
        let why = "is outside of 1 to 1000000; write a number between them";
        return fault("page.series_per_metric", why);
    }
    let filter = |include: Option<&str>, exclude: Option<&str>| {
        let flows = flows.iter().map(|flow| flow.flow.clone()).collect();
        TopicFilter::new(include, exclude, flows)
    };
    let (include, exclude) = (
        written.include_topics.as_deref(),
        written.exclude_topics.as_deref(),
    );
    let why = "is no regular expression; write one that matches the whole name of a topic, as `orders-.*`";
    for (key, expression) in [
        ("page.include_topics", include),
        ("page.exclude_topics", exclude),
    ] {
        if filter(expression, None).is_err() {
            return fault(key, why);
        }
    }
    Ok(PageLimits {
        granularity: match written.granularity {
            file::Granularity::Topic => Granularity::Topic,
            file::Granularity::Partition => Granularity::Partition,
        },
        topics: filter(include, exclude).map_err(|_| Fault::new("page", why))?,
        series_per_metric: written.series_per_metric,
    })
}

fn schedule(written: &file::Poll) -> Result<Schedule, Fault> {
    let schedule = Schedule {
        interval: written.interval.0,
        deadline: written.deadline.0,
        time_to_live: written.time_to_live.0,
    };
    if schedule.interval < Duration::from_millis(100) {
        return fault(
            "poll.interval",
            "is shorter than 100ms, which would burden the workers; write a longer one",
        );
    }
    if schedule.deadline.is_zero() || schedule.deadline > schedule.interval {
        return fault(
            "poll.deadline",
            "is zero or longer than `poll.interval`; write one below it",
        );
    }
    if schedule.time_to_live < schedule.interval + schedule.deadline {
        return fault(
            "poll.time_to_live",
            "is shorter than `poll.interval` and `poll.deadline` together, so that series would come and go; write a longer one",
        );
    }
    Ok(schedule)
}

fn group(
    id: Option<String>,
    cluster: Option<String>,
    config: &Config,
) -> Result<Option<Group>, Fault> {
    let Some(id) = id else {
        return match cluster {
            Some(_) => fault(
                "connect.group_cluster",
                "says where the group is, but `connect.group` is missing; add it",
            ),
            None => Ok(None),
        };
    };
    let cluster = cluster.unwrap_or_else(|| config.flows[0].flow.target.clone());
    known(config, &cluster, "connect.group_cluster")?;
    Ok(Some(Group {
        id,
        cluster,
        status_topic: None,
    }))
}

/// The status topic stands on the cluster that holds the group.
fn status_topic(written: Option<String>, config: &mut Config) -> Result<(), Fault> {
    match (written, &mut config.group) {
        (None, _) => Ok(()),
        (Some(topic), Some(group)) if !topic.is_empty() => {
            group.status_topic = Some(topic);
            Ok(())
        }
        (Some(_), Some(_)) => fault(
            "connect.status_topic",
            "is empty; name the topic, or remove the key",
        ),
        (Some(_), None) => fault(
            "connect.status_topic",
            "stands on the cluster of the group, but `connect.group` is missing; add it",
        ),
    }
}

pub(super) fn known(config: &Config, alias: &str, key: &str) -> Result<(), Fault> {
    if config.clusters.contains_key(alias) {
        return Ok(());
    }
    fault(
        key,
        format!("is `{alias}`, which is not under `clusters`; add it there, or correct the alias"),
    )
}
