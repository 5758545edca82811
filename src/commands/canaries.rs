//! The canaries of `serve`: start one for each flow that has one, tell it what the task lists say of its connector, and
//! log what it finds wrong. One whose settings a new configuration does not change runs on, and keeps its ledger.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::course::{Course, facts};
use crate::canary;
use crate::config::{Canary, Chain, Config, Files, FlowConfig, Properties};
use crate::model::connect::TaskMap;
use crate::model::flow::Flow;
use crate::model::snapshot::{Reading, Snapshot};
use crate::poll::CanaryReceiver;

/// What the canaries' clients get to end before they are left behind.
pub(super) const LEAVE: Duration = Duration::from_secs(1);

/// The canaries that run.
#[derive(Default)]
pub(super) struct Canaries {
    running: Vec<Running>,
}

/// What canaries are told of Connect.
#[derive(Clone)]
pub(super) struct Told {
    pub(super) tasks: watch::Receiver<Reading<TaskMap>>,
    pub(super) snapshots: watch::Receiver<Arc<Snapshot>>,
}

struct Running {
    wanted: Wanted,
    view: CanaryReceiver,
    /// The loop that accompanies it, which ends when `stop` is dropped.
    ended: JoinHandle<()>,
    stop: watch::Sender<()>,
}

/// What decides whether a canary goes on under another configuration.
#[derive(Clone, PartialEq)]
struct Wanted {
    flow: Flow,
    settings: canary::Config,
    /// The keys and certificates of both clusters: a client reads them when it is made.
    files: [Files; 2],
}

impl Wanted {
    fn new(config: &Config, flow: Flow, settings: canary::Config) -> Self {
        let files = [&settings.source, &settings.target].map(|alias| {
            let cluster = config.clusters.get(alias);
            cluster.map(|Properties(_, files)| files.clone())
        });
        Self {
            flow,
            settings,
            files: files.map(Option::unwrap_or_default),
        }
    }
}

/// Canaries that a configuration asks for, and where those come from that go on.
pub(super) struct Prepared {
    /// What is wanted, and what was prepared of one that is new.
    wanted: Vec<(Wanted, Option<canary::Prepared>)>,
    views: Vec<CanaryReceiver>,
}

impl Prepared {
    /// Where the views of all of them are found.
    pub(super) fn views(&self) -> Vec<CanaryReceiver> {
        self.views.clone()
    }
}

impl Canaries {
    /// Prepare the canaries of the configuration that do not run already; `instance` names this exporter. Nothing is started or
    /// stopped.
    pub(super) fn prepare(&self, config: &Config, instance: &str) -> anyhow::Result<Prepared> {
        let (mut wanted, mut views) = (Vec::new(), Vec::new());
        for (path, settings) in all_settings(config, instance) {
            let one = Wanted::new(config, ends(&path), settings);
            let mut running = self.running.iter();
            if let Some(running) = running.find(|running| running.wanted == one) {
                views.push(running.view.clone());
                wanted.push((one, None));
            } else {
                let canary = canary::prepare(one.settings.clone())?;
                views.push(canary.view());
                wanted.push((one, Some(canary)));
            }
        }
        Ok(Prepared { wanted, views })
    }

    /// Stop the canaries that go on no more, then start what was prepared: a canary with other settings goes on with the run of the one
    /// before it, and two at once would take each other's records for their own.
    pub(super) async fn take(&mut self, prepared: Prepared, told: &Told) {
        let goes_on = |running: &Running| {
            let mut wanted = prepared.wanted.iter();
            wanted.any(|(one, _)| running.wanted == *one)
        };
        let (going_on, leaving) = std::mem::take(&mut self.running)
            .into_iter()
            .partition(goes_on);
        self.running = going_on;
        Self { running: leaving }.stop().await;
        for (wanted, canary) in prepared.wanted {
            let Some(canary) = canary else {
                continue;
            };
            match canary.start() {
                Ok(handle) => {
                    let running = Running::start(wanted, handle, told.clone());
                    self.running.push(running);
                }
                Err(error) => tracing::error!(%error, "a canary cannot be started"),
            }
        }
    }

    /// Stop all of them.
    pub(super) async fn stop(self) {
        let ended: Vec<_> = self
            .running
            .into_iter()
            .map(|Running { ended, stop, .. }| {
                drop(stop);
                ended
            })
            .collect();
        for ended in ended {
            // A loop that panicked has ended, too.
            let _ = ended.await;
        }
    }
}

impl Running {
    fn start(wanted: Wanted, handle: canary::Handle, told: Told) -> Self {
        let (stop, stopped) = watch::channel(());
        let view = handle.view();
        let proved = proved_by_commits(&wanted.settings);
        let flow = wanted.flow.clone();
        let ended = tokio::spawn(accompany(flow, proved, handle, told, stopped));
        Self {
            wanted,
            view,
            ended,
            stop,
        }
    }
}

