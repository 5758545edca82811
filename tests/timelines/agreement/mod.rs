//! The product and the second implementation agree on every measure of every generated timeline, and what truly was lies inside.

mod canary;
mod catch_up;
mod proofs;
mod sampled;

use std::sync::OnceLock;

use mirrorwatch::recovery::judgement::{Judgement, Measured};
use mirrorwatch::recovery::read::Log;

use crate::judged::{Timeline, timelines};
use crate::second::Bounds;
use crate::second::canary::Lists;
use crate::second::scrapes::{Scrape, scrapes};
use crate::truth::Truth;
use crate::world::World;

/// Seconds as doubles are exact to a microsecond; a few are added up.
const ROUNDING: i64 = 5;

/// A judgement, and what the second implementation has in its place.
struct Held<'a> {
    world: &'a World,
    log: &'a Log,
    judgement: &'a Judgement,
    truth: &'a Truth,
    lists: &'a OnceLock<Lists>,
    scrapes: Vec<Scrape>,
}

/// What a comparison came to: whether a number was there to be compared.
type Compared = Result<bool, String>;

impl<'a> Held<'a> {
    fn of(timeline: &'a Timeline) -> Self {
        Self::with(timeline, &timeline.world, &timeline.lists)
    }

    /// A judgement held against another world than its own.
    fn with(timeline: &'a Timeline, world: &'a World, lists: &'a OnceLock<Lists>) -> Self {
        Self {
            world,
            log: &timeline.log,
            judgement: &timeline.judgement,
            truth: &timeline.truth,
            lists,
            scrapes: scrapes(world, &timeline.log),
        }
    }

    /// T_f⁻ and T_f⁺ as they were stamped.
    fn zero(&self) -> (i64, i64) {
        (self.world.zero.0, self.world.zero.2)
    }

    fn restored(&self) -> i64 {
        self.world.restored.unwrap_or(i64::MAX)
    }
}

/// Timelines that say something of the system, by a clock that was not set.
fn decided() -> impl Iterator<Item = &'static Timeline> {
    let all = timelines().iter();
    all.filter(|timeline| timeline.is_valid() && timeline.world.shift == 0)
}

/// On how many of how many timelines there was a number, and it was the same.
fn agreed(
    of: impl Iterator<Item = &'static Timeline>,
    compare: impl Fn(&Held<'_>) -> Compared,
) -> (usize, usize) {
    let (mut compared, mut numbers, mut wrong) = (0, 0, Vec::new());
    for timeline in of {
        compared += 1;
        match compare(&Held::of(timeline)) {
            Ok(number) => numbers += usize::from(number),
            Err(what) => wrong.push(format!("seed {}: {what}", timeline.world.seed)),
        }
    }
    let shown = wrong.iter().take(8).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} of {compared}:\n{shown}", wrong.len());
    (numbers, compared)
}

/// How many are compared is enough, and there is a number on enough of them.
#[track_caller]
fn often_enough((numbers, compared): (usize, usize), suffices: impl Fn(usize, usize) -> bool) {
    assert!(
        compared >= enough() && suffices(numbers, compared),
        "{numbers} of {compared}"
    );
}

/// A thousand; fewer where few timelines are asked for.
fn enough() -> usize {
    1_000.min(timelines().len() / 3)
}

/// The bounds of a measured value; `None` = it is not known.
fn bounds(measured: &Measured) -> Option<Bounds> {
    match measured {
        Measured::Within { interval, .. } => Some((interval.lower, interval.upper)),
        Measured::NoneLongerThan { .. } | Measured::Unknown { .. } => None,
    }
}

/// The same, to the rounding.
fn same(name: &str, product: Option<Bounds>, second: Option<Bounds>) -> Compared {
    let near = |a: i64, b: i64| (a - b).abs() <= ROUNDING;
    let is_same = match (product, second) {
        (Some((a, None)), Some((b, None))) => near(a, b),
        (Some((a, Some(c))), Some((b, Some(d)))) => near(a, b) && near(c, d),
        (None, None) => true,
        _ => false,
    };
    if is_same {
        Ok(second.is_some())
    } else {
        Err(format!("{name}: {product:?} is not {second:?}"))
    }
}

/// Inside, to the rounding.
fn inside(name: &str, value: i64, bounds: Option<Bounds>) -> Result<(), String> {
    let Some((lower, upper)) = bounds else {
        return Ok(());
    };
    let is_inside = lower <= value + ROUNDING && upper.is_none_or(|u| value <= u + ROUNDING);
    let wrong = || format!("{name}: the true {value} is not in {bounds:?}");
    is_inside.then_some(()).ok_or_else(wrong)
}
