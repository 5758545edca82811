//! The order in which a lab comes up, and what is waited for at each step.

use std::thread;
use std::time::{Duration, Instant};

use super::children::Children;
use super::progress::{self, Progress};
use super::{Error, failed};
use crate::clock;
use crate::config::{Config, EXTRA_PARTITIONS};
use crate::connect::{Client, Connector};
use crate::description::Description;
use crate::home::Home;
use crate::kafka::topics::{self, Topic};
use crate::kafka::{self, acls};
use crate::policy::{BACK_PARTITIONS, BACK_TOPIC};
use crate::process::Launch;
use crate::render;
use crate::secure::{of_bearers, of_mirrormaker, of_mirrorwatch};
use crate::truth::Ledger;

const PATIENCE: Duration = Duration::from_secs(150);
const LOOK_EVERY: Duration = Duration::from_millis(150);

/// Starts everything; the answer is how many seconds it took.
pub(super) fn everything(
    config: &Config,
    home: &Home,
    children: &mut Children,
) -> Result<f64, Error> {
    let lab = children.shared().lab.clone();
    let mut steps = Steps {
        begun: clock::monotonic(),
        told: clock::monotonic(),
        children,
    };
    steps.brokers(&lab, config, home)?;
    steps.workers(&lab, home)?;
    steps.connectors(&lab, config)?;
    steps.flow(&lab)?;
    Ok(steps.seconds())
}

struct Steps<'a> {
    begun: Instant,
    told: Instant,
    children: &'a mut Children,
}

