//! Whether the partitions that matter have their leaders and all of their replicas: the flow's topics on both clusters, the canary's,
//! and those in which Connect and MM2 keep what they know.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::row::{Row, Standing};
use crate::drill::clusters::Clusters;
use crate::drill::page::{Entry, Page};
use crate::kafka::ReplicasReader;
use crate::model::replicas::Replicas;
use crate::recovery::inventory::Inventory;

/// Longest time that a cluster is given to tell.
const DEADLINE: Duration = Duration::from_secs(5);

/// The topic of the groups' offsets: its partitions decide who coordinates Connect's group.
const GROUPS: &str = "__consumer_offsets";

/// How many partitions, or topics, a row names.
const NAMED: usize = 3;

/// A row for each cluster.
pub(super) async fn rows(
    page: &Page,
    inventory: &Inventory,
    clusters: &Result<Clusters, String>,
) -> Vec<Row> {
    let clusters = match clusters {
        Ok(clusters) => clusters,
        Err(reason) => return vec![Row::new("replicas", Standing::NotKnown, reason)],
    };
    let wanted = wanted(page, inventory, clusters);
    let asked = wanted.iter();
    let asked = asked.map(|(alias, topics)| of_cluster(clusters, alias, topics));
    // All at once: one that does not answer takes its time.
    let mut rows = join_all(asked).await;
    rows.extend(unnamed(inventory));
    rows
}

async fn of_cluster(clusters: &Clusters, alias: &str, topics: &BTreeSet<String>) -> Row {
    let (standing, found) = match read(clusters, alias).await {
        Ok(seen) => judged(topics, &seen),
        Err(reason) => (Standing::NotKnown, reason),
    };
    Row::new(&format!("replicas, {alias}"), standing, &found)
}

/// Nobody but the workers' own files says what these topics are called.
fn unnamed(inventory: &Inventory) -> Option<Row> {
    let found = "which topics keep its configurations, offsets and states is not told: name them in the inventory, `connect_topics`";
    inventory
        .connect_topics
        .is_empty()
        .then(|| Row::new("replicas, Connect's own", Standing::NotKnown, found))
}

/// The topics that matter, by cluster.
fn wanted(
    page: &Page,
    inventory: &Inventory,
    clusters: &Clusters,
) -> BTreeMap<String, BTreeSet<String>> {
    let flow = &inventory.flow;
    let of_flow = |entry: &&Entry| {
        entry.label("source") == flow.source && entry.label("target") == flow.target
    };
    let mut wanted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut add = |alias: &str, topic: &str| {
        wanted
            .entry(alias.to_owned())
            .or_default()
            .insert(topic.to_owned());
    };
    for entry in page.named("mm2_replication_lag_records").filter(of_flow) {
        let topic = entry.label("topic");
        add(&flow.source, topic);
        add(&flow.target, &clusters.flow.remote_topic(topic));
    }
    for entry in page.named("mm2_canary_info").filter(of_flow) {
        add(&flow.source, entry.label("topic"));
        add(&flow.target, entry.label("remote_topic"));
    }
    let home = clusters.group_cluster.as_deref().unwrap_or(&flow.target);
    let own = inventory
        .connect_topics
        .iter()
        .chain(&clusters.status_topic);
    for topic in own.map(String::as_str).chain([GROUPS]) {
        add(home, topic);
    }
    wanted
}

async fn read(clusters: &Clusters, alias: &str) -> Result<Replicas, String> {
    let properties = clusters.properties.get(alias);
    let properties = properties.ok_or_else(|| {
        format!("the exporter's configuration has no cluster `{alias}`, so it cannot be asked")
    })?;
    let reader = Arc::new(ReplicasReader::new(properties.clone()));
    let read = tokio::task::spawn_blocking(move || reader.read(DEADLINE)).await;
    let read = read.map_err(|error| error.to_string())?;
    read.map_err(|error| format!("it could not be asked: {error}"))
}

