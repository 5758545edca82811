//! Which tasks own which canary partitions, and which tasks the victim owned, by the last page wholly before T_f⁻.
//! Definitions: "Coverage".

use std::collections::{BTreeMap, BTreeSet};

use super::inventory::Inventory;
use super::judgement::{Remark, Victim};
use super::pages::Page;
use super::remark::remark;
use super::scrapes::{Scrape, Scrapes, value_at};
use super::zero::Start;
use crate::promql::Labels;

/// What the map says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Coverage {
    /// The task that owns each canary partition.
    pub(super) owners: BTreeMap<i32, String>,
    /// What is wrong with the cover; empty = every task of the flow is covered.
    pub(super) holes: Vec<Remark>,
}

/// The series of one page.
struct Map<'a> {
    series: Vec<(&'a Labels, f64)>,
}

impl<'a> Map<'a> {
    fn of(scrapes: &Scrapes<'a>, scrape: Scrape) -> Self {
        let series = scrapes
            .series
            .iter()
            .filter_map(|(labels, samples)| Some((*labels, value_at(samples, scrape.at)?)));
        Self {
            series: series.collect(),
        }
    }

    fn named(&self, name: &str) -> impl Iterator<Item = (&'a Labels, f64)> {
        self.series
            .iter()
            .copied()
            .filter(move |(labels, _)| labels.name() == name)
    }
}

/// Rule: the last page read wholly before T_f⁻.
pub(super) fn last_before(scrapes: &Scrapes<'_>, issued: i64) -> Option<Scrape> {
    scrapes
        .all
        .iter()
        .rev()
        .find(|scrape| scrape.up && scrape.latest <= issued)
        .copied()
}

/// Which canary partitions each task of the flow owns, and whether that is all of them. Rule: a partition whose ledger is not
/// whole on that page says nothing, and what its task did meanwhile is unknown.
pub(super) fn coverage(
    scrapes: &Scrapes<'_>,
    scrape: Scrape,
    page: Option<&Page>,
    inventory: &Inventory,
) -> Coverage {
    let map = Map::of(scrapes, scrape);
    let flow = &inventory.flow;
    let of_flow = |labels: &Labels| {
        labels.get("source") == flow.source
            && labels.get("target") == flow.target
            && labels.get("connector") == flow.connector
    };
    let mut coverage = Coverage::default();
    let mut covered = BTreeSet::new();
    for (labels, _) in map
        .named("mm2_canary_partition_owner_info")
        .filter(|(labels, _)| of_flow(labels))
    {
        if let Ok(partition) = labels.get("partition").parse() {
            covered.insert(labels.get("task"));
            if !vouches(page, partition) {
                let with = [("partition", partition.to_string())];
                coverage
                    .holes
                    .push(remark("partition_without_ledger", &with));
            }
            coverage.owners.insert(
                partition,
                format!("{}-{}", flow.connector, labels.get("task")),
            );
        }
    }
    let ledgers = page.into_iter().flat_map(|page| page.partitions.keys());
    for partition in ledgers.filter(|partition| !coverage.owners.contains_key(partition)) {
        let with = [("partition", partition.to_string())];
        coverage.holes.push(remark("partition_without_task", &with));
    }
    let told = map
        .named("mm2_canary_task_partitions")
        .filter(|(labels, _)| of_flow(labels))
        .map(|(labels, _)| labels.get("task"));
    let running = map
        .named("kafka_connect_connector_task_status")
        .filter(|(labels, _)| labels.get("connector") == flow.connector);
    let tasks: BTreeSet<&str> = told
        .chain(running.map(|(labels, _)| labels.get("task")))
        .collect();
    for task in tasks.difference(&covered) {
        coverage.holes.push(remark(
            "task_not_covered",
            &[("task", format!("{}-{task}", flow.connector))],
        ));
    }
    let expected = inventory
        .connectors
        .get(&flow.connector)
        .copied()
        .unwrap_or(0);
    if u32::try_from(tasks.len()).unwrap_or(u32::MAX) < expected.max(1) {
        let with = [
            ("found", tasks.len().to_string()),
            ("expected", expected.to_string()),
        ];
        coverage.holes.push(remark("tasks_missing_from_map", &with));
    }
    coverage
}

/// Whether a page has the whole ledger of a partition, and records have come through it.
fn vouches(page: Option<&Page>, partition: i32) -> bool {
    let ledger = page.and_then(|page| page.partitions.get(&partition));
    ledger.is_some_and(|ledger| ledger.first_arrival.is_some())
}

/// Who was hit, as that page has it.
pub(super) fn victim(
    scrapes: &Scrapes<'_>,
    scrape: Option<Scrape>,
    inventory: &Inventory,
    start: &Start<'_>,
) -> Victim {
    let map = scrape.map_or(Map { series: Vec::new() }, |scrape| {
        Map::of(scrapes, scrape)
    });
    let leaders: Vec<_> = map
        .named("mm2_connect_leader_info")
        .map(|(labels, _)| labels.get("worker"))
        .collect();
    let status = map.named("kafka_connect_connector_task_status");
    let owned: BTreeSet<_> = status
        .filter(|(labels, value)| labels.get("worker") == start.victim && *value > 0.0)
        .map(|(labels, _)| (labels.get("connector"), labels.get("task")))
        .collect();
    let worker = inventory
        .workers
        .iter()
        .find(|worker| worker.id == start.victim);
    Victim {
        worker: start.victim.to_owned(),
        zone: worker.and_then(|worker| worker.zone.clone()),
        fault: start.fault.to_owned(),
        leader: (leaders.len() == 1).then(|| leaders[0] == start.victim),
        flow_tasks: owned
            .iter()
            .filter(|(connector, _)| *connector == inventory.flow.connector)
            .count(),
        tasks: owned
            .iter()
            .map(|(connector, task)| format!("{connector}-{task}"))
            .collect(),
    }
}
