//! The flows as they are meant: how each names its topics, whose offsets are read, and its canary.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Canary, FlowConfig, Probe, file};
use crate::model::flow::{Flow, ReplicationPolicy};
use crate::yaml::{Fault, fault};

/// With this all names of the probe's groups begin.
pub const PROBE_GROUP: &str = "mirrorwatch-probe-";
/// Each group takes a client, and so connections.
const MOST_GROUPS: usize = 50;

/// The flows, each of which stands once.
pub(super) fn flows(written: Vec<file::Flow>) -> Result<Vec<FlowConfig>, Fault> {
    if written.is_empty() {
        let why = "is empty; name at least one source, target and connector";
        return fault("flows", why);
    }
    let mut seen = BTreeSet::new();
    let mut flows = Vec::new();
    for (index, written) in written.into_iter().enumerate() {
        let at = format!("flows[{index}]");
        if !seen.insert((written.source.clone(), written.target.clone())) {
            let (source, target) = (written.source, written.target);
            let why =
                format!("is the flow `{source}` → `{target}`, which stands twice; remove one");
            return fault(at, why);
        }
        flows.push(flow(written, &at)?);
    }
    Ok(flows)
}

fn flow(written: file::Flow, at: &str) -> Result<FlowConfig, Fault> {
    let policy = policy(written.replication_policy, written.separator, at)?;
    let groups = written.consumer_groups;
    if groups.len() > MOST_GROUPS || groups.iter().any(String::is_empty) {
        let why = "has more than 50 groups, each of which takes a connection, or one without a name; name those that matter";
        return fault(format!("{at}.consumer_groups"), why);
    }
    let canary = written
        .canary
        .map(|canary| self::canary(canary, &format!("{at}.canary")));
    Ok(FlowConfig {
        flow: Flow {
            source: written.source,
            target: written.target,
            connector: written.connector,
            policy,
        },
        consumer_groups: groups,
        canary: canary.transpose()?,
    })
}

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

pub(super) fn canary(written: file::Canary, at: &str) -> Result<Canary, Fault> {
    if let Some((key, message)) = wrong(&written) {
        return fault(format!("{at}.{key}"), message);
    }
    Ok(Canary {
        topic: written.topic,
        records_per_second: written.records_per_second,
        partitions: written.partitions,
        outage_threshold: written.outage_threshold.0,
        loss_grace: written.loss_grace.0,
        translation_probe: written.translation_probe.map(|probe| Probe {
            group: probe.group,
            interval: probe.interval.0,
        }),
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
    if too_short {
        return Some(("outage_threshold", why));
    }
    canary.translation_probe.as_ref().and_then(wrong_probe)
}

/// Only groups that are the probe's by their name: it must never commit anybody else's.
fn wrong_probe(probe: &file::Probe) -> Option<(&'static str, &'static str)> {
    let own = |group: &String| group.starts_with(PROBE_GROUP) && group.len() <= 249;
    if !probe.group.as_ref().is_none_or(own) {
        let why = "does not begin with `mirrorwatch-probe-`, or is too long; name a group that can only be the probe's";
        return Some(("translation_probe.group", why));
    }
    let too_short = probe.interval.0 < Duration::from_secs(1);
    let why = "is shorter than 1s, which burdens the group's coordinator; write a longer one";
    too_short.then_some(("translation_probe.interval", why))
}