async fn accompany(
    flow: Flow,
    proved: Option<String>,
    handle: canary::Handle,
    told: Told,
    mut stopped: watch::Receiver<()>,
) {
    let Told {
        mut tasks,
        mut snapshots,
    } = told;
    let (mut known, mut said, mut told_at) = (None, None, None);
    let mut view = handle.view();
    loop {
        tokio::select! {
            _ = stopped.changed() => break,
            Ok(()) = tasks.changed() => {
                let facts = tasks
                    .borrow_and_update()
                    .value
                    .as_ref()
                    .and_then(|tasks| facts(tasks, &flow.connector));
                if facts.is_some() && facts != known {
                    handle.connector(facts.clone().unwrap_or_default());
                    known = facts;
                }
            }
            Ok(()) = snapshots.changed() => {
                let snapshot = snapshots.borrow_and_update();
                // Snapshots are taken more often than offsets are read.
                if snapshot.offsets.last_success != told_at {
                    told_at = snapshot.offsets.last_success;
                    let copied = proved.iter().flat_map(|topic| copied(&snapshot, &flow, topic));
                    copied.for_each(|(partition, offset)| handle.committed(partition, offset));
                }
            }
            Ok(()) = view.changed() => {
                let problem = view.borrow_and_update().as_ref().and_then(|view| view.problem.clone());
                log_change(&flow, said.as_deref(), problem.as_deref());
                said = problem;
            }
        }
    }
    if !handle.stop(LEAVE).await {
        tracing::warn!(
            source = flow.source,
            target = flow.target,
            "the canary's clients did not end in time"
        );
    }
}

/// The topic of which MM2's committed offset proves that records have arrived. That of a chain's first connector proves nothing of the
/// last cluster: an outage of a later flow would become a loss.
fn proved_by_commits(settings: &canary::Config) -> Option<String> {
    let is_one_flow = settings.onward.is_empty();
    is_one_flow.then(|| settings.topic.clone())
}

/// What MM2 has committed as copied of the canary's topic, by partition.
fn copied(snapshot: &Snapshot, flow: &Flow, topic: &str) -> Vec<(i32, i64)> {
    let offsets = snapshot.offsets.value.as_ref();
    let of_flow = offsets.and_then(|offsets| offsets.connectors.get(&flow.connector));
    of_flow
        .into_iter()
        .flatten()
        .filter(|(at, _)| at.topic == topic)
        .map(|(at, offset)| (at.partition, *offset))
        .collect()
}

fn log_change(flow: &Flow, before: Option<&str>, now: Option<&str>) {
    let Flow { source, target, .. } = flow;
    match (before, now) {
        (before, Some(problem)) if before.map(gist) != Some(gist(problem)) => {
            tracing::warn!(source, target, problem, "the canary cannot flow");
        }
        (Some(_), None) => tracing::info!(source, target, "the canary can flow again"),
        _ => {}
    }
}

/// A problem without its cause: causes that take turns are one problem, and one line.
fn gist(problem: &str) -> &str {
    problem.split(": ").next().unwrap_or(problem)
}

/// The settings of every canary, and the flows that its records pass.
fn all_settings(config: &Config, instance: &str) -> Vec<(Vec<Flow>, canary::Config)> {
    let of_flow = |FlowConfig { flow, canary, .. }: &FlowConfig| {
        let settings = settings(config, flow, canary.as_ref()?, instance);
        Some((vec![flow.clone()], settings))
    };
    let of_chain = |Chain { flows, canary }: &Chain| {
        let mut settings = settings(config, &ends(flows), canary, instance);
        settings.onward = flows.get(1..).unwrap_or_default().to_vec();
        (flows.clone(), settings)
    };
    let flows = config.flows.iter().filter_map(of_flow);
    flows.chain(config.chains.iter().map(of_chain)).collect()
}

/// Where the records of every canary go.
pub(super) fn courses(config: &Config) -> Vec<Course> {
    let flows: Vec<Flow> = config.flows.iter().map(|flow| flow.flow.clone()).collect();
    let settings = all_settings(config, "").into_iter();
    let course = |(path, settings): (Vec<Flow>, canary::Config)| Course {
        topic: settings.topic,
        path,
        flows: flows.clone(),
    };
    settings.map(course).collect()
}

/// A chain taken as one flow: what the first connector is asked for, from the first source to the last target.
fn ends(path: &[Flow]) -> Flow {
    let mut flow = path[0].clone();
    flow.target.clone_from(&path[path.len() - 1].target);
    flow
}

fn settings(config: &Config, flow: &Flow, canary: &Canary, instance: &str) -> canary::Config {
    let properties = |alias: &str| {
        let Properties(properties, _) = config.clusters.get(alias).cloned().unwrap_or_default();
        properties
    };
    canary::Config {
        source: flow.source.clone(),
        target: flow.target.clone(),
        source_cluster: properties(&flow.source),
        target_cluster: properties(&flow.target),
        topic: canary.topic.clone(),
        policy: flow.policy.clone(),
        onward: Vec::new(),
        partitions: canary.partitions,
        instance: instance.to_owned(),
        period: Duration::from_secs_f64(1.0 / canary.records_per_second),
        outage_threshold: canary.outage_threshold,
        loss_grace: canary.loss_grace,
    }
}

/// The name of an exporter that was given none; it is the same after a restart on the same host: the host and the first port that it
/// serves on.
pub(super) fn default_instance(port: u16) -> anyhow::Result<String> {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .context("cannot read the host's name")?;
    Ok(format!("{}:{port}", host.trim()))
}

#[test]
fn causes_that_take_turns_are_one_problem() {
    assert_eq!(
        gist("the target does not answer: timed out"),
        gist("the target does not answer: refused")
    );
    assert_ne!(
        gist("the target does not answer: timed out"),
        gist("topic `x` is missing: create it")
    );
}

#[test]
fn what_the_first_connector_of_a_chain_committed_is_no_evidence_of_a_loss() {
    let mut settings = canary::Config::new("a", "b", "canary", "me");
    assert_eq!(proved_by_commits(&settings).as_deref(), Some("canary"));
    settings.onward = vec![Flow {
        source: "b".to_owned(),
        target: "c".to_owned(),
        connector: "on".to_owned(),
        policy: crate::model::flow::ReplicationPolicy::default(),
    }];
    assert_eq!(proved_by_commits(&settings), None);
}
