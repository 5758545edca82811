//! Two exporters side by side, for availability, on one flow and one topic while a worker is killed: neither takes the other's records for
//! its own, and both tell what really stands in the topics.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::time::Duration;

use mirrorwatch::clock;
use mirrorwatch_lab::Action;

use crate::ledger::{FORTH, Ledger, arrived_in_full, outages, page, partitions};
use crate::site::{Exporter, Site, serve_at, wait_until};
use crate::standing::told_as_it_stands;
use crate::tuned::tuned;

/// An outage as long as this is that of the kill, on however slow a machine.
const LONG: f64 = 5.0;

/// When each partition stopped and flowed again.
type Outages = BTreeMap<String, (f64, f64)>;

/// The exporter beside the site's own, with the same configuration.
struct Second {
    exporter: Exporter,
    address: String,
}

impl Second {
    fn start(site: &Site) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = free.local_addr().expect("it is bound").to_string();
        drop(free);
        Self {
            exporter: serve_at(&site.lab, &site.file("mirrorwatch.yml"), &address),
            address,
        }
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        self.exporter.kill();
    }
}

#[test]
fn two_exporters_share_a_topic_and_each_counts_its_own_records_right_through_a_kill() {
    let site = &tuned();
    let second = Second::start(site);
    let both = [&site.lab.description().exporter, &second.address];
    for exporter in both {
        all_that_was_sent_arrives(exporter);
    }
    let before = both.map(|exporter| Ledger::of(&page(exporter), FORTH));
    assert_ne!(before[0].exporter, before[1].exporter);
    let killed = clock::wall().as_seconds();
    let victim = site.lab.fault(Action::Kill, "owner");
    let victim = victim.expect("an owner is killed").worker;
    wait_until(
        "both tell an outage and its end",
        Duration::from_secs(90),
        || {
            both.iter()
                .all(|exporter| !long_outages(exporter, killed).is_empty())
        },
    );
    site.lab
        .fault(Action::Start, &victim)
        .expect("it starts again");
    await_tasks(site);
    for (exporter, before) in both.into_iter().zip(&before) {
        all_that_was_sent_arrives(exporter);
        counts_are_those_of_the_topic(site, exporter, before);
    }
    overlap(&both.map(|exporter| long_outages(exporter, killed)));
}

/// Of each partition there is a page that has as many records received as sent.
fn all_that_was_sent_arrives(exporter: &str) {
    let mut seen = BTreeSet::new();
    wait_until("all that was sent arrives", Duration::from_mins(1), || {
        let page = page(exporter);
        seen.extend(arrived_in_full(&page, FORTH));
        !seen.is_empty() && seen.len() == partitions(&page, FORTH)
    });
}

fn await_tasks(site: &Site) {
    wait_until("all tasks run", Duration::from_mins(1), || {
        let status = site.lab.status().expect("the lab answers");
        let mut tasks = status
            .connectors
            .iter()
            .flat_map(|connector| &connector.tasks);
        tasks.all(|task| task.state == "RUNNING")
    });
}

/// The partitions that stopped for long after an instant and flow again.
fn long_outages(exporter: &str, after: f64) -> Outages {
    let all = outages(&page(exporter), FORTH).into_iter();
    let long = all.filter_map(|((partition, _), (start, end))| {
        let end = end.filter(|end| *end > after && end - start > LONG)?;
        Some((partition, (start, end)))
    });
    long.collect()
}

/// Duplicates as many as a reader of the topic finds, nothing else, and nothing that the other exporter sent is held against this one.
fn counts_are_those_of_the_topic(site: &Site, exporter: &str, before: &Ledger) {
    let told = told_as_it_stands(site, FORTH, exporter);
    assert_eq!(told.run, before.run);
    assert!(told.duplicates > before.duplicates, "the kill was felt");
    assert_eq!(told.faults(), before.faults());
    assert_eq!(told.problem, 0, "no twin, nothing muted");
}

/// The same partitions stopped for both, at the same time.
fn overlap([first, second]: &[Outages; 2]) {
    assert!(first.keys().eq(second.keys()), "{first:?} {second:?}");
    for (partition, (start, end)) in first {
        let (other_start, other_end) = second[partition];
        assert!(start.max(other_start) < end.min(other_end), "{partition}");
    }
}
