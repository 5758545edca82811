//! What the peers say themselves: Connect's REST API, its JMX, the source's own log, and the lab's consumer on the target.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use mirrorwatch_lab::{Lab, Worker};
use serde_json::{Value, json};

/// The flow's connector.
pub(crate) const CONNECTOR: &str = "mirror-source";
const PATIENCE: Duration = Duration::from_secs(1);

/// The peers of one lab.
pub(crate) struct Peers<'a> {
    lab: &'a Lab,
    agent: ureq::Agent,
}

/// What Connect says of one connector.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Status {
    pub(super) state: String,
    pub(super) tasks: BTreeMap<u32, Task>,
}

/// What it says of one task.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Task {
    pub(super) state: String,
    pub(super) worker: String,
}

impl<'a> Peers<'a> {
    pub(crate) fn of(lab: &'a Lab) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .max_idle_connections(0)
            .build();
        Self {
            lab,
            agent: config.into(),
        }
    }

    pub(super) fn workers(&self) -> &[Worker] {
        &self.lab.description().workers
    }

    pub(super) fn worker(&self, id: &str) -> &Worker {
        let worker = self.lab.description().worker(id);
        worker.expect("the lab has the workers that it names")
    }

    /// Whether nobody listens where the cluster's clients go.
    pub(super) fn is_closed(&self, cluster: &str) -> bool {
        let address = &self.lab.description().clusters[cluster].bootstrap;
        let refused = TcpStream::connect(address).err();
        refused.is_some_and(|error| error.kind() == ErrorKind::ConnectionRefused)
    }

    /// Whether the worker's REST API answers anything.
    pub(super) fn answers(&self, worker: &str) -> bool {
        self.get(&format!("{}/", self.worker(worker).rest))
            .is_some()
    }

    /// The statuses of all connectors by one worker.
    pub(super) fn statuses_by(&self, worker: &Worker) -> Option<BTreeMap<String, Status>> {
        let answer = self.get(&format!("{}/connectors?expand=status", worker.rest))?;
        let connectors = answer.as_object()?.iter();
        let status = |(name, value): (&String, &Value)| (name.clone(), status(&value["status"]));
        Some(connectors.map(status).collect())
    }

    /// The statuses of all connectors, if all workers that answer say the same.
    pub(super) fn statuses(&self) -> Option<BTreeMap<String, Status>> {
        let mut answers = self
            .workers()
            .iter()
            .filter_map(|worker| self.statuses_by(worker));
        let first = answers.next()?;
        answers.all(|other| other == first).then_some(first)
    }

    /// Whether all tasks of all connectors run, on workers that answer, by all workers that answer.
    pub(super) fn all_tasks_run(&self) -> bool {
        let run = |task: &Task| task.state == "RUNNING" && self.answers(&task.worker);
        self.statuses().is_some_and(|statuses| {
            let mut all = statuses.values();
            statuses.len() == self.lab.description().connectors.len()
                && all.all(|one| !one.tasks.is_empty() && one.tasks.values().all(run))
        })
    }

    /// The same, and all connectors as well.
    pub(crate) fn all_run(&self) -> bool {
        let run = |statuses: BTreeMap<String, Status>| {
            let mut all = statuses.values();
            all.all(|one| one.state == "RUNNING")
        };
        self.all_tasks_run() && self.statuses().is_some_and(run)
    }

    /// Has every connector that is said to be UNASSIGNED started again, so that its owner says how it is.
    pub(crate) fn restart_unassigned(&self) {
        for (name, status) in self.statuses().unwrap_or_default() {
            let rest = &self.workers()[0].rest;
            if status.state == "UNASSIGNED" {
                let _ = self
                    .agent
                    .post(format!("{rest}/connectors/{name}/restart"))
                    .send_empty();
            }
            let tasks = status
                .tasks
                .iter()
                .filter(|(_, task)| task.state == "UNASSIGNED");
            for (number, _) in tasks {
                let url = format!("{rest}/connectors/{name}/tasks/{number}/restart");
                let _ = self.agent.post(url).send_empty();
            }
        }
    }

    /// What a worker's JMX counts of a connector's tasks, by task: records written and records in flight. `None` if it does not answer.
    pub(super) fn counts(
        &self,
        worker: &Worker,
        connector: &str,
    ) -> Option<BTreeMap<String, [f64; 2]>> {
        let mbean = format!("kafka.connect:type=source-task-metrics,connector={connector},task=*");
        let names = ["source-record-write-total", "source-record-active-count"];
        let beans = self.beans(worker, &mbean, &names)?;
        let counts = beans.into_iter().map(|(name, value)| {
            (
                name,
                names.map(|name| value[name].as_f64().unwrap_or(f64::NAN)),
            )
        });
        Some(counts.collect())
    }

    /// The same on all workers that answer.
    pub(super) fn all_counts(&self, connector: &str) -> BTreeMap<String, [f64; 2]> {
        let workers = self.workers().iter();
        workers
            .filter_map(|worker| self.counts(worker, connector))
            .flatten()
            .collect()
    }

    /// Records of a topic that tasks count as copied.
    pub(super) fn copied(&self, remote: &str) -> f64 {
        let mbean = "kafka.connect.mirror:type=MirrorSourceConnector,*";
        let workers = self.workers().iter();
        workers
            .filter_map(|worker| self.beans(worker, mbean, &["record-count"]))
            .flatten()
            .filter(|(name, _)| name.contains(&format!("topic={remote}")))
            .filter_map(|(_, value)| value["record-count"].as_f64())
            .sum()
    }

    /// A worker's log.
    pub(super) fn log(&self, worker: &Worker) -> PathBuf {
        self.lab.dir().join(format!("logs/{}.log", worker.name))
    }

    fn beans(
        &self,
        worker: &Worker,
        mbean: &str,
        attributes: &[&str],
    ) -> Option<serde_json::Map<String, Value>> {
        let question = json!([{
            "type": "read", "mbean": mbean, "attribute": attributes, "config": { "ignoreErrors": true },
        }]);
        let question = question.to_string();
        let mut answer = self.agent.post(&worker.jolokia).send(&question).ok()?;
        let mut answer: Value =
            serde_json::from_str(&answer.body_mut().read_to_string().ok()?).ok()?;
        Some(
            answer[0]["value"]
                .as_object_mut()
                .map(std::mem::take)
                .unwrap_or_default(),
        )
    }

    fn get(&self, url: &str) -> Option<Value> {
        let mut answer = self.agent.get(url).call().ok()?;
        serde_json::from_str(&answer.body_mut().read_to_string().ok()?).ok()
    }
}

fn status(value: &Value) -> Status {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let tasks = value["tasks"].as_array().into_iter().flatten();
    let tasks = tasks.filter_map(|task| {
        let number = u32::try_from(task["id"].as_u64()?).ok()?;
        let (state, worker) = (text(task, "state"), text(task, "worker_id"));
        Some((number, Task { state, worker }))
    });
    Status {
        state: text(&value["connector"], "state"),
        tasks: tasks.collect(),
    }
}
