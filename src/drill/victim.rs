//! Chooses the worker to hit, by its role at this moment or by its name.

use std::collections::BTreeMap;
use std::fmt;

use super::page::Page;
use crate::recovery::inventory::Inventory;

/// Why no worker can be hit.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No worker has the role.
    #[error("no worker of the inventory is `{wish}` now\n{roles}")]
    None {
        /// What was asked for.
        wish: String,
        /// Who owns what.
        roles: Roles,
    },
    /// No second worker has the role.
    #[error(
        "beside `{first}` no worker of the inventory is `{wish}`: say --second leader, other or a worker id\n{roles}"
    )]
    NoSecond {
        /// What was asked for.
        wish: String,
        /// The first victim.
        first: String,
        /// Who owns what.
        roles: Roles,
    },
    /// No connector has the name.
    #[error("`{wish}` is not a connector of the inventory; it has: {known}")]
    NoSuchConnector {
        /// What was asked for.
        wish: String,
        /// What there is.
        known: String,
    },
    /// The leader is not known.
    #[error(
        "who leads the Connect group is not known, so `{wish}` cannot be told; configure `connect.group` in the exporter, or name a worker\n{roles}"
    )]
    NoLeader {
        /// What was asked for.
        wish: String,
        /// Who owns what.
        roles: Roles,
    },
    /// The name is not in the inventory.
    #[error("`{wish}` is neither leader, owner, idle nor a worker of the inventory\n{roles}")]
    NoSuchWorker {
        /// What was asked for.
        wish: String,
        /// Who owns what.
        roles: Roles,
    },
}

/// The worker to hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Worker id.
    pub worker: String,
    /// `leader`, `owner`, `idle` or `named`.
    pub chosen_as: String,
}

/// Who leads and who owns what, on one page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles {
    leader: Option<String>,
    connector: String,
    /// All tasks by worker of the inventory, in its order.
    tasks: Vec<(String, Vec<String>)>,
}

impl Roles {
    /// Read the roles from a page.
    pub fn read(page: &Page, inventory: &Inventory) -> Self {
        let mut owned: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for entry in page
            .named("kafka_connect_connector_task_status")
            .filter(|entry| entry.value > 0.0)
        {
            let task = format!("{}-{}", entry.label("connector"), entry.label("task"));
            owned.entry(entry.label("worker")).or_default().push(task);
        }
        let workers = inventory.workers.iter().map(|worker| {
            let mut tasks = owned.get(worker.id.as_str()).cloned().unwrap_or_default();
            tasks.sort();
            (worker.id.clone(), tasks)
        });
        let mut leaders = page
            .named("mm2_connect_leader_info")
            .filter(|entry| entry.value > 0.0);
        Self {
            leader: leaders.next().map(|entry| entry.label("worker").to_owned()),
            connector: inventory.flow.connector.clone(),
            tasks: workers.collect(),
        }
    }

    /// Whether the leader is known and every connector has as many tasks as it should.
    pub fn are_complete(&self, expected: &BTreeMap<String, u32>) -> bool {
        let shown = |connector: &str| {
            let tasks = self.tasks.iter().flat_map(|(_, tasks)| tasks);
            tasks
                .filter(|task| {
                    task.rsplit_once('-')
                        .is_some_and(|(name, _)| name == connector)
                })
                .count()
        };
        let all = |(connector, tasks): (&String, &u32)| shown(connector) >= *tasks as usize;
        self.leader.is_some() && expected.iter().all(all)
    }

    /// The tasks that a worker owns.
    pub fn tasks(&self, worker: &str) -> &[String] {
        self.tasks
            .iter()
            .find(|(id, _)| id == worker)
            .map_or(&[], |(_, tasks)| tasks)
    }

    /// Who leads, where that is known.
    pub fn leader(&self) -> Option<&str> {
        self.leader.as_deref()
    }

    /// How many tasks of the flow a worker owns.
    pub fn flow_tasks(&self, worker: &str) -> usize {
        self.of_flow(self.tasks(worker))
    }

    /// Choose by `wish`: `leader`, `owner`, `idle` or a worker id.
    pub fn choose(&self, wish: &str) -> Result<Choice, Error> {
        let worker = match wish {
            "leader" => Some(self.known_leader(wish)?)
                .filter(|leader| self.tasks.iter().any(|(id, _)| id == leader)),
            "owner" => self.owner(self.known_leader(wish)?),
            "idle" => self.idle(),
            name => return self.named(name),
        };
        let worker = worker.ok_or_else(|| Error::None {
            wish: wish.to_owned(),
            roles: self.clone(),
        })?;
        Ok(Choice {
            worker: worker.to_owned(),
            chosen_as: wish.to_owned(),
        })
    }

    /// Choose one more: `leader`, `other` (neither that one nor the leader), or a worker id.
    pub fn choose_second(&self, wish: &str, first: &str) -> Result<Choice, Error> {
        let others = || {
            self.tasks
                .iter()
                .map(|(id, _)| id.as_str())
                .filter(|id| *id != first)
        };
        let leader = self.known_leader(wish)?;
        let worker = match wish {
            "leader" => others().find(|id| *id == leader),
            "other" => others().find(|id| *id != leader),
            name => others().find(|id| *id == name),
        };
        let worker = worker.ok_or_else(|| Error::NoSecond {
            wish: wish.to_owned(),
            first: first.to_owned(),
            roles: self.clone(),
        })?;
        Ok(Choice {
            worker: worker.to_owned(),
            chosen_as: wish.to_owned(),
        })
    }

