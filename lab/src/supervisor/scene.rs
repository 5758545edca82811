//! Who leads and who owns what, asked of Connect just before a fault; a victim is chosen by it.

use std::time::Duration;

use serde_json::{Value, json};

use super::fault::Error;
use super::protocol::{Action, Fault};
use super::shared::Shared;
use crate::clock;
use crate::connect::{Client, Connector};
use crate::description::Worker;
use crate::process;
use crate::render;

const ANSWER: Duration = Duration::from_secs(4);
const PATIENCE: Duration = Duration::from_secs(10);

/// What Connect says of itself just before a fault.
pub(super) struct Scene {
    connectors: Vec<Connector>,
    leader: Option<String>,
}

impl Scene {
    /// The scene with the victim in it; Connect may need a moment to say who leads, while the group is being rebalanced.
    pub(super) fn with<'a>(shared: &'a Shared, victim: &str) -> Result<(Self, &'a Worker), Error> {
        let deadline = clock::monotonic() + PATIENCE;
        loop {
            let scene = Self::look(shared);
            let found = scene.find(shared, victim);
            let complete = scene.leader.is_some() && !scene.connectors.is_empty();
            match found {
                Err(Error::NoSuchRole(_)) if !complete && clock::monotonic() < deadline => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                found => return found.map(|worker| (scene, worker)),
            }
        }
    }

    fn look(shared: &Shared) -> Self {
        let client = Client::new(ANSWER, &shared.lab);
        let alive = alive(shared);
        Self {
            connectors: client.connectors(&alive).unwrap_or_default(),
            leader: client.leader(&alive).map(|worker| worker.id.clone()),
        }
    }

    fn find<'a>(&self, shared: &'a Shared, victim: &str) -> Result<&'a Worker, Error> {
        if !["leader", "owner", "idle"].contains(&victim) {
            return shared
                .lab
                .worker(victim)
                .ok_or_else(|| Error::NoSuchWorker(victim.to_owned()));
        }
        let usable = |worker: &&Worker| {
            shared
                .pid(&worker.name)
                .is_some_and(|pid| !process::is_frozen(pid))
        };
        let fits = |worker: &&Worker| {
            self.role(&worker.id) == victim || (victim == "idle" && self.is_idle(&worker.id))
        };
        shared
            .lab
            .workers
            .iter()
            .filter(usable)
            .find(fits)
            .ok_or_else(|| Error::NoSuchRole(victim.to_owned()))
    }

    fn role(&self, id: &str) -> &'static str {
        if self.leader.as_deref() == Some(id) {
            "leader"
        } else if self.is_idle(id) {
            "idle"
        } else {
            "owner"
        }
    }

    fn is_idle(&self, id: &str) -> bool {
        !self.tasks(id).iter().any(|task| {
            task.rsplit_once('-')
                .is_some_and(|(connector, _)| connector == render::SOURCE)
        })
    }

    fn tasks(&self, id: &str) -> Vec<String> {
        let of = |connector: &Connector| -> Vec<String> {
            let own = connector.tasks.iter().filter(|task| task.worker == id);
            own.map(|task| format!("{}-{}", connector.name, task.id))
                .collect()
        };
        self.connectors.iter().flat_map(of).collect()
    }

    /// The worker as a note tells of it.
    pub(super) fn describe(&self, worker: &Worker) -> Value {
        json!({
            "name": worker.name,
            "worker": worker.id,
            "role": self.role(&worker.id),
            "tasks": self.tasks(&worker.id),
        })
    }

    pub(super) fn fault(&self, action: Action, worker: &Worker) -> Fault {
        Fault {
            action,
            name: worker.name.clone(),
            worker: worker.id.clone(),
            role: self.role(&worker.id).to_owned(),
            leader: self.leader.clone(),
            tasks: self.tasks(&worker.id),
            before_us: 0,
            after_us: 0,
        }
    }
}

/// The workers whose process lives and is not frozen.
pub(super) fn alive(shared: &Shared) -> Vec<Worker> {
    let lives = |worker: &&Worker| {
        shared
            .pid(&worker.name)
            .is_some_and(|pid| !process::is_frozen(pid))
    };
    shared.lab.workers.iter().filter(lives).cloned().collect()
}
