//! Two exporters side by side, for availability, on one flow and one topic while a worker is killed: neither takes the other's records for
//! its own, and both tell what really stands in the topics.

use std::collections::BTreeSet;
use std::time::Duration;

use mirrorwatch::clock;
use mirrorwatch_lab::Action;

use crate::ledger::{FORTH, Ledger, counts, outages, page};
use crate::site::{Exporter, Site, free_address, serve_at, wait_until};
use crate::standing::told_as_it_stands;
use crate::tuned::tuned;

/// From the kill: a time in which the group cannot have noticed it yet (`session.timeout.ms` is 10 s).
const UNNOTICED: (f64, f64) = (5.0, 10.0);

/// Records of six partitions in less than two seconds.
const ON_ITS_WAY: u64 = 100;

/// The exporter beside the site's own, with the same configuration.
struct Second {
    exporter: Exporter,
    address: String,
}

impl Second {
    fn start(site: &Site) -> Self {
        let address = free_address();
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
        await_flow(exporter);
    }
    let before = both.map(|exporter| Ledger::of(&page(exporter), FORTH));
    assert_ne!(before[0].exporter, before[1].exporter);
    let killed = clock::wall().as_seconds();
    let victim = site.lab.fault(Action::Kill, "owner");
    let victim = victim.expect("an owner is killed").worker;
    both_tell_one_outage(both, killed);
    site.lab
        .fault(Action::Start, &victim)
        .expect("it starts again");
    await_tasks(site);
    for (exporter, before) in both.into_iter().zip(&before) {
        await_flow(exporter);
        counts_are_those_of_the_topic(site, exporter, before);
    }
}

/// Every partition has had arrivals, and what was sent has arrived but for what is on its way.
fn await_flow(exporter: &str) {
    wait_until("the canary flows", Duration::from_mins(2), || {
        let page = page(exporter);
        let received = counts(&page, "mm2_canary_received_records_total", FORTH);
        let all_flow = !received.is_empty() && received.values().all(|count| *count > 0);
        all_flow && { Ledger::of(&page, FORTH).undelivered < ON_ITS_WAY }
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

/// Some partition had, for both, an outage over the time in which the kill was not noticed, and flows again. A slow machine has other outages
/// besides, and has the page forget this one later.
fn both_tell_one_outage(both: [&String; 2], killed: f64) {
    let mut told = [BTreeSet::new(), BTreeSet::new()];
    wait_until("both tell one outage", Duration::from_mins(2), || {
        for (told, exporter) in told.iter_mut().zip(both) {
            told.extend(out_since(exporter, killed));
        }
        !told[0].is_disjoint(&told[1])
    });
}

fn out_since(exporter: &str, killed: f64) -> BTreeSet<String> {
    let (from, to) = (killed + UNNOTICED.0, killed + UNNOTICED.1);
    let all = outages(&page(exporter), FORTH).into_iter();
    let over = all.filter(|(_, (start, end))| *start < from && end.is_some_and(|end| end > to));
    over.map(|((partition, _), _)| partition).collect()
}

/// Duplicates as many as a reader of the topic finds, nothing else, and nothing that the other exporter sent is held against this one.
fn counts_are_those_of_the_topic(site: &Site, exporter: &str, before: &Ledger) {
    let told = told_as_it_stands(site, FORTH, exporter);
    assert_eq!(told.run, before.run);
    assert!(told.duplicates > before.duplicates, "the kill was felt");
    assert_eq!(
        (told.faults(), told.unowed()),
        (before.faults(), before.unowed())
    );
    assert_eq!(told.problem, 0, "no twin, nothing muted");
}
