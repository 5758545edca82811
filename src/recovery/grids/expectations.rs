//! What the plan expects to happen: confirmed, refuted, or not known.

use super::Spans;
use crate::model::time::Timestamp;
use crate::recovery::judgement::ExpectationResult;
use crate::recovery::plan::{Expected, Plan};
use crate::recovery::scenario::Must;
use crate::recovery::scrapes::Scrape;
use crate::recovery::watch::{State, Watch};

/// The expectations, held against what was seen.
pub(super) fn expectations(
    plan: &Plan,
    spans: &Spans,
    watch: &Watch<'_>,
) -> Vec<ExpectationResult> {
    let rows = plan.expectations.iter();
    rows.map(|expected| {
        let scrapes = spans.scrapes(watch, expected.row.when).unwrap_or_default();
        let watched = watch.on(&expected.shows);
        let states: Vec<_> = scrapes.iter().map(|s| (*s, watched.state(*s))).collect();
        let sight = sight(spans.phase(expected.row.when), watch);
        result(expected, decided(expected.row.must, &states, sight))
    })
    .collect()
}

/// The expectations of a drill of which nothing is known.
pub(super) fn blank(plan: &Plan) -> Vec<ExpectationResult> {
    let rows = plan.expectations.iter();
    rows.map(|expected| result(expected, None)).collect()
}

fn result(expected: &Expected, decided: Option<(bool, Scrape)>) -> ExpectationResult {
    let row = &expected.row;
    ExpectationResult {
        text: row.text.clone(),
        confirmed: decided.map(|(confirmed, _)| confirmed),
        decided_at: decided.map(|(_, scrape)| Timestamp::from_micros(scrape.latest)),
        evidence: expected.shows.expr(),
        note: row.note.clone(),
    }
}

/// How much of a phase was scraped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sight {
    Whole,
    /// There is a gap, but none at the end.
    ToTheEnd,
    /// The end is not known.
    Open,
}

fn sight(phase: Option<(i64, i64)>, watch: &Watch<'_>) -> Sight {
    let Some((from, to)) = phase else {
        return Sight::Open;
    };
    match watch.scrapes.gaps(from, to).last() {
        None => Sight::Whole,
        Some((_, end)) if *end < to => Sight::ToTheEnd,
        Some(_) => Sight::Open,
    }
}

/// Whether it was so, and the scrape that decides it. Rule: what is unknown at a scrape, or was not scraped, may have been either.
fn decided(must: Must, states: &[(Scrape, State)], sight: Sight) -> Option<(bool, Scrape)> {
    let first = |wanted| states.iter().find(|(_, state)| *state == wanted);
    let known = sight == Sight::Whole && !states.is_empty() && first(State::Unknown).is_none();
    let last = states.last().map(|(scrape, _)| *scrape);
    let all_of_them = |is| last.filter(|_| known).map(|scrape| (is, scrape));
    let some = |wanted, is| first(wanted).map(|(scrape, _)| (is, *scrape));
    match must {
        Must::Once => some(State::Holds, true).or_else(|| all_of_them(false)),
        Must::Always => some(State::DoesNot, false).or_else(|| all_of_them(true)),
        Must::Never => some(State::Holds, false).or_else(|| all_of_them(true)),
        Must::InTheEnd if sight == Sight::Open => None,
        Must::InTheEnd => match states.last()? {
            (scrape, State::Holds) => Some((true, *scrape)),
            (scrape, State::DoesNot) => Some((false, *scrape)),
            (_, State::Unknown) => None,
        },
    }
}

#[test]
fn what_is_unknown_at_one_scrape_leaves_open_what_all_must_show() {
    use State::{DoesNot, Holds, Unknown};
    let at = |states: &[State]| -> Vec<_> {
        let scrape = |at| Scrape {
            at,
            up: true,
            earliest: at,
            latest: at,
        };
        let numbered = (0..).zip(states);
        numbered.map(|(at, state)| (scrape(at), *state)).collect()
    };
    let seen =
        |must, states: &[State], sight| decided(must, &at(states), sight).map(|(is, s)| (is, s.at));
    let is = |must, states: &[State]| seen(must, states, Sight::Whole);
    assert_eq!(is(Must::Once, &[DoesNot, Unknown, Holds]), Some((true, 2)));
    assert_eq!(is(Must::Once, &[DoesNot, Unknown]), None);
    assert_eq!(is(Must::Once, &[DoesNot, DoesNot]), Some((false, 1)));
    assert_eq!(is(Must::Always, &[Holds, Unknown]), None);
    assert_eq!(is(Must::Always, &[Unknown, DoesNot]), Some((false, 1)));
    assert_eq!(is(Must::Always, &[Holds, Holds]), Some((true, 1)));
    assert_eq!(is(Must::Never, &[DoesNot, DoesNot]), Some((true, 1)));
    assert_eq!(is(Must::Never, &[Unknown, Holds]), Some((false, 1)));
    assert_eq!(is(Must::InTheEnd, &[Holds, Unknown]), None);
    assert_eq!(is(Must::Never, &[]), None);
    let gap = |must, states: &[State]| seen(must, states, Sight::ToTheEnd);
    assert_eq!(gap(Must::Once, &[DoesNot, Holds]), Some((true, 1)));
    assert_eq!(gap(Must::Once, &[DoesNot]), None);
    assert_eq!(gap(Must::Always, &[Holds]), None);
    assert_eq!(gap(Must::InTheEnd, &[Holds]), Some((true, 0)));
    assert_eq!(seen(Must::InTheEnd, &[Holds], Sight::Open), None);
}
