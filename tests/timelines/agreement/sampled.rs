//! What is read off scrapes: detection, times between observations, phases of the grids.

use std::collections::BTreeMap;

use mirrorwatch::model::time::Timestamp;
use mirrorwatch::recovery::judgement::{Placed, Seen};
use mirrorwatch::recovery::scenario::{Must, Phase};

use super::{Compared, Held, agreed, bounds, decided, inside, often_enough, same};
use crate::connect::Shown;
use crate::judged::{Timeline, asks_grids};
use crate::rows::{EXPECTATIONS, Expectation, NUMBERS, RATE, TIMES, Time};
use crate::second::Bounds;
use crate::second::grids;
use crate::second::sampled::{self, Is, Question};
use crate::second::scrapes::Scrape;
use crate::world::World;

impl Held<'_> {
    /// What truly was at an instant.
    fn truly(&self, at: i64, question: Question) -> bool {
        question(&self.world.really(at)) == Is::So
    }

    /// Every instant at which something changes in a span, and its ends.
    fn changes(&self, (from, to): (i64, i64)) -> Vec<i64> {
        let mut changes = self.world.changes();
        changes.retain(|at| *at > from && *at < to);
        changes.extend([from, to]);
        changes.sort_unstable();
        changes
    }

    /// The first instant after the zero from which on something is so until `to`, if it changes no more than that once.
    fn came_and_stayed(&self, question: Question, to: i64) -> Option<i64> {
        let changes = self.changes((self.world.zero.1, to));
        let so: Vec<_> = changes.iter().map(|at| self.truly(*at, question)).collect();
        let turns = so.windows(2).filter(|pair| pair[0] != pair[1]).count();
        let first = so.iter().position(|so| *so)?;
        (turns <= 1).then_some(changes[first])
    }

    /// The scrapes that end by some time.
    fn by(&self, end: i64) -> &[Scrape] {
        let after = self.scrapes.iter().position(|scrape| scrape.latest > end);
        &self.scrapes[..after.unwrap_or(self.scrapes.len())]
    }

    /// Where the phase before the fault lies, and that during it.
    fn phase(&self, before: bool) -> grids::Phase {
        let (issued, done) = self.zero();
        let end = self.judgement.window.unwrap().1.as_micros();
        if before {
            (issued - self.world.steady, issued)
        } else {
            (done, end.min(self.restored()))
        }
    }
}

pub(super) fn detection(held: &Held<'_>) -> Compared {
    let product = bounds(&held.judgement.measures["detection"]);
    let second = sampled::detection(&held.scrapes, held.zero(), held.restored());
    let seen = same("detection", product, second)?;
    // The victim was down from one instant on, before it was seen.
    let down = held.came_and_stayed(sampled::down, held.zero().1 + 200_000);
    if let Some(down) = down {
        inside("detection", down - held.world.zero.1, product)?;
    }
    Ok(seen)
}

pub(super) fn time(held: &Held<'_>, row: &Time) -> Compared {
    let found = held.judgement.times.iter().find(|time| time.id == row.id);
    let product = bounds(&found.unwrap().measured);
    let end = held.phase(false).1;
    let second = sampled::elapsed(held.by(end), row.question, row.age, held.zero());
    let seen = same(row.id, product, second)?;
    stands(held, row, product)?;
    Ok(seen)
}

/// The same as a measure, where the scenario has no grid of times.
pub(super) fn phase(held: &Held<'_>, (name, row): (&str, &Time)) -> Compared {
    let product = bounds(&held.judgement.measures[name]);
    let inside = held
        .scrapes
        .iter()
        .take_while(|s| s.earliest <= held.restored());
    let inside: Vec<_> = inside.cloned().collect();
    let second = sampled::elapsed(&inside, row.question, row.age, held.zero());
    let seen = same(name, product, second.filter(|(_, upper)| upper.is_some()))?;
    stands(held, row, product)?;
    Ok(seen)
}

/// Rule: something that came and went between two scrapes is not seen; what came and stayed is.
fn stands(held: &Held<'_>, row: &Time, product: Option<Bounds>) -> Result<(), String> {
    let Some((lower, upper)) = product else {
        return Ok(());
    };
    let (issued, done) = held.zero();
    let until = upper.map_or(done + lower, |upper| issued + upper);
    let came = held.came_and_stayed(row.question, until);
    match (came, upper) {
        (Some(at), _) => inside(row.id, at - held.world.zero.1, product),
        (None, _) => Ok(()),
    }
}

