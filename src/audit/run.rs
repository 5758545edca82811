//! An audit from its questions to its report.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rdkafka::Offset;
use rdkafka::consumer::Consumer as _;

use super::client::Client;
use super::content::Digester;
use super::lane::{Lane, Progress};
use super::matching::{Begin, Matcher, Saved, Scope};
use super::range::{Plan, Window, plan};
use super::report::{End, FORMAT, Partition, Report, Verdict};
use super::signals::listen;
use super::state::{Identity, State};
use super::stream::streams;
use super::tally::{Counts, Firsts};
use super::{Error, Isolation, Options, Side};
use crate::clock;

/// Pause of a thread that has nothing to do.
pub(super) const PAUSE: Duration = Duration::from_millis(1);
/// An audit that has read nothing for so long ends.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// Compare both topics.
pub fn run(options: &Options) -> Result<Report, Error> {
    let interrupted = listen()?;
    let client = |side, (_, properties): &(String, _), topic: &str, partitions| {
        Client::new(side, properties, topic, options.isolation, partitions)
    };
    // One that takes part in no transaction answers how far the source really goes, and counts the partitions: how much the others may
    // hold depends on them.
    let asker = Client::new(
        Side::Source,
        &options.source.1,
        &options.topic,
        Isolation::ReadUncommitted,
        1,
    )?;
    let partitions = asker.partitions()?.len();
    let source = client(Side::Source, &options.source, &options.topic, partitions)?;
    let target = client(
        Side::Target,
        &options.target,
        &options.remote_topic,
        partitions,
    )?;
    let audit = Audit {
        options,
        asker,
        source,
        target,
        interrupted,
    };
    audit.run()
}

pub(super) struct Audit<'a> {
    pub(super) options: &'a Options,
    /// Asked where the source's records stand.
    asker: Client,
    pub(super) source: Client,
    pub(super) target: Client,
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
    pub(super) is_compacted: Option<bool>,
}

impl Audit<'_> {
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

    /// Find out what is to be read, and open all streams.
    fn begin(&self, identity: Identity, state: Option<State>) -> Result<Under, Error> {
        let is_compacted = self.target.is_compacted();
        let window = state.as_ref().map_or(&self.options.window, State::window);
        let window = window.clone();
        let (plans, target_from, progress) = match state {
            Some(state) => (state.plans, state.target_from, state.progress),
            None => (
                plan(&self.asker, &self.target, &window)?,
                BTreeMap::new(),
                BTreeMap::new(),
            ),
        };
        let mut under = Under {
            identity,
            window,
            plans,
            target_from,
            done: BTreeMap::new(),
            lanes: Vec::new(),
            is_compacted,
        };
        let mut half = BTreeMap::new();
        for (partition, progress) in progress {
            match progress {
                Progress::Done(found) => drop(under.done.insert(partition, *found)),
                Progress::Half(saved) => drop(half.insert(partition, *saved)),
                Progress::Begin => {}
            }
        }
        let mut plans = under.plans.clone();
        plans.retain(|partition, _| !under.done.contains_key(partition));
        let from = plans.iter().map(|(partition, plan)| {
            let from = half
                .get(partition)
                .map_or(plan.read.0, |saved| saved.source_from);
            (*partition, from)
        });
        let digester = Digester::ignoring(self.options.ignored);
        let mut sources = streams(&self.source, &from.collect(), &digester)?;
        let mut lanes = BTreeMap::new();
        for (partition, plan) in &plans {
            let Some(source) = sources.remove(partition) else {
                continue;
            };
            let saved = half.remove(partition);
            let lane = Lane::new(*partition, *plan, source, saved.clone());
            lanes.insert(*partition, (lane, saved));
        }
        self.join_target(&mut under, lanes, &digester)?;
        Ok(under)
    }

    /// The target is read from the first record that may be a copy of what is read of the source.
    fn join_target(
        &self,
        under: &mut Under,
        lanes: BTreeMap<i32, (Lane, Option<Saved>)>,
        digester: &Digester,
    ) -> Result<(), Error> {
        let mut lanes = lanes;
        let mut times = BTreeMap::new();
        let mut from: BTreeMap<i32, i64> = BTreeMap::new();
        for (partition, (lane, saved)) in &mut lanes {
            let plan = under.plans[partition];
            let (start, end) = match plan.target {
                // Where the source has nothing, nothing is looked for.
                Some(log) if plan.read.0 < plan.read.1 => log,
                _ => continue,
            };
            let known = saved.as_ref().map(|saved| saved.target_from);
            let known = known.or_else(|| under.target_from.get(partition).copied());
            if let Some(known) = known {
                from.insert(*partition, known);
            } else if plan.read.0 == 0 {
                from.insert(*partition, start);
            } else {
                self.sample(lane)?;
                if let Some(earliest) = lane.earliest().filter(|earliest| *earliest >= 0) {
                    times.insert(*partition, Offset::Offset(earliest));
                } else {
                    from.insert(*partition, start);
                }
                // Where nothing is that late, there is only what is still to come.
                from.entry(*partition).or_insert(end);
            }
        }
        from.extend(
            self.target
                .offsets(&times)?
                .into_iter()
                .filter(|(_, offset)| *offset >= 0),
        );
        let mut targets = streams(&self.target, &from, digester)?;
        for (partition, (mut lane, saved)) in lanes {
            let first = *under
                .target_from
                .entry(partition)
                .or_insert_with(|| from.get(&partition).copied().unwrap_or(0));
            let scope = self.scope(&under.plans[&partition], first, under);
            let matcher = match saved {
                Some(saved) => Matcher::resume(scope, saved),
                None => Matcher::new(scope),
            };
            lane.compare(
                matcher,
                targets.remove(&partition),
                from.get(&partition).copied().unwrap_or(0),
            );
            under.lanes.push(Mutex::new(lane));
        }
        Ok(())
    }

    fn sample(&self, lane: &mut Lane) -> Result<(), Error> {
        let begun = clock::monotonic();
        while !lane.sample()? {
            self.hear();
            if self.interrupted.load(Ordering::SeqCst) {
                return Err(Error::Interrupted("nothing was compared yet".to_owned()));
            }
            if clock::monotonic() > begun + PATIENCE {
                return Err(self.silent());
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    fn scope(&self, plan: &Plan, target_from: i64, under: &Under) -> Scope {
        let (start, end) = plan.target.unwrap_or((0, 0));
        let begin = if plan.read.0 == 0 && target_from == 0 {
            Begin::First
        } else if start > 0 && target_from <= start {
            Begin::Cut
        } else {
            Begin::Between
        };
        Scope {
            judged: plan.judged,
            goal: plan.read.1,
            is_open: plan.is_open(),
            target_end: end,
            begin,
            is_compacted: under.is_compacted == Some(true),
            memory: self.options.memory / under.plans.len().max(1),
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
            is_compacted: under.is_compacted,
            total: Counts::default(),
            partitions: found.into_iter().map(partition).collect(),
        };
        report.judge();
        report
    }
}
