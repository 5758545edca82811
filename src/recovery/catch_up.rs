//! Catch-up: from b until t − S(t) is at most D and stays there for H. Definitions: "Recovery time".
//!
//! Evaluated twice: what is unknown taken as caught up gives the lower end, taken as late the upper end. All in microseconds of the
//! exporter's clock.

use super::exposure::confirmed;
use super::judgement::Measured;
use super::pages::{Page, Partition};
use super::recovery_time::{Frame, Recovery, chain};
use super::remark::remark;
#[cfg(test)]
use super::sight::{S, page, sight};
use super::sight::{Sight, ledger_over};
use super::spans::{FOREVER, NEVER, Span, union, without};

/// When a partition was late.
type Late = fn(&[Page], i32, &Sight, &Frame) -> Vec<Span>;

/// From b until nothing is late for H, as an interval.
pub(super) fn catch_up(
    pages: &[Page],
    sights: &[(i32, Sight)],
    recovery: Recovery,
    frame: &Frame,
) -> Measured {
    let Some((earliest, latest)) = back(recovery, frame) else {
        return Measured::Unknown {
            because: remark("recovery_not_proved", &[]),
        };
    };
    let flow = |late: Late| {
        let parts = sights.iter();
        union(
            parts
                .flat_map(|(partition, sight)| late(pages, *partition, sight, frame))
                .collect(),
        )
    };
    let unsure = frame.unsure();
    // Rule: b is known to one period and to what arrivals are stamped late by, and so is when H after it is over.
    let certain = frame.until_restored(&flow(certainly_late));
    let possible = frame.unknown_once_restored(&flow(possibly_late));
    let from = chain(earliest, &certain, frame.hold - unsure);
    let until = chain(latest, &possible, frame.hold + unsure);
    let lower = (from - latest - unsure).max(0);
    let upper = (until < FOREVER).then(|| until - earliest + unsure);
    Measured::between(lower, upper)
}

/// Between which instants the flow was back; without an outage it is the zero from which what is late is caught up, and that is another
/// clock's.
fn back(recovery: Recovery, frame: &Frame) -> Option<(i64, i64)> {
    let latest = recovery.recovered_by(frame)?;
    Some(match recovery {
        Recovery::At { earliest, .. } => (earliest, latest),
        Recovery::NoOutage { .. } => (frame.issued - frame.epsilon, latest + frame.epsilon),
    })
}

/// When a partition was late by more than D whatever S was: before each page that shows it.
fn certainly_late(pages: &[Page], partition: i32, sight: &Sight, frame: &Frame) -> Vec<Span> {
    let shown = pages.iter().filter(|page| confirmed(page, pages));
    let late = shown.filter_map(|page| {
        let delivered = page.partitions.get(&partition)?.delivered_through?;
        let from = delivered + frame.threshold + frame.unsure();
        (from < page.through).then(|| Span::new(from, page.through))
    });
    late.flat_map(|span| without(span, &sight.blurred))
        .collect()
}

/// When it may have been: S stands still at worst, from one page to the next that does not tell otherwise.
fn possibly_late(pages: &[Page], partition: i32, sight: &Sight, frame: &Frame) -> Vec<Span> {
    let ledger = ledger_over(pages, partition, frame.issued);
    let Some(((first, _), last)) = ledger.first().zip(ledger.last()) else {
        return vec![Span::new(NEVER, FOREVER)];
    };
    let pairs = ledger.windows(2).filter(|pair| !is_told_fresh(pair));
    let between = pairs.map(|pair| Span::new(late_from(pair[0]), pair[1].0.through));
    let ends = [
        Span::new(NEVER, first.through),
        Span::new(late_from(*last), FOREVER),
    ];
    between
        .chain(ends)
        .chain(sight.blurred.iter().copied())
        .collect()
}

/// From when on, after a page, what has been delivered by then is older than D.
fn late_from((page, partition): (&Page, &Partition)) -> i64 {
    let delivered = partition.delivered_through.map(|s| s + page.threshold);
    delivered.unwrap_or(NEVER).max(page.through)
}

/// Rule: a calm that goes on over a page and whose worst age is at most D was never late; what it does not count yet is the age
/// on the page, unless a record was given up as lost since.
fn is_told_fresh(pair: &[(&Page, &Partition)]) -> bool {
    let ((_, old), (page, new)) = (pair[0], pair[1]);
    let goes_on = old.calm.is_some() && new.outages.count == old.outages.count;
    let at_most = |age: i64| age <= page.threshold;
    goes_on
        && new.lost == old.lost
        && new.calm.is_some_and(at_most)
        && new
            .delivered_through
            .is_some_and(|s| at_most(page.through - s))
}

#[cfg(test)]
const FRAME: Frame = Frame {
    issued: 9 * S,
    done: 9 * S,
    epsilon: 0,
    hold: 3 * S,
    threshold: S,
    period: S / 10,
    lateness: 0,
    limit: 60 * S,
    restored: FOREVER,
};

#[cfg(test)]
const BACK: Recovery = Recovery::At {
    earliest: 12 * S,
    latest: Some(12 * S),
};