pub(super) fn numbers(held: &Held<'_>) -> Compared {
    let mut any = false;
    for row in &NUMBERS {
        for (phase, before) in [(Phase::Before, true), (Phase::During, false)] {
            let seen = &observed(held, row.id)[&phase];
            let product = match seen {
                Seen::Between {
                    least,
                    most,
                    scrapes,
                } => Some((*least, *most, *scrapes)),
                Seen::Unknown { .. } | Seen::NotApplicable { .. } => None,
            };
            let second = grids::range(&held.scrapes, held.phase(before), row.shown);
            if product != second {
                return Err(format!(
                    "{} {phase:?}: {product:?} is not {second:?}",
                    row.id
                ));
            }
            any |= second.is_some();
            was(held, row.shown, held.phase(before), second)?;
        }
    }
    Ok(any)
}

/// Whether numbers that were seen really were, in a phase or since the oldest reading of it.
fn was(
    held: &Held<'_>,
    number: fn(&Shown) -> Option<f64>,
    (from, to): grids::Phase,
    seen: Option<(f64, f64, usize)>,
) -> Result<(), String> {
    let Some((least, most, _)) = seen else {
        return Ok(());
    };
    let oldest = held.scrapes.iter().map(|s| s.earliest - s.read(None)).max();
    let changes = held.changes((from - oldest.unwrap_or(0), to));
    let truly = changes
        .iter()
        .filter_map(|at| number(&held.world.really(*at)));
    let all: Vec<f64> = truly.collect();
    let real = |seen: f64| all.iter().any(|was| (was - seen).abs() < 1e-9);
    let wrong = || format!("{least} or {most} was not between {from} and {to}: {all:?}");
    (real(least) && real(most)).then_some(()).ok_or_else(wrong)
}

fn observed<'a>(held: &'a Held<'_>, id: &str) -> &'a BTreeMap<Phase, Seen> {
    let mut rows = held.judgement.observations.iter();
    &rows.find(|row| row.id == id).unwrap().seen
}

pub(super) fn throughput(held: &Held<'_>) -> Compared {
    let mut any = false;
    for (phase, before) in [(Phase::Before, true), (Phase::During, false)] {
        let product = match &observed(held, RATE)[&phase] {
            Seen::Between { least, most, .. } => Some((*least, *most)),
            Seen::Unknown { .. } | Seen::NotApplicable { .. } => None,
        };
        let second = grids::rate(&held.scrapes, held.phase(before));
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-4 * a.abs().max(1.0);
        let is_same = match (product, second) {
            (Some((a, b)), Some((c, d))) => near(a, c) && near(b, d),
            (None, None) => true,
            _ => false,
        };
        if !is_same {
            return Err(format!(
                "throughput {phase:?}: {product:?} is not {second:?}"
            ));
        }
        any |= second.is_some();
        flowed(held, held.phase(before), product)?;
    }
    Ok(any)
}

/// Whether as much a second really was taken between the two readings.
fn flowed(held: &Held<'_>, phase: grids::Phase, rate: Option<(f64, f64)>) -> Result<(), String> {
    let Some((least, most)) = rate else {
        return Ok(());
    };
    let good: Vec<_> = grids::inside(&held.scrapes, phase);
    let good: Vec<_> = good.into_iter().filter(|scrape| scrape.good).collect();
    // What a page shows was so when it was made less its reading's age, on the true clock.
    let read = |scrape: &Scrape| {
        scrape.reads - crate::page::offset(held.world, 0) - held.world.connect.ages[2]
    };
    let (first, last) = (good[0], good[good.len() - 1]);
    let grown = (last.shown.taken - first.shown.taken) as f64;
    let truly = grown * 1e6 / (read(last) - read(first)) as f64;
    let is_inside = least <= truly + 1e-3 && truly <= most + 1e-3;
    let wrong = || format!("throughput: the true {truly} is not in {least} … {most}");
    is_inside.then_some(()).ok_or_else(wrong)
}

pub(super) fn placements(held: &Held<'_>) -> Compared {
    let mut any = false;
    for task in 0..2 {
        let mut rows = held.judgement.placements.iter();
        let row = rows.find(|row| usize::try_from(row.task).unwrap() == task);
        for (phase, before) in [(Phase::Before, true), (Phase::During, false)] {
            let on = row.and_then(|row| row.on.get(&phase));
            let product = on.and_then(|on| match on {
                Placed::On { worker, state } => Some((state.as_str(), worker.as_str())),
                Placed::Unknown { .. } => None,
            });
            let second = grids::placed(&held.scrapes, held.phase(before), task);
            if product != second {
                return Err(format!(
                    "task {task} {phase:?}: {product:?} is not {second:?}"
                ));
            }
            any |= second.is_some();
        }
    }
    Ok(any)
}

