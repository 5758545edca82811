//! From what is written to what is meant: URLs, references between parts, and limits.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use reqwest::Url;

use super::access::access;
use super::file::{self, File};
use super::{Canary, Config, FlowConfig, Group, Worker, kafka};
use crate::model::flow::{Flow, ReplicationPolicy};
use crate::model::limits::{Granularity, PageLimits, TopicFilter};
use crate::poll::Schedule;

/// A value that cannot be meant.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) key: String,
    pub(super) message: String,
}

fn fault<T>(key: impl Into<String>, message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault {
        key: key.into(),
        message: message.into(),
    })
}

/// The configuration; paths in it are relative to `folder`.
pub(super) fn config(file: File, folder: &Path) -> Result<Config, Fault> {
    let clusters = file
        .clusters
        .into_iter()
        .map(|(alias, written)| Ok((alias.clone(), kafka::properties(&alias, written, folder)?)))
        .collect::<Result<_, Fault>>()?;
    let workers = workers(file.connect.workers)?;
    let rest: Vec<&Url> = workers.iter().map(|worker| &worker.url).collect();
    let jolokia: Vec<&Url> = workers
        .iter()
        .filter_map(|worker| worker.jolokia.as_ref())
        .collect();
    let mut config = Config {
        rest_access: access(
            file.connect.rest_access,
            "connect.rest_access",
            &rest,
            folder,
        )?,
        jolokia_access: access(
            file.connect.jolokia_access,
            "connect.jolokia_access",
            &jolokia,
            folder,
        )?,
        workers,
        group: None,
        clusters,
        flows: flows(file.flows)?,
        schedule: schedule(&file.poll)?,
        limits: PageLimits::default(),
    };
    config.limits = limits(&file.page, &config.flows)?;
    config.group = group(file.connect.group, file.connect.group_cluster, &config)?;
    status_topic(file.connect.status_topic, &mut config)?;
    for (index, flow) in config.flows.iter().enumerate() {
        if flow.canary.is_some() {
            known(
                &config,
                &flow.flow.source,
                &format!("flows[{index}].source"),
            )?;
            known(
                &config,
                &flow.flow.target,
                &format!("flows[{index}].target"),
            )?;
        }
    }
    Ok(config)
}

fn workers(written: Vec<file::Worker>) -> Result<Vec<Worker>, Fault> {
    if written.is_empty() {
        return fault(
            "connect.workers",
            "is empty; list every worker of the Connect cluster",
        );
    }
    let mut seen = BTreeSet::new();
    let mut workers = Vec::new();
    for (index, worker) in written.into_iter().enumerate() {
        let at = format!("connect.workers[{index}]");
        let url = url(&worker.url, &format!("{at}.url"))?;
        let jolokia = worker
            .jolokia
            .map(|jolokia| self::url(&jolokia, &format!("{at}.jolokia")))
            .transpose()?;
        let id = worker.id.unwrap_or_else(|| host_and_port(&url));
        if !seen.insert(id.clone()) {
            return fault(
                at,
                format!(
                    "has the worker id `{id}`, which stands twice; give each worker its own `worker_id`"
                ),
            );
        }
        workers.push(Worker { id, url, jolokia });
    }
    Ok(workers)
}

fn host_and_port(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or(80);
    format!("{}:{port}", url.host_str().unwrap_or_default())
}

/// The text is not repeated in the message: it may hold a password.
fn url(text: &str, key: &str) -> Result<Url, Fault> {
    let Ok(url) = Url::parse(text) else {
        return fault(key, "is not a URL; write it as `http://host:8083`");
    };
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return fault(
            key,
            "is not an http or https URL; write it as `http://host:8083`",
        );
    }
    if !url.username().is_empty() || url.password().is_some() {
        return fault(
            key,
            "holds a user name or a password; remove them from the URL",
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return fault(key, "has a `?` or `#`; write the plain address");
    }
    Ok(url)
}

