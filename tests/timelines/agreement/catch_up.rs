//! Catch-up: as tightly as pages can tell it, and around the true one.

use std::cell::Cell;

use super::canary::{Flow, saw_all};
use super::{Compared, Held, agreed, bounds, decided, inside, often_enough, same};
use crate::second::Bounds;
use crate::second::canary::{self, Back};
use crate::second::catch_up::{self, Part, Span};

/// From b until nothing is late for H.
pub(super) fn catch_up(held: &Held<'_>) -> Compared {
    compared(held).map(|second| second.is_some())
}

/// The same on both sides; `None` where it is not proved that the flow came back.
fn compared(held: &Held<'_>) -> Result<Option<Bounds>, String> {
    let flow = Flow::of(held);
    let Some(Back::At(b)) = flow.back().filter(|_| saw_all(held.world)) else {
        return Ok(None);
    };
    if !flow.is_proved(b) {
        return Ok(None);
    }
    let product = bounds(&held.judgement.measures["catch_up"]);
    let late = flow.through.iter().flat_map(|steps| canary::late(steps));
    // What the restoration makes late is another event: of this one it is not known how it would have gone on.
    let late = catch_up::before(late, flow.undone());
    if let Some(truly) = canary::calm_from(&late, b, held.world.hold) {
        inside("catch_up", truly - b, product)?;
    }
    let second = told(held, &flow, b);
    same("catch_up", product, Some(second))?;
    Ok(Some(second))
}

/// What pages can tell of it.
fn told(held: &Held<'_>, flow: &Flow<'_>, b: i64) -> Bounds {
    let part = |number: usize| Part {
        through: &flow.through[number],
        outages: &flow.outages[number],
        arrivals: &flow.arrivals[number],
        given_up: &flow.given_up[number],
        tells_calm: crate::page::tells_calm(held.world),
    };
    let parts: Vec<_> = (0..flow.through.len()).map(part).collect();
    let span = Span {
        b,
        hold: held.world.hold,
        period: held.world.period,
        undone: flow.undone(),
    };
    catch_up::bounds(&parts, &flow.pages, span)
}

#[test]
fn catch_up_is_told_as_closely_as_pages_allow_and_the_true_one_lies_inside() {
    let (later, ended) = (Cell::new(0), Cell::new(0));
    let count = |held: &Held<'_>| {
        let second = compared(held)?;
        later.set(later.get() + usize::from(second.is_some_and(|(lower, _)| lower > 0)));
        ended.set(ended.get() + usize::from(second.is_some_and(|(_, upper)| upper.is_some())));
        Ok(second.is_some())
    };
    let all = agreed(decided(), count);
    often_enough(all, |numbers, compared| numbers * 5 > compared);
    let (numbers, later, ended) = (all.0, later.get(), ended.get());
    // Not all have an upper end: a third of the worlds tell no calm, and some drills end before H is over.
    assert!(
        ended * 5 > numbers && later * 4 > numbers,
        "{later} and {ended} of {numbers}"
    );
}
