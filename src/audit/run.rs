//! An audit from its questions to its report.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rdkafka::consumer::Consumer as _;

use super::client::{Client, is_compacted};
use super::lane::Lane;
use super::range::{Plan, Window};
use super::report::{End, FORMAT, Partition, Report, Verdict};
use super::signals::listen;
use super::state::{Identity, State};
use super::tally::{Counts, Firsts};
use super::{Error, Isolation, Options, Side};

/// Pause of a thread that has nothing to do.
pub(super) const PAUSE: Duration = Duration::from_millis(1);
/// An audit that has read nothing for so long ends.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// Compare both topics.
pub fn run(options: &Options) -> Result<Report, Error> {
    let audit = Audit::connect(options, listen()?)?;
    let report = audit.run();
    audit.close();
    report
}

pub(super) struct Audit<'a> {
    pub(super) options: &'a Options,
    /// Takes part in no transaction, so that it is told how far the source really goes.
    pub(super) asker: Client,
    pub(super) source: Client,
    pub(super) target: Client,
    /// Partitions of both topics.
    pub(super) partitions: (Vec<i32>, Vec<i32>),
    /// Whether the target is compacted, if that is known.
    pub(super) is_compacted: Option<bool>,
    pub(super) interrupted: Arc<AtomicBool>,
}

/// Everything under way.
pub(super) struct Under {
    pub(super) identity: Identity,
    pub(super) window: Window,
    pub(super) plans: BTreeMap<i32, Plan>,
    pub(super) target_from: BTreeMap<i32, i64>,
    /// Partitions that an earlier run was through with.
    pub(super) done: BTreeMap<i32, (Counts, Firsts)>,
    pub(super) lanes: Vec<Mutex<Lane>>,
}

impl<'a> Audit<'a> {
    /// Make the clients. Each waits for its cluster, so they do it at the same time.
    fn connect(options: &'a Options, interrupted: Arc<AtomicBool>) -> Result<Self, Error> {
        let (topic, remote_topic) = (&options.topic, &options.remote_topic);
        let (at_source, at_target) = (&options.source.1, &options.target.1);
        let all = Isolation::ReadUncommitted;
        let asker = Client::new(Side::Source, at_source, topic, all, 1)?;
        let of_source = asker.partitions()?;
        // How much a client may hold of each partition is set when it is made.
        let client = |side, properties, topic| {
            let client = Client::new(side, properties, topic, options.isolation, of_source.len())?;
            let partitions = client.partitions()?;
            Ok((client, partitions))
        };
        let (source, target, is_compacted) = thread::scope(|scope| {
            let target = scope.spawn(|| client(Side::Target, at_target, remote_topic));
            let is_compacted = scope.spawn(|| is_compacted(at_target, remote_topic));
            let source = client(Side::Source, at_source, topic);
            (source, joined(target), joined(is_compacted))
        });
        let ((source, _), (target, of_target)) = (source?, target?);
        Ok(Self {
            options,
            asker,
            source,
            target,
            partitions: (of_source, of_target),
            is_compacted,
            interrupted,
        })
    }

    /// Leave both clusters: each client takes a moment to end its connections.
    fn close(self) {
        thread::scope(|scope| {
            for client in [self.asker, self.source, self.target] {
                scope.spawn(move || drop(client));
            }
        });
    }

    fn run(&self) -> Result<Report, Error> {
        let identity = self.identity();
        let state = match &self.options.state {
            Some(path) => State::read(path, &identity)?,
            None => None,
        };
        let under = self.begin(identity, state)?;
        self.compare(&under)?;
        let report = self.report(under);
        if let Some(path) = &self.options.state {
            // What is through is not gone on with.
            let _ = std::fs::remove_file(path);
        }
        Ok(report)
    }

    fn identity(&self) -> Identity {
        let options = self.options;
        Identity {
            source_cluster: self.source.cluster_id(),
            target_cluster: self.target.cluster_id(),
            topic: options.topic.clone(),
            remote_topic: options.remote_topic.clone(),
            asked: options.asked.clone(),
            ignored: options.ignored,
            isolation: options.isolation,
            memory: options.memory,
        }
    }

    pub(super) fn how_to_go_on(&self) -> String {
        match &self.options.state {
            Some(path) => format!(
                "what was compared is kept in {}: the same command with the same --resume goes on from there",
                path.display()
            ),
            None => "nothing is kept; with --resume FILE an interrupted audit can be gone on with"
                .to_owned(),
        }
    }

    pub(super) fn silent(&self) -> Error {
        let heard = [&self.source, &self.target].map(|client| {
            let last = client.consumer.context().last();
            format!(
                "{}: {}",
                client.side,
                last.unwrap_or_else(|| "its client has no complaint".to_owned())
            )
        });
        Error::Silent {
            patience: PATIENCE,
            why: heard.join("; "),
        }
    }

    fn report(&self, under: Under) -> Report {
        let options = self.options;
        let lanes = under
            .lanes
            .into_iter()
            .map(|lane| lane.into_inner().unwrap_or_else(PoisonError::into_inner));
        let mut found = under.done;
        found.extend(lanes.filter_map(Lane::outcome));
        let partition = |(number, (counts, first)): (i32, (Counts, Firsts))| {
            let plan = &under.plans[&number];
            Partition {
                partition: number,
                from: plan.judged.0,
                to: plan.judged.1,
                begins_below_source_start: plan.begins_below_source_start,
                is_at_target: plan.target.is_some(),
                counts,
                first,
            }
        };
        let end = |alias: &str, topic: &str| End {
            cluster: alias.to_owned(),
            topic: topic.to_owned(),
        };
        let mut report = Report {
            format: FORMAT,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            verdict: Verdict::Undecided,
            source: end(&options.source.0, &options.topic),
            target: end(&options.target.0, &options.remote_topic),
            window: under.window.clone(),
            isolation: options.isolation,
            ignored: options.ignored,
            is_compacted: self.is_compacted,
            total: Counts::default(),
            partitions: found.into_iter().map(partition).collect(),
        };
        report.judge();
        report
    }
}

fn joined<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
