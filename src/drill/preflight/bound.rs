//! How long the settings keep tasks without a worker, against the limits.

use super::row::{Row, Standing};
use crate::drill::Options;
use crate::drill::page::Page;
use crate::drill::target::Target;
use crate::model::time::Timestamp;
use crate::recovery::forecast;
use crate::recovery::judgement::Victim;
use crate::recovery::scenario::Subject;

const WHAT: &str = "settings";

/// Faults that take a worker out of Connect's group.
const LOSSES: [&str; 3] = ["stop", "kill", "freeze"];

/// Of a drill that takes a worker from the group; nothing of another.
pub(super) fn rows(options: &Options, target: &Target, page: &Page) -> Vec<Row> {
    let is_loss = LOSSES.contains(&options.fault.as_str());
    if options.scenario.subject != Subject::Worker || !is_loss {
        return Vec::new();
    }
    let worker = &target.victim.worker;
    let leader = target.roles.leader();
    let victim = Victim {
        worker: worker.clone(),
        zone: None,
        fault: options.fault.clone(),
        leader: leader.map(|leader| leader == worker),
        tasks: target.roles.tasks(worker).to_vec(),
        flow_tasks: target.roles.flow_tasks(worker),
    };
    let alone = target.second.is_none();
    let forecast = forecast::forecast(&options.inventory, &victim, alone, delay(page));
    let Some(forecast) = forecast else {
        let names = forecast::settings().join(", ");
        let found = format!(
            "how long tasks are withheld is not known: the inventory's `settings` do not say all of {names}"
        );
        return vec![Row::new(WHAT, Standing::NotKnown, &found)];
    };
    let doubts = forecast.doubts(&target.plan);
    if doubts.is_empty() {
        return vec![Row::new(WHAT, Standing::Ok, &forecast.told())];
    }
    let doubts = doubts
        .iter()
        .map(|doubt| Row::new(WHAT, Standing::Warning, doubt));
    doubts.collect()
}

/// The delay in the group's own assignments, where the page has one.
fn delay(page: &Page) -> Option<i64> {
    let delays = page.named("mm2_connect_assignment_withheld_delay_seconds");
    let delays = delays.filter(|entry| entry.value > 0.0);
    let micros = |entry: &crate::drill::page::Entry| {
        Timestamp::from_seconds(entry.value).map(Timestamp::as_micros)
    };
    delays.filter_map(micros).max()
}
