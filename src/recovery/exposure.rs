//! Recovery point: worst t − S(t) in the window, and most records undelivered at one time. Definitions: "Recovery point".
//! Times in microseconds of the exporter's clock.

use super::pages::{Page, Partition, Row};
#[cfg(test)]
use super::sight::{S, page, sight};
use super::sight::{Sight, ledger_over};
use super::spans::Span;

/// The window: it certainly begins at `from` (widened by ε); it ends between `sure` and `end`, `None` = not known when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) from: i64,
    pub(super) sure: i64,
    pub(super) end: Option<i64>,
    pub(super) epsilon: i64,
}

/// An interval of seconds (in microseconds) and one of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Exposure {
    pub(super) seconds: (i64, Option<i64>),
    pub(super) records: (i64, Option<i64>),
}

/// An upper bound over one stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bound {
    seconds: i64,
    records: i64,
}

impl Bound {
    fn or(self, other: Self) -> Self {
        Self {
            seconds: self.seconds.max(other.seconds),
            records: self.records.max(other.records),
        }
    }
}

/// The flow's recovery point: the worst of its partitions; records are summed over them.
pub(super) fn exposure(
    pages: &[Page],
    sights: &[(i32, &Sight)],
    covered: bool,
    window: Window,
) -> Exposure {
    let mut worst = Exposure {
        seconds: (0, Some(0)),
        records: (most_at_once(pages, sights, window), Some(0)),
    };
    for (partition, sight) in sights {
        let (seconds, peak) = least(pages, *partition, sight, window);
        worst.seconds.0 = worst.seconds.0.max(seconds);
        worst.records.0 = worst.records.0.max(peak);
        let most = most(pages, *partition, sight, window).filter(|_| covered);
        worst.seconds.1 = worst
            .seconds
            .1
            .zip(most)
            .map(|(so_far, most)| so_far.max(most.seconds));
        worst.records.1 = worst
            .records
            .1
            .zip(most)
            .map(|(so_far, most)| so_far + most.records);
    }
    if sights.is_empty() {
        return Exposure::default();
    }
    let above = |(lower, upper): (i64, Option<i64>)| (lower, upper.map(|upper| upper.max(lower)));
    Exposure {
        seconds: above(worst.seconds),
        records: above(worst.records),
    }
}

/// What certainly was: ages on pages in the window, and the worst of outages of which nothing is unknown.
fn least(pages: &[Page], partition: i32, sight: &Sight, window: Window) -> (i64, i64) {
    let (mut seconds, mut peak) = (0, 0);
    for page in pages
        .iter()
        .filter(|page| surely_inside(page.through, window) && confirmed(page, pages))
    {
        let Some(ledger) = page.partitions.get(&partition) else {
            continue;
        };
        let known = |from: i64| {
            !sight
                .blurred
                .iter()
                .any(|span| span.touches(Span::new(from, page.through)))
        };
        if let Some(delivered) = ledger.delivered_through.filter(|_| known(page.through)) {
            seconds = seconds.max(page.through - delivered);
        }
        for row in ledger
            .outages
            .listed
            .values()
            .filter(|row| surely_inside(row.start, window) && known(row.start))
        {
            seconds = seconds.max(row.worst);
            peak = peak.max(row.peak);
        }
    }
    (seconds, peak)
}

fn most_at_once(pages: &[Page], sights: &[(i32, &Sight)], window: Window) -> i64 {
    let known = |page: &&Page| {
        let at = Span::new(page.through, page.through);
        !sights
            .iter()
            .any(|(_, sight)| sight.blurred.iter().any(|span| span.touches(at)))
    };
    let inside = pages
        .iter()
        .filter(|page| surely_inside(page.through, window) && confirmed(page, pages))
        .filter(known);
    inside
        .map(|page| {
            page.partitions
                .values()
                .map(|ledger| ledger.undelivered)
                .sum()
        })
        .max()
        .unwrap_or(0)
}

/// Rule: what a page tells is certain once a later page of its run, D on, lists no blind span over it.
pub(super) fn confirmed(page: &Page, pages: &[Page]) -> bool {
    let later =
        |other: &&Page| other.run == page.run && other.through >= page.through + page.threshold;
    pages.iter().rev().find(later).is_some()
}

fn surely_inside(at: i64, window: Window) -> bool {
    at > window.from + window.epsilon && at <= window.sure - window.epsilon
}

/// What it cannot have exceeded, stretch by stretch; `None` = no bound.
fn most(pages: &[Page], partition: i32, sight: &Sight, window: Window) -> Option<Bound> {
    let end = window.end?.saturating_add(window.epsilon);
    let all = Span::new(window.from - window.epsilon, end);
    let ledger = ledger_over(pages, partition, all.start);
    let (last, _) = ledger.last()?;
    let mut worst = Bound {
        seconds: 0,
        records: 0,
    };
    let mut add = |bound: Bound| worst = worst.or(bound);
    for pair in ledger
        .windows(2)
        .filter(|pair| pair[1].0.through > all.start && pair[0].0.through < end)
    {
        add(between(pair[0], pair[1], end)?);
    }
    // Beyond the last page S stands still at worst.
    if last.through < end {
        add(from_schedule(end - last_delivered(&ledger)?, last.period));
    }
    for hole in sight.holes.iter().filter(|hole| hole.within(all).is_some()) {
        add(across(*hole, &ledger, end)?);
    }
    Some(worst)
}

