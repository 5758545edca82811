//! Who is hurt: a worker whose share of the flow decides nothing by luck.

use mirrorwatch_lab::{Action, Status};

use super::bench::Bench;
use crate::fault_table::{Act, CONNECTOR};

/// How often tasks are dealt before that is given up.
const DEALS: u32 = 6;

impl Bench<'_> {
    /// The worker that these acts hurt, none if they hurt none. Tasks are dealt anew, by another leader, until there is one with the right
    /// share.
    pub(super) fn victim(&self, acts: &[Act]) -> Result<Option<String>, String> {
        let role = acts.iter().find_map(|act| match act {
            Act::Hurt(_, role) => Some(*role),
            _ => None,
        });
        let Some(role) = role else {
            return Ok(None);
        };
        let told = |error: mirrorwatch_lab::Error| error.to_string();
        for _ in 0..DEALS {
            let status = self.lab.status().map_err(told)?;
            if let Some(victim) = chosen(&status, role) {
                return Ok(Some(victim));
            }
            self.lab.fault(Action::Restart, "leader").map_err(told)?;
            self.await_calm()?;
        }
        Err(format!("dealt {DEALS} times, and no {role} has its share"))
    }
}

/// The worker of this role: an idle one has a task, but none of the flow; the others have one of the flow's two.
fn chosen(status: &Status, role: &str) -> Option<String> {
    let tasks = status.connectors.iter().flat_map(|one| {
        let tasks = one.tasks.iter();
        tasks.map(move |task| (one.name == CONNECTOR, &task.worker))
    });
    let tasks: Vec<_> = tasks.collect();
    let of_flow = |id: &String| tasks.iter().filter(|task| **task == (true, id)).count();
    let leader = status.leader.as_ref()?;
    let mut owners = tasks.iter().map(|(_, worker)| *worker);
    let fits = |id: &&String| match role {
        "leader" => *id == leader && of_flow(id) == 1,
        "owner" => *id != leader && of_flow(id) == 1,
        _ => *id != leader && of_flow(id) == 0,
    };
    owners.find(fits).cloned()
}

#[cfg(test)]
mod tests {
    use mirrorwatch_lab::{Connector, Task};

    use super::*;

    fn connector(name: &str, workers: &[&str]) -> Connector {
        let tasks = workers.iter().zip(0..).map(|(worker, id)| Task {
            id,
            state: "RUNNING".to_owned(),
            worker: (*worker).to_owned(),
        });
        Connector {
            name: name.to_owned(),
            state: "RUNNING".to_owned(),
            worker: workers[0].to_owned(),
            tasks: tasks.collect(),
        }
    }

    fn dealt(flow: &[&str]) -> Status {
        Status {
            processes: Vec::new(),
            connectors: vec![connector(CONNECTOR, flow), connector("other", &["c"])],
            leader: Some("a".to_owned()),
            hurt: Vec::new(),
        }
    }

    #[test]
    fn a_victim_has_one_of_two_tasks_of_the_flow_or_only_others() {
        let victim = |flow: &[&str], role| chosen(&dealt(flow), role);
        assert_eq!(victim(&["a", "b"], "leader").as_deref(), Some("a"));
        assert_eq!(victim(&["a", "b"], "owner").as_deref(), Some("b"));
        assert_eq!(victim(&["a", "b"], "idle").as_deref(), Some("c"));
        assert_eq!(victim(&["a", "a"], "leader"), None);
        assert_eq!(victim(&["b", "b"], "owner"), None);
        assert_eq!(victim(&["b", "c"], "idle"), None);
    }
}