pub(super) fn expectation(held: &Held<'_>, number: usize) -> Compared {
    let row = &EXPECTATIONS[number];
    let result = &held.judgement.expectations[number];
    let at = result.decided_at.map(Timestamp::as_micros);
    let product = result.confirmed.zip(at);
    let phase = held.phase(row.before);
    let second = grids::decided(
        &held.scrapes,
        held.world.interval,
        phase,
        row.question,
        row.must,
    );
    let is_same = match (product, second) {
        (Some((a, at)), Some((b, then))) => a == b && (at - then).abs() <= super::ROUNDING,
        (None, None) => true,
        _ => false,
    };
    if !is_same {
        return Err(format!(
            "expectation {number}: {product:?} is not {second:?}"
        ));
    }
    truly_so(held, row, phase, product.map(|(is, _)| is))?;
    Ok(second.is_some())
}

/// Rule: what lasted for so long that a scrape must have shown it is not denied, and what never was is not claimed.
fn truly_so(
    held: &Held<'_>,
    row: &Expectation,
    (from, to): grids::Phase,
    confirmed: Option<bool>,
) -> Result<(), String> {
    // From the oldest reading that a scrape of the phase may show.
    let oldest = held
        .scrapes
        .iter()
        .map(|s| s.earliest - s.read(None))
        .max()
        .unwrap_or(0);
    let changes = held.changes((from - oldest, to));
    let so = |at: &i64| held.truly(*at, row.question);
    let ever = changes.iter().any(so);
    let always = changes.iter().all(so);
    let is_wrong =
        match (row.must, confirmed) {
            (Must::Once | Must::InTheEnd | Must::Always, Some(true))
            | (Must::Never, Some(false)) => !ever,
            (Must::Always | Must::InTheEnd | Must::Once, Some(false))
            | (Must::Never, Some(true)) => always,
            (_, None) => false,
        };
    let wrong = || format!("{:?} is {confirmed:?} against the truth", row.must);
    (!is_wrong).then_some(()).ok_or_else(wrong)
}

pub(super) fn with_grids() -> impl Iterator<Item = &'static Timeline> {
    decided().filter(|timeline| asks_grids(&timeline.world))
}

pub(super) fn without_grids() -> impl Iterator<Item = &'static Timeline> {
    decided().filter(|timeline| !asks_grids(&timeline.world))
}

/// The measures of a scenario without a grid of times that are rows of one with it.
pub(super) const PHASES: [(&str, &Time); 2] = [
    ("rebalance_triggered", &TIMES[0]),
    ("tasks_redistributed", &TIMES[1]),
];

#[test]
fn detection_is_the_first_bad_sample_on_both_sides() {
    often_enough(agreed(decided(), detection), |numbers, compared| {
        numbers * 10 > compared * 9
    });
}

#[test]
fn times_between_observations_agree() {
    for row in &TIMES {
        often_enough(
            agreed(with_grids(), |held| time(held, row)),
            |numbers, compared| numbers * 10 > compared,
        );
    }
    for of in PHASES {
        often_enough(
            agreed(without_grids(), |held| phase(held, of)),
            |numbers, compared| numbers * 2 > compared,
        );
    }
}

#[test]
fn workers_tasks_and_throughput_before_and_during_agree() {
    for row in [numbers, throughput, placements] {
        often_enough(agreed(with_grids(), row), |numbers, compared| {
            numbers == compared
        });
    }
}

#[test]
fn what_is_expected_is_confirmed_refuted_or_open_on_both_sides() {
    for number in 0..EXPECTATIONS.len() {
        often_enough(
            agreed(with_grids(), |held| expectation(held, number)),
            |numbers, compared| numbers * 2 > compared,
        );
    }
}

/// What truly is in a world.
impl World {
    fn really(&self, at: i64) -> Shown {
        Shown {
            victim_up: f64::from(u8::from(!self.is_dead(at))),
            tasks: Some(self.connect.statuses(at)),
            members: Some(self.connect.members(at)),
            ..Shown::default()
        }
    }

    /// Every instant at which something of that changes.
    fn changes(&self) -> Vec<i64> {
        let tasks = self.connect.tasks.iter().flatten().map(|(at, _)| *at);
        let victim = [
            Some(self.zero.1 + 100_000),
            self.restored.map(|at| at + crate::world::SECOND),
        ];
        let others = victim.into_iter().chain([self.connect.left]).flatten();
        tasks.chain(others).collect()
    }
}