impl Steps<'_> {
    fn brokers(&mut self, lab: &Description, config: &Config, home: &Home) -> Result<(), Error> {
        let formats = render::formats(lab, home)?;
        let names: Vec<String> = formats.iter().map(|launch| launch.name.clone()).collect();
        self.spawn(formats)?;
        for name in names {
            self.children.finish(&name)?;
        }
        self.step("storage of the brokers formatted")?;
        self.spawn(render::brokers(lab, home)?)?;
        for cluster in lab.clusters.values() {
            self.wait(&cluster.brokers[0].name, "did not answer", || {
                kafka::is_up(cluster, cluster.brokers.len())
            })?;
        }
        if lab.secure.is_some() {
            grant(lab, config)?;
            self.step("rights granted")?;
        }
        // The topic is made before the connectors: one that finds no topic stays RUNNING without a task until its next look.
        let load = (&lab.load.topic, lab.load.partitions);
        let extra = lab.extra_topics.iter().map(|name| (name, EXTRA_PARTITIONS));
        let back = config
            .back
            .iter()
            .map(|_| ("target", BACK_TOPIC, BACK_PARTITIONS));
        let topics = std::iter::once(load)
            .chain(extra)
            .map(|(name, partitions)| ("source", name.as_str(), partitions));
        for (cluster, name, partitions) in topics.chain(back) {
            let topic = Topic {
                name,
                partitions,
                replication: config.replication(),
                largest: Some(render::LARGEST_RECORD),
            };
            topics::create(&lab.clusters[cluster], topic)?;
        }
        self.step("brokers answer")
    }

    fn workers(&mut self, lab: &Description, home: &Home) -> Result<(), Error> {
        self.spawn(render::workers(lab, home)?)?;
        // The load finds its addresses in lab.json.
        self.children.write_description()?;
        self.spawn(vec![render::load(lab)])?;
        self.spawn(render::monitors(lab, home)?)?;
        let client = Client::new(Duration::from_secs(2), lab);
        for worker in &lab.workers {
            self.wait(&worker.name, "did not answer", || {
                client.answers(&worker.rest)
            })?;
        }
        for server in &lab.prometheus {
            self.wait(&server.name, "did not get ready", || {
                client.answers(&format!("{}/-/ready", server.url))
            })?;
        }
        self.wait("alertmanager", "did not get ready", || {
            client.answers(&format!("{}/-/ready", lab.alertmanager))
        })?;
        if let Some(receiver) = &lab.receiver {
            self.wait("receiver", "did not answer", || client.answers(receiver))?;
        }
        self.step("workers answer")?;
        // Connectors that come after the whole group is there are spread evenly, and nothing moves afterwards.
        let cluster = &lab.clusters[&lab.group_cluster];
        self.wait("worker-1", "did not form a group with the others", || {
            kafka::stable_members(cluster, &lab.group) == Some(lab.workers.len())
        })?;
        self.step("workers form a group")
    }

    fn connectors(&mut self, lab: &Description, config: &Config) -> Result<(), Error> {
        let client = Client::new(Duration::from_secs(20), lab);
        let forth = [render::SOURCE, render::HEARTBEAT, render::CHECKPOINT];
        let back = config.back.iter().map(|_| render::BACK);
        for name in forth.into_iter().chain(back) {
            let worker = &lab.workers[0];
            let refused = |source| Error::Connector {
                name: name.to_owned(),
                log: lab.dir.join(format!("logs/{}.log", worker.name)),
                source,
            };
            // A worker that has ended tells more than the request that it left without an answer.
            client
                .put(worker, name, &render::connector(name, config))
                .map_err(|source| self.ended().unwrap_or_else(|| refused(source)))?;
            let tasks = usize::from(lab.connectors[name]);
            let runs = |connectors: Vec<Connector>| {
                connectors
                    .iter()
                    .any(|connector| connector.name == name && runs(connector, tasks))
            };
            let what = format!("does not run {name} with {tasks} tasks");
            self.wait("worker-1", &what, || {
                client.connectors(&lab.workers).is_ok_and(runs)
            })?;
            self.step(&format!("{name} runs"))?;
        }
        Ok(())
    }

    fn flow(&mut self, lab: &Description) -> Result<(), Error> {
        if lab.load.records_per_second > 0.0 {
            let truth = lab.dir.join("truth");
            let flows = || {
                Ledger::read(&truth).is_ok_and(|ledger| {
                    ledger.arriving_partitions() == usize::from(lab.load.partitions)
                })
            };
            self.wait("load", "sees no records arrive", flows)?;
            self.step("records flow on every partition")?;
        }
        Ok(())
    }

    fn spawn(&mut self, launches: Vec<Launch>) -> Result<(), Error> {
        launches
            .into_iter()
            .try_for_each(|launch| self.children.spawn(launch))
    }

    /// Waits until `done`, as long as all that was started runs; it is the log of this process that tells why it takes too long.
    fn wait(&mut self, name: &str, what: &str, done: impl Fn() -> bool) -> Result<(), Error> {
        let deadline = clock::monotonic() + PATIENCE;
        while !done() {
            if self.children.shared().stop_requested() {
                return Err(Error::Stopped);
            }
            if let Some(error) = self.ended() {
                return Err(error);
            }
            if clock::monotonic() > deadline {
                let what = format!("{what} within {} s", PATIENCE.as_secs());
                return Err(self.children.not_started(name, &what));
            }
            self.tick()?;
            thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    /// The error of a process that has ended though it should run.
    fn ended(&mut self) -> Option<Error> {
        let ended = self.children.ended()?;
        let what = format!("{} instead of going on", ended.state);
        Some(self.children.not_started(&ended.name, &what))
    }

    fn step(&mut self, text: &str) -> Result<(), Error> {
        tell(&Progress::Step {
            seconds: self.seconds(),
            text: text.to_owned(),
        })
    }

    /// A line now and then finds out whether the one who started the lab is still there.
    fn tick(&mut self) -> Result<(), Error> {
        if self.told.elapsed() < Duration::from_secs(1) {
            return Ok(());
        }
        self.told = clock::monotonic();
        tell(&Progress::Tick)
    }

    fn seconds(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }
}

/// What everybody but the lab itself may do on the clusters.
fn grant(lab: &Description, config: &Config) -> Result<(), Error> {
    let grants = [
        of_mirrormaker(config),
        of_mirrorwatch(config),
        of_bearers(config),
    ]
    .concat();
    for (alias, cluster) in &lab.clusters {
        let here: Vec<_> = grants.iter().filter(|one| one.cluster == *alias).collect();
        acls::grant(cluster, &here)?;
    }
    Ok(())
}

fn tell(progress: &Progress) -> Result<(), Error> {
    progress::tell(progress).map_err(failed("whoever started the lab is gone"))
}

fn runs(connector: &Connector, tasks: usize) -> bool {
    connector.state == "RUNNING"
        && connector.tasks.len() == tasks
        && connector.tasks.iter().all(|task| task.state == "RUNNING")
}
