//! A cluster goes away under load for longer than any grace, and comes back with what it held: the records of both canaries are late,
//! and none is lost. It is the target of one flow and the source of the other, and Connect's own group lives there, too.

use std::thread::sleep;
use std::time::Duration;

use mirrorwatch_lab::Deed;
use mirrorwatch_lab::truth::Window;

use crate::ledger::{
    BACK, FORTH, Ledger, longest_blind, outage_seconds, outages, page, slower_than_a_minute,
};
use crate::site::{Site, wait_until};
use crate::standing::told_as_it_stands;
use crate::truth::await_flow_of_the_load;

use super::both_ways;

const AWAY: Duration = Duration::from_secs(90);
/// What of that one span must tell at least. A machine that is too slow for a canary blinds it, too, but not for so long.
const NEARLY_ALL: f64 = 80.0;

#[test]
fn a_cluster_that_is_away_for_90_s_makes_records_late_and_none_lost_whichever_side_it_is() {
    let site = &both_ways();
    let exporter = &site.lab.description().exporter;
    let before = page(exporter);
    act(site, |broker| Deed::KillBroker { broker });
    sleep(AWAY);
    the_right_side_is_blind(&page(exporter));
    act(site, |broker| Deed::StartBroker { broker });
    await_calm(exporter);
    await_flow_of_the_load(site);
    let after = page(exporter);
    records_were_late_and_so_it_is_told(&before, &after);
    for flow in [FORTH, BACK] {
        let told = told_as_it_stands(site, flow, exporter);
        let wrong = (told.faults(), told.overtaken, told.unowed());
        assert_eq!(wrong, ([0; 4], 0, 0), "{told:?}");
    }
    let truth = site.lab.truth(Window::ALL, Duration::from_secs(1));
    assert_eq!(truth.expect("the lab notes the truth").lost, 0);
}

fn act(site: &Site, deed: impl FnOnce(String) -> Deed) {
    let done = site.lab.act(&deed("target".to_owned()));
    done.expect("the broker does as it is told");
}

fn the_right_side_is_blind(page: &str) {
    let is_blind = |flow, side| longest_blind(page, flow, side) > NEARLY_ALL;
    let sides = [
        (FORTH, "target"),
        (BACK, "source"),
        (FORTH, "source"),
        (BACK, "target"),
    ];
    let told = sides.map(|(flow, side)| is_blind(flow, side));
    assert_eq!(told, [true, true, false, false], "{page}");
}

/// Everything has arrived but what is on its way, and no outage is open.
fn await_calm(exporter: &str) {
    wait_until("both canaries flow again", Duration::from_mins(3), || {
        let page = page(exporter);
        [FORTH, BACK].into_iter().all(|flow| {
            let open = outages(&page, flow)
                .into_values()
                .any(|(_, end)| end.is_none());
            !open && Ledger::of(&page, flow).undelivered < 100
        })
    });
}

/// An outage of each partition of the flow to the cluster, and everything in the histogram, however late.
fn records_were_late_and_so_it_is_told(before: &str, after: &str) {
    let earlier = outage_seconds(before, FORTH);
    for (partition, length) in outage_seconds(after, FORTH) {
        assert!(length - earlier[&partition] > NEARLY_ALL, "{after}");
    }
    let late = slower_than_a_minute(after, FORTH) - slower_than_a_minute(before, FORTH);
    assert!(late > 1_000, "{late}: {after}");
}
