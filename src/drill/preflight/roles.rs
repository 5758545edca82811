//! Who leads, and whether whom the drill hits is as it was asked for.

use super::row::{Row, Standing};
use crate::drill::Options;
use crate::drill::target::Target;
use crate::recovery::scenario::Subject;

/// Of the leader and of each victim.
pub(super) fn rows(options: &Options, target: &Target) -> Vec<Row> {
    let mut rows = vec![leader(target)];
    if options.scenario.subject == Subject::Worker {
        rows.push(victim(
            "victim",
            &target.victim.worker,
            &target.victim.chosen_as,
            target,
        ));
        let second = target.second.as_ref();
        rows.extend(second.map(|one| victim("second victim", &one.worker, &one.chosen_as, target)));
    }
    rows
}

fn leader(target: &Target) -> Row {
    match target.roles.leader() {
        Some(leader) => Row::new("leader", Standing::Ok, leader),
        None => Row::new(
            "leader",
            Standing::NotKnown,
            "the page does not tell who leads the Connect group: configure `connect.group` in the exporter",
        ),
    }
}

/// Rule: who owns no task of the flow proves nothing.
fn victim(what: &str, worker: &str, chosen_as: &str, target: &Target) -> Row {
    let roles = &target.roles;
    let role = match roles.leader() {
        Some(leader) if leader == worker => "the leader",
        Some(_) => "not the leader",
        None => "leader or not is not known",
    };
    let tasks = roles.flow_tasks(worker);
    let found = format!("{worker} ({chosen_as}): {role}, owns {tasks} tasks of the flow");
    if tasks == 0 {
        let found = format!("{found}: its loss proves nothing, and the drill will be INVALID");
        return Row::new(what, Standing::Warning, &found);
    }
    Row::new(what, Standing::Ok, &found)
}
