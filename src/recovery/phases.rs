//! What Connect did meanwhile, as the pages show it: when its group noticed the loss, and when the tasks ran elsewhere. Between
//! two scrapes: the plan's grid has room for them, no criterion rests on them. Times on the drill host's clock.

use super::checks::read_at;
use super::inventory::Inventory;
use super::judgement::Interval;
use super::scrapes::{Scrape, Scrapes};
use super::watch::present;
use crate::model::time::Timestamp;
use crate::promql::Labels;

/// Who is looked at.
#[derive(Clone, Copy)]
pub(super) struct Loss<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) victim: &'a str,
    /// T_f⁻ and T_f⁺.
    pub(super) zero: (i64, i64),
    pub(super) restored: i64,
}

/// The victim is no longer a member of the Connect group.
pub(super) fn rebalance_triggered(scrapes: &Scrapes<'_>, loss: Loss<'_>) -> Option<Interval> {
    first(scrapes, loss, "group:", |scrape| {
        let members = present(scrapes, scrape, "mm2_connect_group_member_info");
        (!members.is_empty()).then(|| {
            members
                .iter()
                .all(|labels| labels.get("worker") != loss.victim)
        })
    })
}

/// Every task of the flow is RUNNING, none of them on the victim.
pub(super) fn tasks_redistributed(scrapes: &Scrapes<'_>, loss: Loss<'_>) -> Option<Interval> {
    let connector = &loss.inventory.flow.connector;
    let expected = usize::try_from(*loss.inventory.connectors.get(connector)?).ok()?;
    first(scrapes, loss, "rest:", |scrape| {
        let mut tasks = present(scrapes, scrape, "kafka_connect_connector_task_status");
        tasks.retain(|labels| labels.get("connector") == connector);
        let runs = |labels: &&&Labels| {
            labels.get("status") == "running" && labels.get("worker") != loss.victim
        };
        (!tasks.is_empty()).then(|| tasks.iter().filter(runs).count() >= expected)
    })
}

/// The first scrape after the zero at which something is so, and the last reading before it of which it was not.
fn first(
    scrapes: &Scrapes<'_>,
    loss: Loss<'_>,
    endpoint: &str,
    is_so: impl Fn(Scrape) -> Option<bool>,
) -> Option<Interval> {
    let (issued, done) = loss.zero;
    let mut not_yet = None;
    for scrape in scrapes
        .all
        .iter()
        .filter(|scrape| scrape.up && scrape.earliest <= loss.restored)
    {
        match is_so(*scrape) {
            Some(true) if scrape.latest > issued && not_yet.is_some() => {
                let lower = not_yet.map_or(0, |read: i64| (read - done).max(0));
                return Some(Interval {
                    lower,
                    upper: Some(scrape.latest - issued),
                });
            }
            Some(false) => {
                not_yet = read_at(scrapes, *scrape, endpoint).or(not_yet);
            }
            Some(true) | None => {}
        }
    }
    None
}

/// Longest delay for which the group withheld tasks between the zero and the restoration.
pub(super) fn withheld(scrapes: &Scrapes<'_>, issued: i64, restored: i64) -> Option<i64> {
    let after: Vec<_> = scrapes
        .all
        .iter()
        .filter(|s| s.latest >= issued && s.earliest <= restored)
        .map(|s| s.at)
        .collect();
    let (first, last) = (*after.first()?, *after.last()?);
    let named = scrapes.named("mm2_connect_assignment_withheld_delay_seconds");
    let samples = named
        .iter()
        .flat_map(|(_, samples)| samples.iter())
        .filter(|s| s.at >= first && s.at <= last && s.value > 0.0);
    samples
        .filter_map(|s| Timestamp::from_seconds(s.value).map(Timestamp::as_micros))
        .max()
}