/// Pages by their second, the age that each shows, and the worst age that the calm has had; the outage ended at twelve seconds.
#[cfg(test)]
fn caught_up(shown: &[(i64, i64, Option<i64>)]) -> (i64, Option<i64>) {
    told(shown, BACK, &FRAME)
}

#[cfg(test)]
fn told(
    shown: &[(i64, i64, Option<i64>)],
    recovery: Recovery,
    frame: &Frame,
) -> (i64, Option<i64>) {
    let before = (9 * S, 0, None);
    let pages = [&[before], shown].concat().into_iter();
    let pages: Vec<_> = pages
        .map(|(through, age, calm)| {
            let mut page = page(through.min(15 * S));
            page.through = through;
            let partition = page.partitions.get_mut(&0).unwrap();
            (partition.calm, partition.delivered_through) = (calm, Some(through - age));
            page
        })
        .collect();
    let sights = [(0, sight(&pages, 0))];
    let Measured::Within { interval, .. } = catch_up(&pages, &sights, recovery, frame) else {
        panic!("it is known when the flow was back");
    };
    (interval.lower, interval.upper)
}

/// Fresh pages of a calm, a second apart.
#[cfg(test)]
fn fresh(seconds: std::ops::Range<i64>) -> Vec<(i64, i64, Option<i64>)> {
    let pages = seconds.map(|second| (second * S, S / 5, Some(S / 2)));
    pages.collect()
}

#[test]
fn it_lies_between_the_last_page_that_was_late_and_the_first_from_which_on_none_was_for_the_hold() {
    let late = [(13 * S, 2 * S, None)];
    let pages = [&late[..], &fresh(14..19)].concat();
    let unsure = S / 10;
    assert_eq!(caught_up(&pages), (S - unsure, Some(2 * S + unsure)));
}

#[test]
fn a_hold_that_the_pages_do_not_reach_has_no_upper_end() {
    // The last page vouches until what it has delivered is a second old.
    let until = |last: i64| {
        let mut pages = fresh(14..17);
        pages.push((last, 0, Some(S / 2)));
        caught_up(&pages).1
    };
    assert_eq!(until(16 * S + S / 10), None);
    assert_eq!(until(16 * S + S / 10 + 1), Some(2 * S + S / 10));
}

#[test]
fn what_was_late_between_two_fresh_pages_is_in_the_calm_that_they_tell() {
    let with = |worst: i64| {
        let mut pages = fresh(14..22);
        for page in &mut pages[2..] {
            page.2 = Some(worst);
        }
        caught_up(&pages).1
    };
    assert_eq!(with(S), Some(2 * S + S / 10));
    assert_eq!(with(S + 1), None);
}

#[test]
fn pages_that_tell_of_no_calm_prove_nothing_between_them_unless_they_are_close() {
    let apart = |by: i64| {
        let pages = (0..40).map(|i| (14 * S + i * by, S / 5, None));
        caught_up(&pages.collect::<Vec<_>>())
    };
    assert_eq!(apart(S), (0, None));
    assert_eq!(apart(4 * S / 5), (0, Some(2 * S + S / 10)));
    assert_eq!(apart(4 * S / 5 + 1), (0, None));
}

#[test]
fn an_age_that_a_period_explains_is_not_certainly_late() {
    let with = |age: i64| {
        let late = [(13 * S, age, None)];
        caught_up(&[&late[..], &fresh(14..19)].concat()).0
    };
    assert_eq!(with(S + S / 10), 0);
    assert_eq!(with(S + S / 10 + 1), S - S / 10);
}

#[test]
fn what_the_restoration_makes_late_is_another_event_and_a_hold_that_it_cuts_short_is_not_known() {
    let stalled = [(24 * S, 2 * S, None)];
    let shown = [&fresh(14..22)[..], &stalled, &fresh(25..40)].concat();
    let with = |restored| told(&shown, BACK, &Frame { restored, ..FRAME });
    // Caught up at fourteen seconds at the latest; the hold is over three seconds and a period later.
    let held = 17 * S + S / 10;
    assert_eq!(with(held + 1), (0, Some(2 * S + S / 10)));
    assert_eq!(with(held), (0, None));
    // It may have begun earlier by the error of the clocks.
    let early = |epsilon| Frame {
        restored: held + 1,
        epsilon,
        ..FRAME
    };
    assert_eq!(told(&shown, BACK, &early(1)).1, None);
}

#[test]
fn what_is_late_when_the_drill_restores_was_caught_up_with_no_sooner() {
    let late = [(13 * S, 2 * S, None), (14 * S, 3 * S, None)];
    let shown = [&late[..], &fresh(15..30)].concat();
    let restored = 13 * S + S / 2;
    let frame = Frame { restored, ..FRAME };
    assert_eq!(told(&shown, BACK, &frame), (3 * S / 2 - S / 10, None));
}

#[test]
fn without_an_outage_it_counts_from_the_zero_whose_clock_is_another() {
    let none = Recovery::NoOutage {
        length: S,
        hidden_until: Some(9 * S),
    };
    let epsilon = S / 20;
    let with = |epsilon| told(&fresh(10..20), none, &Frame { epsilon, ..FRAME });
    let (lower, upper) = with(0);
    assert_eq!(with(epsilon), (lower, upper.map(|us| us + 2 * epsilon)));
}
