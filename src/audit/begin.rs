//! What an audit reads, and from where on: asked of both clusters, or kept by an earlier run.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::thread;

use rdkafka::Offset;

use super::Error;
use super::content::{Digester, Part};
use super::lane::{Lane, Progress};
use super::matching::{Begin, Matcher, Saved, Scope};
use super::range::{Plan, plan};
use super::run::{Audit, PATIENCE, PAUSE, Under};
use super::state::{Identity, State};
use super::stream::streams;
use crate::clock;

/// By how much the clock of a target that gives its own timestamps may be behind without costing the first records of a window, in ms.
const CLOCKS_APART: i64 = 60_000;

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
            window: self.options.asked.window(self.options.asked_at),
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
    fn target_from(
        &self,
        under: &mut Under,
        lanes: &mut Lanes,
    ) -> Result<BTreeMap<i32, i64>, Error> {
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
                    let margin = if self.has_own_times() {
                        CLOCKS_APART
                    } else {
                        0
                    };
                    let earliest = (earliest - margin).max(0);
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
        // Retention may have gone on since the plan was made: the answer is the first that was left of what was looked for.
        let looked_up: Vec<i32> = times.into_keys().collect();
        for (partition, start) in self.target.edges(&looked_up, Offset::Beginning)? {
            let plan = under.plans.get_mut(&partition);
            if let Some((known, _)) = plan.and_then(|plan| plan.target.as_mut()) {
                *known = start.max(*known);
            }
        }
        Ok(from)
    }

    /// Whether the target's timestamps may be those of its own clock.
    fn has_own_times(&self) -> bool {
        self.options.ignored.contains(Part::Timestamp)
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
        let (_, end) = plan.target.unwrap_or((0, 0));
        Scope {
            judged: plan.judged,
            goal: plan.read.1,
            is_open: plan.is_open(),
            target_end: end,
            begin: begin(plan, target_from, self.has_own_times()),
            is_compacted: self.is_compacted,
            memory: self.options.memory / under.plans.len().max(1),
        }
    }
}

/// With what the target begins that is read from an offset on.
fn begin(plan: &Plan, target_from: i64, has_own_times: bool) -> Begin {
    let (start, _) = plan.target.unwrap_or((0, 0));
    let is_first_left = start > 0 && target_from <= start;
    // Its clock may be behind by more than the margin: copies may stand before that place.
    let is_guessed = has_own_times && target_from > start;
    if plan.read.0 == 0 && target_from == 0 {
        Begin::First
    } else if is_first_left || is_guessed {
        Begin::Cut
    } else {
        Begin::Between
    }
}

#[test]
fn what_may_have_stood_before_the_first_record_of_the_target_is_not_taken_for_absent() {
    let plan = |read_from, start| Plan {
        judged: (500, 1_000),
        times: None,
        read: (read_from, 1_000),
        begins_below_source_start: false,
        source: (0, 1_000),
        target: Some((start, 900)),
    };
    for (read_from, start, target_from, has_own_times, expected) in [
        (0, 0, 0, false, Begin::First),
        (0, 0, 0, true, Begin::First),
        (0, 100, 100, false, Begin::Cut),
        (200, 100, 100, false, Begin::Cut),
        (200, 100, 101, false, Begin::Between),
        // Retention went on after the place was looked up.
        (200, 102, 101, false, Begin::Cut),
        // What the target's own clock says is a guess, unless it leads to the beginning.
        (200, 100, 101, true, Begin::Cut),
        (200, 0, 101, true, Begin::Cut),
        (200, 0, 0, true, Begin::Between),
    ] {
        assert_eq!(
            begin(&plan(read_from, start), target_from, has_own_times),
            expected,
            "{read_from} {start} {target_from} {has_own_times}"
        );
    }
}
