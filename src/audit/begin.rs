//! What an audit reads, and from where on: asked of both clusters, or kept by an earlier run.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::thread;

use rdkafka::Offset;

use super::Error;
use super::content::Digester;
use super::lane::{Lane, Progress};
use super::matching::{Begin, Matcher, Saved, Scope};
use super::range::{Plan, plan};
use super::run::{Audit, PATIENCE, PAUSE, Under};
use super::state::{Identity, State};
use super::stream::streams;
use crate::clock;

/// Partitions that are compared, with what an earlier run kept of them.
type Lanes = BTreeMap<i32, (Lane, Option<Saved>)>;

impl Audit<'_> {
    /// Find out what is to be read, and open all streams.
    pub(super) fn begin(&self, identity: Identity, state: Option<State>) -> Result<Under, Error> {
        let (mut under, half) = self.under(identity, state)?;
        let digester = Digester::ignoring(self.options.ignored);
        let lanes = self.read_source(&under, half, &digester)?;
        self.join_target(&mut under, lanes, &digester)?;
        Ok(under)
    }

    /// What is under way, and the partitions that an earlier run was in the middle of.
    fn under(
        &self,
        identity: Identity,
        state: Option<State>,
    ) -> Result<(Under, BTreeMap<i32, Saved>), Error> {
        let mut under = Under {
            identity,
            window: self.options.window.clone(),
            plans: BTreeMap::new(),
            target_from: BTreeMap::new(),
            done: BTreeMap::new(),
            lanes: Vec::new(),
        };
        let mut half = BTreeMap::new();
        let Some(state) = state else {
            let source = (&self.asker, &self.partitions.0[..]);
            let target = (&self.target, &self.partitions.1[..]);
            under.plans = plan(source, target, &under.window)?;
            return Ok((under, half));
        };
        under.window = state.window;
        under.plans = state.plans;
        under.target_from = state.target_from;
        for (partition, progress) in state.progress {
            match progress {
                Progress::Done(found) => drop(under.done.insert(partition, *found)),
                Progress::Half(saved) => drop(half.insert(partition, *saved)),
                Progress::Begin => {}
            }
        }
        Ok((under, half))
    }

    /// Read the source of all partitions that no earlier run was through with.
    fn read_source(
        &self,
        under: &Under,
        half: BTreeMap<i32, Saved>,
        digester: &Digester,
    ) -> Result<Lanes, Error> {
        let mut half = half;
        let mut plans = under.plans.clone();
        plans.retain(|partition, _| !under.done.contains_key(partition));
        let from = plans.iter().map(|(partition, plan)| {
            let saved = half.get(partition);
            (
                *partition,
                saved.map_or(plan.read.0, |saved| saved.source_from),
            )
        });
        let sources = streams(&self.source, &from.collect(), digester)?;
        let lanes = sources.into_iter().map(|(partition, source)| {
            let saved = half.remove(&partition);
            let lane = Lane::new(partition, plans[&partition], source, saved.clone());
            (partition, (lane, saved))
        });
        Ok(lanes.collect())
    }

    /// The target is read from the first record that may be a copy of what is read of the source.
    fn join_target(
        &self,
        under: &mut Under,
        lanes: Lanes,
        digester: &Digester,
    ) -> Result<(), Error> {
        let mut lanes = lanes;
        let from = self.target_from(under, &mut lanes)?;
        let mut targets = streams(&self.target, &from, digester)?;
        for (partition, (mut lane, saved)) in lanes {
            let from = from.get(&partition).copied().unwrap_or(0);
            let first = *under.target_from.entry(partition).or_insert(from);
            let scope = self.scope(&under.plans[&partition], first, under);
            let matcher = match saved {
                Some(saved) => Matcher::resume(scope, saved),
                None => Matcher::new(scope),
            };
            lane.compare(matcher, targets.remove(&partition), from);
            under.lanes.push(Mutex::new(lane));
        }
        Ok(())
    }

    /// From where each partition of the target is read; none where nothing is looked for.
    fn target_from(&self, under: &Under, lanes: &mut Lanes) -> Result<BTreeMap<i32, i64>, Error> {
        let mut times = BTreeMap::new();
        let mut from = BTreeMap::new();
        for (partition, (lane, saved)) in lanes {
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
        let found = self.target.offsets(&times)?;
        from.extend(found.into_iter().filter(|(_, offset)| *offset >= 0));
        Ok(from)
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
            is_compacted: self.is_compacted == Some(true),
            memory: self.options.memory / under.plans.len().max(1),
        }
    }
}
