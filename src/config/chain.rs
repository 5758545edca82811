//! Where canaries go: chains of flows, and topics in which two canaries, or one that goes round, would meet.

use std::collections::{BTreeMap, BTreeSet};

use super::flows::canary;
use super::settle::known;
use super::{Chain, Config, file};
use crate::model::flow::{Flow, ReplicationPolicy, places};
use crate::yaml::{Fault, fault};

/// The chains, whose flows must stand under `flows`.
pub(super) fn chains(written: Vec<file::Chain>, config: &Config) -> Result<Vec<Chain>, Fault> {
    let flows = config.flows.iter().filter(|flow| flow.canary.is_some());
    let mut ends: BTreeSet<(&str, &str)> = flows
        .map(|flow| (&*flow.flow.source, &*flow.flow.target))
        .collect();
    let mut chains = Vec::new();
    for (index, chain) in written.iter().enumerate() {
        let at = format!("chains[{index}]");
        let [first, _, .., last] = &chain.through[..] else {
            let why = "names fewer than three clusters; name all of them in order, or use a flow's own canary";
            return fault(format!("{at}.through"), why);
        };
        if !ends.insert((first, last)) {
            let message = format!(
                "has a canary from `{first}` to `{last}`, and so has another chain or flow: their series would be the same; remove one"
            );
            return fault(at, message);
        }
        let unique: BTreeSet<&String> = chain.through.iter().collect();
        if unique.len() < chain.through.len() {
            let why = "comes to a cluster twice; name each once";
            return fault(format!("{at}.through"), why);
        }
        known(config, first, &format!("{at}.through"))?;
        known(config, last, &format!("{at}.through"))?;
        chains.push(hops(&chain.through, config, &at)?);
    }
    let written = written.into_iter().zip(chains).enumerate();
    written
        .map(|(index, (chain, flows))| {
            let at = format!("chains[{index}].canary");
            if chain.canary.translation_probe.is_some() {
                let why = "belongs to one flow, which has checkpoints of its own; write it at a canary of `flows`";
                return fault(format!("{at}.translation_probe"), why);
            }
            let canary = canary(chain.canary, &at)?;
            Ok(Chain { flows, canary })
        })
        .collect()
}

fn hops(through: &[String], config: &Config, at: &str) -> Result<Vec<Flow>, Fault> {
    let hop = |pair: &[String]| {
        let of_pair = |flow: &&Flow| flow.source == pair[0] && flow.target == pair[1];
        let found = config.flows.iter().map(|flow| &flow.flow).find(of_pair);
        found.cloned().ok_or_else(|| Fault {
            key: format!("{at}.through"),
            message: format!(
                "goes from `{}` to `{}`, which is none of `flows`; add that flow, or correct the aliases",
                pair[0], pair[1]
            ),
        })
    };
    through.windows(2).map(hop).collect()
}

/// Each canary has its topics to itself, wherever it comes by.
pub(super) fn apart(config: &Config) -> Result<(), Fault> {
    let of_flows = config.flows.iter().enumerate().filter_map(|(index, flow)| {
        let topic = &flow.canary.as_ref()?.topic;
        let flow = std::slice::from_ref(&flow.flow);
        Some((format!("flows[{index}].canary"), flow, topic))
    });
    let of_chains = config.chains.iter().enumerate().map(|(index, chain)| {
        let topic = &chain.canary.topic;
        (format!("chains[{index}].canary"), &chain.flows[..], topic)
    });
    let mut taken: BTreeMap<(&str, String), (String, &[Flow])> = BTreeMap::new();
    for (key, flows, topic) in of_flows.chain(of_chains) {
        for place in places(flows, topic) {
            if let Some((other, before)) = taken.get(&place) {
                return fault(format!("{key}.topic"), met(&place, other, (before, flows)));
            }
            taken.insert(place, (key.clone(), flows));
        }
    }
    Ok(())
}

fn met((alias, topic): &(&str, String), other: &str, flows: (&[Flow], &[Flow])) -> String {
    let one = |flows: &[Flow]| match flows {
        [flow] if flow.policy == ReplicationPolicy::Identity => {
            Some((flow.source.clone(), flow.target.clone()))
        }
        _ => None,
    };
    let goes_round = one(flows.0).zip(one(flows.1)).is_some_and(
        |((source, target), (other_source, other_target))| {
            source == other_target && target == other_source
        },
    );
    if goes_round {
        return format!(
            "is `{topic}`, as that of `{other}` in the other direction: under the identity policy its records would go round for ever; \
             give each direction a topic of its own, which only its connector's `topics` matches"
        );
    }
    format!(
        "leads to topic `{topic}` on cluster `{alias}`, where the records of `{other}` are, too; give each canary a topic of its own"
    )
}
