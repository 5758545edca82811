//! Retention overrun: records are deleted at the source before they were copied.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::deeds::{Done, stamped};
use super::fault::Error;
use super::links;
use super::scene::alive;
use super::shared::Shared;
use crate::clock;
use crate::connect::{Client, Connector};
use crate::description::Cluster;
use crate::kafka::topics::{Bounds, bounds, delete_records};
use crate::kafka::uncopied;
use crate::links::Change;
use crate::render;

/// A target that got nothing new for this long gets nothing more while nothing is copied.
const REST: Duration = Duration::from_millis(1_500);
const PATIENCE: Duration = Duration::from_secs(30);

/// Deletes all records of the topic that are there and not copied yet.
pub(super) fn overrun(shared: &Shared, topic: &str) -> Result<Done, Error> {
    let clusters = &shared.lab.clusters;
    let (source, target) = (&clusters["source"], &clusters["target"]);
    let remote = shared.config.policy.remote_topic("source", topic);
    nothing_is_copied(shared)?;
    await_rest(target, &remote)?;
    let uncopied = uncopied((source, topic), (target, &remote))?;
    let doomed = doomed(&bounds(source, topic)?, &uncopied);
    if doomed.is_empty() {
        return Err(Error::NothingToDelete(topic.to_owned()));
    }
    let before = doomed
        .iter()
        .map(|(partition, (_, end))| (*partition, *end));
    let before: BTreeMap<i32, i64> = before.collect();
    let (stamp, ()) = stamped(|| delete_records(source, topic, &before))?;
    let rows = doomed.iter().map(|(partition, (first, end))| {
        json!({ "partition": partition, "first": first, "last": end - 1, "records": end - first })
    });
    let records: i64 = doomed.values().map(|(first, end)| end - first).sum();
    Ok(Done {
        stamp,
        details: json!({ "topic": topic, "records": records, "partitions": rows.collect::<Vec<_>>() }),
    })
}

/// Makes sure that nothing will be copied but what is asked for again: records that are on their way through a hurt link are thrown away
/// with their connections.
fn nothing_is_copied(shared: &Shared) -> Result<(), Error> {
    if links::all_are_hurt(shared, "source") {
        let links = links::of_all(shared, "source");
        return Ok(shared.links.change(&links, Change::Reset)?);
    }
    let connectors =
        Client::new(Duration::from_secs(10), &shared.lab).connectors(&alive(shared))?;
    let own = |one: &&Connector| one.name == render::SOURCE;
    match connectors.iter().find(own) {
        Some(found) if found.state != "STOPPED" || !found.tasks.is_empty() => {
            Err(Error::StillCopied)
        }
        _ => Ok(()),
    }
}

fn await_rest(cluster: &Cluster, topic: &str) -> Result<(), Error> {
    let deadline = clock::monotonic() + PATIENCE;
    let (mut seen, mut since) = (bounds(cluster, topic)?, clock::monotonic());
    while since.elapsed() < REST {
        if clock::monotonic() > deadline {
            return Err(Error::StillCopied);
        }
        std::thread::sleep(Duration::from_millis(200));
        let now = bounds(cluster, topic)?;
        if now != seen {
            (seen, since) = (now, clock::monotonic());
        }
    }
    Ok(())
}

/// First uncopied offset and end of each partition that has any.
fn doomed(bounds: &Bounds, uncopied: &BTreeMap<i32, i64>) -> Bounds {
    let pairs = bounds.iter().filter_map(|(partition, (first, end))| {
        let from = uncopied.get(partition).copied().unwrap_or(*first);
        (from < *end).then_some((*partition, (from, *end)))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_that_is_copied_whole_loses_nothing() {
        let bounds = Bounds::from([(0, (0, 50)), (1, (0, 50))]);
        let uncopied = BTreeMap::from([(0, 50), (1, 40)]);
        assert_eq!(doomed(&bounds, &uncopied), Bounds::from([(1, (40, 50))]));
    }
}