    fn known_leader(&self, wish: &str) -> Result<&str, Error> {
        self.leader.as_deref().ok_or_else(|| Error::NoLeader {
            wish: wish.to_owned(),
            roles: self.clone(),
        })
    }

    fn named(&self, name: &str) -> Result<Choice, Error> {
        if self.tasks.iter().any(|(id, _)| id == name) {
            return Ok(Choice {
                worker: name.to_owned(),
                chosen_as: "named".to_owned(),
            });
        }
        Err(Error::NoSuchWorker {
            wish: name.to_owned(),
            roles: self.clone(),
        })
    }

    /// The first worker that is not the leader and owns a task of the flow.
    fn owner(&self, leader: &str) -> Option<&str> {
        let mut others = self.tasks.iter().filter(|(id, _)| id != leader);
        others
            .find(|(_, tasks)| self.of_flow(tasks) > 0)
            .map(|(id, _)| id.as_str())
    }

    /// A worker without a task of the flow; the leader last, because its loss makes the group elect.
    fn idle(&self) -> Option<&str> {
        let free = self
            .tasks
            .iter()
            .filter(|(_, tasks)| self.of_flow(tasks) == 0);
        free.map(|(id, _)| id.as_str())
            .min_by_key(|id| self.leader.as_deref() == Some(*id))
    }

    fn of_flow(&self, tasks: &[String]) -> usize {
        let number = |task: &String| {
            task.strip_prefix(&self.connector)?
                .strip_prefix('-')?
                .parse::<u32>()
                .ok()
        };
        tasks.iter().filter_map(number).count()
    }
}

/// One line per worker.
impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "now:")?;
        for (worker, tasks) in &self.tasks {
            let leader = if self.leader.as_deref() == Some(worker) {
                " (leader)"
            } else {
                ""
            };
            let tasks = if tasks.is_empty() {
                "no task".to_owned()
            } else {
                tasks.join(", ")
            };
            write!(f, "\n  {worker}{leader}: {tasks}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
fn roles(page: &str) -> Roles {
    let inventory = serde_json::from_str(
        r#"{"site":"s","prometheus":{"url":"http://p","scrape_interval":"1s"},"flow":{"source":"a","target":"b","connector":"mirror-source"},
            "connectors":{},"workers":[{"id":"w1:1"},{"id":"w2:1"},{"id":"w3:1"}]}"#,
    );
    Roles::read(&Page::parse(page), &inventory.unwrap())
}

#[cfg(test)]
const PAGE: &str = r#"
kafka_connect_connector_task_status{connector="mirror-source",task="0",worker="w1:1",status="running"} 1
kafka_connect_connector_task_status{connector="mirror-source",task="1",worker="w3:1",status="running"} 1
kafka_connect_connector_task_status{connector="mirror-source-b",task="0",worker="w2:1",status="running"} 1
mm2_connect_leader_info{worker="w1:1"} 1
"#;

#[test]
fn each_role_finds_its_worker() {
    let roles = roles(PAGE);
    assert_eq!(roles.choose("leader").unwrap().worker, "w1:1");
    assert_eq!(roles.choose("owner").unwrap().worker, "w3:1");
    assert_eq!(roles.choose("idle").unwrap().worker, "w2:1");
    assert_eq!(roles.choose("w2:1").unwrap().chosen_as, "named");
}

#[test]
fn a_role_that_nobody_has_is_refused_with_who_owns_what() {
    let error = roles("mm2_connect_leader_info{worker=\"w1:1\"} 1\n")
        .choose("owner")
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "no worker of the inventory is `owner` now\nnow:\n  w1:1 (leader): no task\n  w2:1: no task\n  w3:1: no task"
    );
    assert!(matches!(
        roles(PAGE).choose("w9"),
        Err(Error::NoSuchWorker { .. })
    ));
}

#[test]
fn the_second_is_another_and_its_role_is_kept() {
    let roles = roles(PAGE);
    let second = |wish, first| roles.choose_second(wish, first).map(|choice| choice.worker);
    assert_eq!(second("leader", "w3:1").unwrap(), "w1:1");
    assert_eq!(second("other", "w1:1").unwrap(), "w2:1");
    assert_eq!(second("other", "w2:1").unwrap(), "w3:1");
    assert_eq!(second("w3:1", "w2:1").unwrap(), "w3:1");
    let error = second("leader", "w1:1").unwrap_err().to_string();
    assert!(
        error.starts_with("beside `w1:1` no worker of the inventory is `leader`: say --second"),
        "{error}"
    );
}

#[test]
fn without_a_known_leader_nobody_is_called_owner() {
    let page = PAGE.replace("mm2_connect_leader_info", "other");
    assert!(matches!(
        roles(&page).choose("owner"),
        Err(Error::NoLeader { .. })
    ));
    assert_eq!(roles(&page).choose("idle").unwrap().worker, "w2:1");
}
