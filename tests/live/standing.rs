//! What really stands in a canary's topics: every record is read, by a reader of its own that knows no more of the canary than the form of
//! its records. What the canary tells is held against it.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::Message as _;
use rdkafka::{Offset, TopicPartitionList};

use crate::ledger::{Ledger, page};
use crate::site::{Site, wait_until};

/// No life begins so few sequences behind the one before.
const NEXT_LIFE: u64 = 1_000_000;
const PATIENCE: Duration = Duration::from_mins(1);

/// How often each record of one run of a canary stands in a topic, by partition and sequence.
#[derive(Debug, Default)]
pub(crate) struct Standing(BTreeMap<(i32, u64), u64>);

impl Standing {
    /// All that stands there now.
    pub(crate) fn read(bootstrap: &str, topic: &str, ledger: &Ledger) -> Self {
        let start = start_of_its_records(ledger);
        let mut standing = Self::default();
        for (partition, payload) in records(bootstrap, topic) {
            if let Some(rest) = payload.strip_prefix(start.as_slice()) {
                let record = (partition, sequence(rest).expect("the form is known"));
                *standing.0.entry(record).or_default() += 1;
            }
        }
        standing
    }

    fn records(&self) -> u64 {
        self.0.len() as u64
    }

    /// Copies beyond the first.
    fn repeated(&self) -> u64 {
        self.0.values().map(|copies| copies - 1).sum()
    }

    fn has_all_of(&self, other: &Self) -> bool {
        other.0.keys().all(|record| self.0.contains_key(record))
    }

    /// How many of these are missing among others that were copied from them, behind the first of a partition that stands there: what comes
    /// before that one was never to be copied.
    pub(crate) fn missing_among(&self, others: &Self) -> u64 {
        let mut first: BTreeMap<i32, u64> = BTreeMap::new();
        for &(partition, sequence) in others.0.keys() {
            first.entry(partition).or_insert(sequence);
        }
        let owed = self.0.keys().filter(|(partition, sequence)| {
            let first = first.get(partition);
            first.is_some_and(|first| sequence > first)
        });
        owed.filter(|record| !others.0.contains_key(record)).count() as u64
    }

    /// The highest sequence of each partition.
    pub(crate) fn newest(&self) -> BTreeMap<i32, u64> {
        self.0.keys().copied().collect()
    }

    /// How many are missing between the first and the last of each partition and life, of those that come after all of another one.
    pub(crate) fn holes_after(&self, earlier: &Self) -> u64 {
        let newest = earlier.newest();
        let mut last: BTreeMap<i32, u64> = BTreeMap::new();
        let mut holes = 0;
        for &(partition, sequence) in self.0.keys() {
            let newest = newest.get(&partition);
            if newest.is_none_or(|newest| sequence >= *newest) {
                let before = last.insert(partition, sequence);
                let hole = before.map_or(0, |before| sequence - before - 1);
                // The next life of an exporter goes on from its clock, in microseconds: nothing was sent in between.
                holes += if hole < NEXT_LIFE { hole } else { 0 };
            }
        }
        holes
    }
}

/// Once all that stands at the source stands at the target, a page tells it: each record is counted once, however late it came, and so is each copy
/// beyond the first. That page's ledger.
pub(crate) fn told_as_it_stands(site: &Site, flow: (&str, &str), exporter: &str) -> Ledger {
    let before = Ledger::of(&page(exporter), flow);
    let there = once_all_arrived(site, flow, &before);
    assert!(before.received <= there.records(), "{before:?}");
    let mut after = before.clone();
    wait_until("the page tells of all of them", PATIENCE, || {
        after = Ledger::of(&page(exporter), flow);
        after.received >= there.records()
    });
    assert_eq!(before.unowed(), after.unowed(), "{before:?} {after:?}");
    assert_eq!(after.duplicates, there.repeated());
    after
}

/// What stands at the target, as soon as all is there that stands at the source now.
fn once_all_arrived(site: &Site, flow: (&str, &str), ledger: &Ledger) -> Standing {
    let clusters = &site.lab.description().clusters;
    let [source, target] = [flow.0, flow.1].map(|alias| clusters[alias].bootstrap.as_str());
    let owed = Standing::read(source, &ledger.topic, ledger);
    assert!(owed.records() > 0, "{flow:?} has a canary");
    let mut there = Standing::default();
    wait_until(
        "all has arrived that stands at the source",
        PATIENCE,
        || {
            there = Standing::read(target, &ledger.remote_topic, ledger);
            there.has_all_of(&owed)
        },
    );
    there
}

/// Magic and version; then exporter and run, each with its length before it.
fn start_of_its_records(ledger: &Ledger) -> Vec<u8> {
    let mut start = b"MWCANARY\x01".to_vec();
    for text in [&ledger.exporter, &ledger.run] {
        let length = u16::try_from(text.len()).expect("a short name");
        start.extend(length.to_be_bytes());
        start.extend(text.as_bytes());
    }
    start
}

/// The topic with its length before it, the partition, the sequence.
fn sequence(rest: &[u8]) -> Option<u64> {
    let (length, rest) = rest.split_first_chunk()?;
    let rest = rest.get(usize::from(u16::from_be_bytes(*length)) + size_of::<i32>()..)?;
    Some(u64::from_be_bytes(*rest.first_chunk()?))
}

/// All records of a topic with their partitions, up to its end as it is now.
fn records(bootstrap: &str, topic: &str) -> Vec<(i32, Vec<u8>)> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("group.id", "reader-of-all")
        .set("enable.auto.commit", "false")
        .create()
        .expect("a client");
    let mut left = ends(&consumer, topic);
    let mut list = TopicPartitionList::new();
    for partition in left.keys() {
        list.add_partition_offset(topic, *partition, Offset::Beginning)
            .expect("a fresh list");
    }
    consumer.assign(&list).expect("the list is sound");
    let mut records = Vec::new();
    while !left.is_empty() {
        let record = consumer.poll(PATIENCE).expect("all records come");
        let record = record.expect("the broker answers");
        let partition = record.partition();
        if left
            .get(&partition)
            .is_some_and(|end| record.offset() + 1 >= *end)
        {
            left.remove(&partition);
        }
        records.push((partition, record.payload().unwrap_or_default().to_vec()));
    }
    records
}

/// The end of each partition that has records.
fn ends(consumer: &BaseConsumer, topic: &str) -> BTreeMap<i32, i64> {
    let metadata = consumer.fetch_metadata(Some(topic), PATIENCE);
    let metadata = metadata.expect("the cluster answers");
    let partitions = metadata.topics()[0].partitions().iter();
    let ends = partitions.map(|partition| {
        let bounds = consumer.fetch_watermarks(topic, partition.id(), PATIENCE);
        let (start, end) = bounds.expect("the cluster answers");
        (partition.id(), start, end)
    });
    ends.filter(|(_, start, end)| start < end)
        .map(|(partition, _, end)| (partition, end))
        .collect()
}