/// Rule: without a leader a partition is lost to the flow, so nothing is begun; a replica that is behind is a warning; a topic that the
/// cluster does not show is not known.
fn judged(topics: &BTreeSet<String>, seen: &Replicas) -> (Standing, String) {
    let (mut headless, mut behind) = (Vec::new(), Vec::new());
    let (mut unseen, mut partitions) = (Vec::new(), 0);
    for topic in topics {
        let Some(all) = seen.get(topic) else {
            unseen.push(format!("`{topic}`"));
            continue;
        };
        partitions += all.len();
        for one in all {
            let name = format!("`{topic}` {}", one.partition);
            if !one.has_leader {
                headless.push(name);
            } else if one.in_sync < one.assigned {
                behind.push(format!(
                    "{name} ({} of {} in sync)",
                    one.in_sync, one.assigned
                ));
            }
        }
    }
    let found = [
        some(&headless, "without a leader"),
        some(&behind, "under-replicated"),
        some(&unseen, "not seen, or not to be seen by us"),
    ];
    let found: Vec<_> = found.into_iter().flatten().collect();
    let standing = match (headless.is_empty(), behind.is_empty(), unseen.is_empty()) {
        (false, ..) => Standing::Refused,
        (true, false, _) => Standing::Warning,
        (true, true, false) => Standing::NotKnown,
        (true, true, true) => {
            let all = format!(
                "all replicas of {partitions} partitions of {} topics are in sync",
                topics.len()
            );
            return (Standing::Ok, all);
        }
    };
    (standing, found.join("; "))
}

fn some(names: &[String], what: &str) -> Option<String> {
    let more = names.len().saturating_sub(NAMED);
    let more = if more == 0 {
        String::new()
    } else {
        format!(" and {more} more")
    };
    let shown = names
        .iter()
        .take(NAMED)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    (!names.is_empty()).then(|| format!("{what}: {shown}{more}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::replicas::PartitionReplicas;

    fn partition(partition: i32, has_leader: bool, in_sync: usize) -> PartitionReplicas {
        PartitionReplicas {
            partition,
            has_leader,
            assigned: 3,
            in_sync,
        }
    }

    /// What becomes of `orders` and `canary`, of which the first has these partitions.
    fn of(orders: Option<Vec<PartitionReplicas>>) -> (Standing, String) {
        let mut seen: Replicas = [("canary".to_owned(), vec![partition(0, true, 3)])].into();
        seen.extend(orders.map(|orders| ("orders".to_owned(), orders)));
        let topics = ["canary", "orders"].map(str::to_owned);
        judged(&topics.into(), &seen)
    }

    #[test]
    fn all_replicas_in_sync_is_well_and_one_behind_is_a_warning() {
        let (standing, found) = of(Some(vec![partition(0, true, 3), partition(1, true, 3)]));
        assert_eq!(standing, Standing::Ok);
        assert_eq!(
            found,
            "all replicas of 3 partitions of 2 topics are in sync"
        );
        let (standing, found) = of(Some(vec![partition(0, true, 3), partition(1, true, 2)]));
        assert_eq!(standing, Standing::Warning);
        assert_eq!(found, "under-replicated: `orders` 1 (2 of 3 in sync)");
    }

    #[test]
    fn without_a_leader_nothing_is_begun() {
        let (standing, found) = of(Some(vec![partition(4, false, 1), partition(5, true, 1)]));
        assert_eq!(standing, Standing::Refused);
        assert!(
            found.starts_with("without a leader: `orders` 4; under-replicated"),
            "{found}"
        );
    }

    #[test]
    fn a_topic_that_is_not_seen_is_not_known_to_be_well() {
        let (standing, found) = of(None);
        assert_eq!(standing, Standing::NotKnown);
        assert!(
            found.contains("not seen") && found.contains("`orders`"),
            "{found}"
        );
    }
}
