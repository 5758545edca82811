//! The recovery time that the known settings imply: how Connect's group notices a lost worker and when it hands its tasks on
//! (facts §3.6). Start-up of tasks and catch-up come on top.

use std::collections::BTreeMap;

use super::inventory::Inventory;
use super::judgement::{Expected, Victim};

pub(super) const SESSION: &str = "session.timeout.ms";
pub(super) const HEARTBEAT: &str = "heartbeat.interval.ms";
/// The setting that most often decides the recovery time.
pub(super) const DELAY: &str = "scheduled.rebalance.max.delay.ms";

/// What the settings imply; `None` where one that is needed is not known. `seen` = the delay in the group's own assignments.
pub(super) fn expected(
    inventory: &Inventory,
    victim: &Victim,
    seen: Option<i64>,
) -> Option<Expected> {
    let setting = |name: &str| {
        inventory.settings.get(name).map(|ms| {
            i64::try_from(*ms)
                .unwrap_or(i64::MAX / 1_000_000)
                .saturating_mul(1_000)
        })
    };
    let mut parts = BTreeMap::new();
    // A clean stop leaves the group at once; a worker that dies or freezes is missed after the session.
    if victim.fault != "stop" {
        parts.insert(SESSION.to_owned(), setting(SESSION)?);
    }
    parts.insert(HEARTBEAT.to_owned(), setting(HEARTBEAT)?);
    let mut source = "inventory";
    // A new leader does not know what the lost worker had, and hands it on at once.
    if victim.leader != Some(true) {
        let known = setting(DELAY);
        if known.is_none() {
            source = "group";
        }
        parts.insert(DELAY.to_owned(), known.or(seen)?);
    }
    let at_most = parts
        .values()
        .fold(0_i64, |sum, part| sum.saturating_add(*part));
    Some(Expected {
        at_most,
        parts,
        source: source.to_owned(),
    })
}

/// Rule: the delay explains a recovery that is not within its limit where it is most of the limit, or most of the time that was measured
/// and failed.
pub(super) fn delay_explains(delay: i64, failed_at: Option<i64>, limit: i64) -> bool {
    let most_of = |time: i64| delay.saturating_mul(2) >= time;
    delay > 0 && (most_of(limit) || failed_at.is_some_and(most_of))
}

#[cfg(test)]
fn case(
    fault: &str,
    leader: Option<bool>,
    settings: &[(&str, u64)],
    seen: Option<i64>,
) -> Option<(i64, String)> {
    let text = "site: s\nprometheus: { url: 'http://p', scrape_interval: 1s }\nflow: { source: a, target: b, connector: c }\nconnectors: {}\nworkers: []\n";
    let mut inventory = super::read::inventory("i", text).unwrap();
    inventory.settings = settings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), *value))
        .collect();
    let victim = Victim {
        worker: "w".into(),
        zone: None,
        fault: fault.into(),
        leader,
        tasks: vec![],
        flow_tasks: 1,
    };
    expected(&inventory, &victim, seen).map(|e| (e.at_most, e.source))
}

#[test]
fn the_bound_follows_fault_and_role() {
    let all = [(SESSION, 10_000), (HEARTBEAT, 3_000), (DELAY, 5_000)];
    let inventory = |micros| Some((micros, "inventory".to_owned()));
    assert_eq!(case("kill", Some(false), &all, None), inventory(18_000_000));
    assert_eq!(
        case("freeze", Some(false), &all, None),
        inventory(18_000_000)
    );
    assert_eq!(case("kill", Some(true), &all, None), inventory(13_000_000));
    assert_eq!(case("stop", Some(false), &all, None), inventory(8_000_000));
    assert_eq!(case("stop", None, &all, None), inventory(8_000_000));
    assert_eq!(
        case("kill", Some(false), &all[..2], Some(7_000_000)),
        Some((20_000_000, "group".to_owned()))
    );
    assert_eq!(case("kill", Some(false), &all[..2], None), None);
    assert_eq!(case("kill", Some(true), &all[1..], None), None);
}

#[test]
fn a_delay_explains_from_half_of_the_limit_or_of_the_time() {
    assert!(delay_explains(30, None, 60) && !delay_explains(29, Some(100), 60));
    assert!(delay_explains(50, Some(100), 600) && !delay_explains(50, None, 600));
    assert!(!delay_explains(0, Some(0), 0));
}