/// Between two pages of one run: outages suffer their own worst, what lies before them the worst of the calm.
fn between(before: (&Page, &Partition), after: (&Page, &Partition), end: i64) -> Option<Bound> {
    let ((early, old), (late, new)) = (before, after);
    let span = Span::new(early.through, late.through.min(end));
    let running = running(old, new, span);
    let mut worst = running.iter().fold(
        Bound {
            seconds: 0,
            records: 0,
        },
        |worst, row| {
            worst.or(Bound {
                seconds: row.worst,
                records: row.peak,
            })
        },
    );
    // What may yet become an outage of its own is not charged to the one before: there S has stood still since, unless a
    // record was given up as lost.
    let stood_still = if new.lost > old.lost {
        old.delivered_through
    } else {
        new.delivered_through
    };
    let pending = from_schedule(span.end - stood_still?, early.period);
    worst = worst.or(Bound {
        records: new.undelivered.min(pending.records),
        ..pending
    });
    let first = running
        .iter()
        .map(|row| row.start)
        .min()
        .unwrap_or(span.end)
        .min(span.end);
    if first > span.start {
        worst = worst.or(calm(old, new, first, early.period)?);
    }
    Some(worst)
}

/// The outages that weigh on a span. Rule: an outage's worst covers from its start until the next one starts; but of a calm
/// the page tells apart, so that an outage that was over before it does not weigh on it.
fn running<'a>(old: &Partition, new: &'a Partition, span: Span) -> Vec<&'a Row> {
    let rows: Vec<_> = new.outages.listed.iter().collect();
    let weighs = |(i, (number, row)): (usize, &(&u64, &'a Row))| {
        let over = if old.calm.is_some() {
            **number <= old.outages.count
        } else {
            rows.get(i + 1)
                .is_some_and(|(_, next)| next.start <= span.start)
        };
        (row.start < span.end && !over).then_some(*row)
    };
    rows.iter().enumerate().filter_map(weighs).collect()
}

/// A calm: what the page tells of it, and at worst S has stood still since the page before.
fn calm(old: &Partition, new: &Partition, until: i64, period: i64) -> Option<Bound> {
    let standing_still = until - old.delivered_through?;
    let told = match new.outages.listed.get(&(old.outages.count + 1)) {
        Some(ended_by) => ended_by.calm,
        None => new.calm.filter(|_| new.outages.count == old.outages.count),
    };
    let told = told.filter(|_| old.calm.is_some());
    let bound = from_schedule(
        told.map_or(standing_still, |told| told.min(standing_still)),
        period,
    );
    let acknowledged = old.undelivered + (new.acknowledged - old.acknowledged).max(0);
    Some(Bound {
        records: bound.records.min(acknowledged),
        ..bound
    })
}

/// Across a span of which nothing is known S stood still at worst since the last page before it, until the first page after it.
fn across(hole: Span, ledger: &[(&Page, &Partition)], end: i64) -> Option<Bound> {
    let (_, before) = ledger
        .iter()
        .rev()
        .find(|(page, _)| page.through <= hole.start)?;
    let after = ledger
        .iter()
        .find(|(page, _)| page.through >= hole.end)
        .map_or(end, |(page, _)| page.through);
    Some(from_schedule(
        after.min(end) - before.delivered_through?,
        ledger[0].0.period,
    ))
}

/// Undelivered records were meant to be sent after S, one a period.
fn from_schedule(seconds: i64, period: i64) -> Bound {
    Bound {
        seconds: seconds.max(0),
        records: seconds.max(0) / period.max(1) + 1,
    }
}

fn last_delivered(ledger: &[(&Page, &Partition)]) -> Option<i64> {
    ledger
        .last()
        .and_then(|(_, partition)| partition.delivered_through)
}

#[test]
fn an_age_on_the_last_page_is_not_certain_yet() {
    let (early, mut last) = (page(8 * S), page(9 * S));
    last.partitions.get_mut(&0).unwrap().delivered_through = Some(5 * S);
    let window = Window {
        from: 2 * S,
        sure: 9 * S,
        end: Some(9 * S),
        epsilon: 0,
    };
    let seconds = |pages: &[Page]| {
        let sight = sight(pages, 0);
        exposure(pages, &[(0, &sight)], true, window).seconds.0
    };
    assert_eq!(seconds(&[early.clone(), last.clone()]), 0);
    let mut later = page(9 * S);
    later.through = 10 * S;
    assert_eq!(seconds(&[early, last, later]), 4 * S);
}

#[test]
fn an_outage_that_was_over_before_a_calm_does_not_weigh_on_it() {
    let most = |calm: Option<i64>| {
        let pages = [15, 16, 17].map(|second| {
            let mut page = page(15 * S);
            page.through = second * S;
            let partition = page.partitions.get_mut(&0).unwrap();
            (partition.calm, partition.delivered_through) = (calm, Some(second * S - S / 10));
            page
        });
        let sight = sight(&pages, 0);
        let window = Window {
            from: 15 * S,
            sure: 17 * S,
            end: Some(17 * S),
            epsilon: 0,
        };
        exposure(&pages, &[(0, &sight)], true, window).seconds.1
    };
    assert_eq!(most(Some(S / 5)), Some(S / 5));
    assert_eq!(most(None), Some(2 * S));
}
