//! The plan's grids from scrapes, phase by phase. docs/evaluation.md: "The plan's grids".

use mirrorwatch::recovery::scenario::Must;

use super::sampled::{Is, Question};
use super::scrapes::{Scrape, gaps};
use crate::connect::{Shown, Status};

/// From when until when.
pub type Phase = (i64, i64);

/// The scrapes that lie wholly in a phase.
pub fn inside(scrapes: &[Scrape], (from, to): Phase) -> Vec<&Scrape> {
    let whole = |scrape: &&Scrape| scrape.earliest >= from && scrape.latest <= to;
    scrapes.iter().filter(whole).collect()
}

/// Least, most and how many numbers there were.
pub fn range(
    scrapes: &[Scrape],
    phase: Phase,
    number: fn(&Shown) -> Option<f64>,
) -> Option<(f64, f64, usize)> {
    let good = inside(scrapes, phase).into_iter().filter(|s| s.good);
    let numbers: Vec<f64> = good.filter_map(|scrape| number(&scrape.shown)).collect();
    let least = numbers.iter().copied().reduce(f64::min)?;
    let most = numbers.iter().copied().reduce(f64::max)?;
    Some((least, most, numbers.len()))
}

/// By how much a counter grew in a second at least and at most: over the time between the first reading and the last, as far as that is known.
pub fn rate(scrapes: &[Scrape], phase: Phase) -> Option<(f64, f64)> {
    let good: Vec<_> = inside(scrapes, phase)
        .into_iter()
        .filter(|s| s.good)
        .collect();
    let (first, last) = (good.first()?, good.last()?);
    let read = |scrape: &Scrape| scrape.read(scrape.shown.offsets_age);
    let grown = (last.shown.taken - first.shown.taken) as f64;
    let shortest = read(last) - first.latest;
    let longest = last.latest - read(first);
    let per_second = |micros: i64| grown / (micros as f64 / 1e6);
    (good.len() > 1 && shortest > 0).then(|| (per_second(longest), per_second(shortest)))
}

/// What a task is at the last good scrape of a phase.
pub fn placed(scrapes: &[Scrape], phase: Phase, task: usize) -> Option<Status> {
    let inside = inside(scrapes, phase);
    let last = inside.iter().rev().find(|scrape| scrape.good)?;
    let tasks = last.shown.tasks.iter().flatten();
    tasks
        .copied()
        .find(|(number, _)| *number == task)
        .map(|(_, status)| status)
}

/// Whether something was as expected, and the end of the scrape that decides it; what was not seen may have been either.
pub fn decided(
    scrapes: &[Scrape],
    interval: i64,
    phase: Phase,
    question: Question,
    must: Must,
) -> Option<(bool, i64)> {
    let states: Vec<(Is, i64)> = inside(scrapes, phase)
        .into_iter()
        .map(|scrape| {
            let is = if scrape.good {
                question(&scrape.shown)
            } else {
                Is::Unknown
            };
            (is, scrape.latest)
        })
        .collect();
    let gaps = gaps(scrapes, interval, phase.0, phase.1);
    let (last, end) = *states.last()?;
    let first = |is: Is| {
        states
            .iter()
            .find(|(state, _)| *state == is)
            .map(|(_, at)| *at)
    };
    let all_seen = gaps.is_empty() && first(Is::Unknown).is_none();
    let otherwise = |so: bool| all_seen.then_some((so, end));
    match must {
        Must::Once => first(Is::So).map(|at| (true, at)).or(otherwise(false)),
        Must::Never => first(Is::So).map(|at| (false, at)).or(otherwise(true)),
        Must::Always => first(Is::Not).map(|at| (false, at)).or(otherwise(true)),
        Must::InTheEnd => {
            let open = gaps.last().is_some_and(|gap| gap.1 == phase.1);
            (!open && last != Is::Unknown).then_some((last == Is::So, end))
        }
    }
}