fn flows(written: Vec<file::Flow>) -> Result<Vec<FlowConfig>, Fault> {
    if written.is_empty() {
        return fault(
            "flows",
            "is empty; name at least one source, target and connector",
        );
    }
    let mut seen = BTreeSet::new();
    let mut flows = Vec::new();
    for (index, flow) in written.into_iter().enumerate() {
        let at = format!("flows[{index}]");
        if !seen.insert((flow.source.clone(), flow.target.clone())) {
            let message = format!(
                "is the flow `{}` → `{}`, which stands twice; remove one",
                flow.source, flow.target
            );
            return fault(at, message);
        }
        let policy = policy(flow.replication_policy, flow.separator, &at)?;
        if flow.consumer_groups.len() > MOST_GROUPS
            || flow.consumer_groups.iter().any(String::is_empty)
        {
            return fault(
                format!("{at}.consumer_groups"),
                "has more than 50 groups, each of which takes a connection, or one without a name; name those that matter",
            );
        }
        let canary = flow
            .canary
            .map(|canary| self::canary(canary, &format!("{at}.canary")));
        flows.push(FlowConfig {
            flow: Flow {
                source: flow.source,
                target: flow.target,
                connector: flow.connector,
                policy,
            },
            consumer_groups: flow.consumer_groups,
            canary: canary.transpose()?,
        });
    }
    Ok(flows)
}

/// Each group takes a client, and so connections.
const MOST_GROUPS: usize = 50;

fn policy(
    written: file::Policy,
    separator: Option<String>,
    at: &str,
) -> Result<ReplicationPolicy, Fault> {
    let legal = |text: &String| !text.is_empty() && text.chars().all(is_legal_in_a_topic);
    match (written, separator) {
        (file::Policy::Default, None) => Ok(ReplicationPolicy::default()),
        (file::Policy::Default, Some(separator)) if legal(&separator) => {
            Ok(ReplicationPolicy::Default { separator })
        }
        (file::Policy::Default, Some(_)) => fault(
            format!("{at}.separator"),
            "cannot stand in a topic's name; use letters, digits, `.`, `_` and `-`",
        ),
        (file::Policy::Identity, None) => Ok(ReplicationPolicy::Identity),
        (file::Policy::Identity, Some(_)) => fault(
            format!("{at}.separator"),
            "has no meaning with the identity policy; remove it",
        ),
    }
}

fn is_legal_in_a_topic(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

fn canary(written: file::Canary, at: &str) -> Result<Canary, Fault> {
    if let Some((key, message)) = wrong(&written) {
        return fault(format!("{at}.{key}"), message);
    }
    Ok(Canary {
        topic: written.topic,
        records_per_second: written.records_per_second,
        partitions: written.partitions,
        outage_threshold: written.outage_threshold.0,
        loss_grace: written.loss_grace.0,
    })
}

/// The first key of a canary that cannot be meant, and why.
fn wrong(canary: &file::Canary) -> Option<(&'static str, &'static str)> {
    let topic = &canary.topic;
    if topic.is_empty()
        || topic.len() > 249
        || !topic.chars().all(is_legal_in_a_topic)
        || topic.starts_with('.')
    {
        let why =
            "is not a name that Kafka allows for a topic; use letters, digits, `.`, `_` and `-`";
        return Some(("topic", why));
    }
    if !(0.1..=1_000.0).contains(&canary.records_per_second) {
        let why = "is outside of 0.1 to 1000; write a rate between them";
        return Some(("records_per_second", why));
    }
    if canary
        .partitions
        .is_some_and(|count| !(1..=10_000).contains(&count))
    {
        return Some((
            "partitions",
            "is outside of 1 to 10000; write a number between them",
        ));
    }
    let too_short = canary.outage_threshold.0 < Duration::from_millis(100);
    let why = "is shorter than 100ms, which no scheduler keeps; write a longer one";
    too_short.then_some(("outage_threshold", why))
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
        topics: filter(include, exclude).map_err(|_| Fault {
            key: "page".to_owned(),
            message: why.to_owned(),
        })?,
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

fn known(config: &Config, alias: &str, key: &str) -> Result<(), Fault> {
    if config.clusters.contains_key(alias) {
        return Ok(());
    }
    fault(
        key,
        format!("is `{alias}`, which is not under `clusters`; add it there, or correct the alias"),
    )
}
