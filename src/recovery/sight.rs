//! What the canary's ledgers vouch for, partition by partition: outages that certainly were, and spans about which nothing is
//! known. Everything else was good. Definitions: "Outage of one canary partition".
//!
//! A gap between scrapes does not blind: a later page of the same run tells of it, as long as no more than eight outages lie
//! between two pages. A restart of the exporter does: the new run knows nothing before its first arrival.

use std::collections::{BTreeMap, BTreeSet};

use super::pages::{Numbered, Page, Partition, Row};
use super::spans::{FOREVER, NEVER, Span, union, without};

/// What is known about one partition.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sight {
    /// Certainly without delivery, each longer than D.
    pub(super) bad: Vec<Span>,
    /// Certainly or possibly without delivery.
    pub(super) possible: Vec<Span>,
    /// Nothing is known.
    pub(super) unknown: Vec<Span>,
    /// The unknown without what comes after the last page.
    pub(super) holes: Vec<Span>,
    /// Ages say nothing: the unknown, and after a blind span until what the canary itself held back has been delivered.
    pub(super) blurred: Vec<Span>,
    /// Outages as the pages list them; `None` = open on the last page of its run.
    pub(super) listed: Vec<(i64, Option<i64>)>,
}

/// The runs in order of their first page.
pub(super) fn runs(pages: &[Page]) -> Vec<Vec<&Page>> {
    let mut runs: Vec<Vec<&Page>> = Vec::new();
    for page in pages {
        match runs.iter_mut().find(|run| run[0].run == page.run) {
            Some(run) => run.push(page),
            None => runs.push(vec![page]),
        }
    }
    runs
}

/// What the pages of the run that goes on over an instant tell of a partition, in their order; nothing if none does.
///
/// Rule: a new run does not know what the old one still owed.
pub(super) fn ledger_over(pages: &[Page], partition: i32, at: i64) -> Vec<(&Page, &Partition)> {
    let goes_on = |run: &&Vec<&Page>| run[0].through <= at && run[run.len() - 1].through > at;
    let runs = runs(pages);
    runs.iter()
        .find(goes_on)
        .map_or(Vec::new(), |run| ledger(run, partition))
}

/// What the pages of a run tell of a partition.
fn ledger<'a>(run: &[&'a Page], partition: i32) -> Vec<(&'a Page, &'a Partition)> {
    run.iter()
        .filter_map(|page| Some((*page, page.partitions.get(&partition)?)))
        .collect()
}

/// Every partition of the canary topic that a page tells of.
pub(super) fn partitions(pages: &[Page]) -> BTreeSet<i32> {
    pages
        .iter()
        .flat_map(|page| page.partitions.keys().copied())
        .collect()
}

/// What is known about one partition.
pub(super) fn sight(pages: &[Page], partition: i32) -> Sight {
    let mut sight = Sight::default();
    let mut candidates = Vec::new();
    // Up to here the runs so far have vouched.
    let mut vouched = NEVER;
    for run in runs(pages) {
        let ledger = ledger(&run, partition);
        let Some((last, end)) = ledger.last().copied() else {
            continue;
        };
        let Some(first_arrival) = end.first_arrival else {
            continue;
        };
        // Rule: a run vouches from its first arrival.
        sight
            .unknown
            .push(Span::new(vouched, first_arrival.max(vouched)));
        sight.unknown.extend(lost_rows(&ledger));
        let blind = blind(&run, last.threshold);
        sight
            .blurred
            .extend(blind.iter().map(|span| held_back(*span, &ledger)));
        sight.unknown.extend(blind);
        sight.unknown.extend(backwards(&run));
        // An arrival that was stamped too late makes an outage look longer than it was.
        let lateness = run.iter().map(|page| page.lateness).max().unwrap_or(0);
        let certain_beyond = last.threshold + lateness;
        for (start, end, on) in rows(&ledger) {
            sight.listed.push((start, end));
            candidates.push((Span::new(start, end.unwrap_or(on)), certain_beyond));
        }
        vouched = vouches_until(last, end);
    }
    sight.holes = union(sight.unknown.clone());
    sight.unknown.push(Span::new(vouched, FOREVER));
    sight.unknown = union(sight.unknown);
    sight.blurred.extend(sight.holes.iter().copied());
    sight.blurred = union(sight.blurred);
    for (outage, threshold) in &candidates {
        // Rule: what is left of an outage outside the unknown is certain only where it is longer than D by itself.
        let left = without(*outage, &sight.unknown);
        sight.bad.extend(
            left.into_iter()
                .filter(|piece| is_outage(*piece, *threshold)),
        );
    }
    let possible = candidates
        .into_iter()
        .map(|(outage, _)| outage)
        .chain(sight.unknown.iter().copied());
    sight.possible = union(possible.collect());
    sight.bad = union(sight.bad);
    sight
}

/// Rule: it is an outage iff b − a > D.
pub(super) fn is_outage(piece: Span, threshold: i64) -> bool {
    piece.length() > threshold
}

/// Rule: on its last page a run vouches up to S, or up to D before the page's instant: what began later, an outage or a blind
/// span, may not show yet.
fn vouches_until(last: &Page, partition: &Partition) -> i64 {
    let delivered = partition
        .delivered_through
        .unwrap_or(NEVER)
        .min(last.through);
    delivered.max(last.through - last.threshold)
}

/// Outages by the last page that lists each, with the instant of that page.
fn rows(ledger: &[(&Page, &Partition)]) -> Vec<(i64, Option<i64>, i64)> {
    let mut newest: BTreeMap<u64, (Row, i64)> = BTreeMap::new();
    for (page, partition) in ledger {
        // The tick that opened an outage may have run ahead of an arrival: then it was none, and is taken back.
        newest.retain(|number, _| *number <= partition.outages.count);
        newest.extend(
            partition
                .outages
                .listed
                .iter()
                .map(|(number, row)| (*number, (*row, page.through))),
        );
    }
    newest
        .into_values()
        .map(|(row, through)| (row.start, row.end, through.max(row.start)))
        .collect()
}

/// Rule: more than eight outages between two pages leave a span of which nothing is known.
fn lost_rows(ledger: &[(&Page, &Partition)]) -> Vec<Span> {
    let first = ledger.first().and_then(|(_, partition)| {
        let oldest = partition
            .outages
            .listed
            .iter()
            .next()
            .filter(|(number, _)| **number > 1);
        Some(Span::new(partition.first_arrival?, oldest?.1.start))
    });
    let pairs = ledger.windows(2);
    let between = pairs.filter_map(|pair| {
        rolled_off(
            pair[0].0.through,
            &pair[0].1.outages,
            &pair[1].1.outages,
            |row| (row.start, row.end),
        )
    });
    first.into_iter().chain(between).collect()
}

fn rolled_off<T>(
    through: i64,
    before: &Numbered<T>,
    after: &Numbered<T>,
    span: impl Fn(&T) -> (i64, Option<i64>),
) -> Option<Span> {
    let (oldest, row) = after.listed.iter().next()?;
    let was_open = before
        .listed
        .get(&before.count)
        .is_some_and(|row| span(row).1.is_none());
    let missing = *oldest > before.count + 1 || (*oldest == before.count + 1 && was_open);
    missing.then(|| Span::new(through, span(row).0.max(through)))
}

/// Rule: where the canary was blind the span is unknown, and D more: what arrived while it was blind is read at its end, so that
/// an outage that began in the blind span and ends soon after it looks shorter than D.
fn blind(run: &[&Page], threshold: i64) -> Vec<Span> {
    let mut unknown = Vec::new();
    for side in 0..2 {
        let mut newest: BTreeMap<u64, (i64, Option<i64>, i64)> = BTreeMap::new();
        for page in run {
            newest.extend(
                page.blind[side]
                    .listed
                    .iter()
                    .map(|(n, (start, end))| (*n, (*start, *end, page.through))),
            );
        }
        unknown.extend(newest.into_values().map(|(start, end, through)| {
            Span::new(start, end.unwrap_or(through.max(start)) + threshold)
        }));
        let oldest = run[0].blind[side]
            .listed
            .iter()
            .next()
            .filter(|(number, _)| **number > 1);
        unknown.extend(oldest.map(|(_, span)| Span::new(NEVER, span.0)));
        let pairs = run.windows(2);
        unknown.extend(pairs.filter_map(|pair| {
            rolled_off(
                pair[0].through,
                &pair[0].blind[side],
                &pair[1].blind[side],
                |span| *span,
            )
        }));
    }
    unknown
}

/// Rule: until the flow has caught up with what the canary could not send in time, ages are the canary's own doing.
fn held_back(blind: Span, ledger: &[(&Page, &Partition)]) -> Span {
    let caught_up = |page: &Page, through: i64| {
        through >= blind.end && page.through - through <= page.threshold
    };
    let mut after = ledger.iter().filter(|(page, partition)| {
        partition
            .delivered_through
            .is_some_and(|through| caught_up(page, through))
    });
    let until = after.next().map_or(FOREVER, |(page, _)| page.through);
    Span::new(blind.start, until.max(blind.end))
}

/// A ledger whose clock went backwards says nothing about what it lived through twice.
fn backwards(run: &[&Page]) -> Vec<Span> {
    let pairs = run
        .windows(2)
        .filter(|pair| pair[1].through < pair[0].through);
    pairs
        .map(|pair| Span::new(pair[1].through, pair[0].through))
        .collect()
}

#[cfg(test)]
pub(super) const S: i64 = 1_000_000;

/// A page of one partition with outages of two seconds, one each ten seconds, as many as there were until `through`.
#[cfg(test)]
pub(super) fn page(through: i64) -> Page {
    let count = through / (10 * S);
    let row = |n: i64| Row {
        start: n * 10 * S,
        end: Some(n * 10 * S + 2 * S),
        worst: 2 * S,
        peak: 20,
        calm: None,
    };
    let listed = ((count - 7).max(1)..=count)
        .map(|n| (n.unsigned_abs(), row(n)))
        .collect();
    let partition = Partition {
        sent: 0,
        acknowledged: 0,
        duplicates: 0,
        lost: 0,
        late: 0,
        undelivered: 0,
        overtaken: 0,
        first_arrival: Some(S),
        delivered_through: Some(through),
        calm: None,
        outages: Numbered {
            count: count.unsigned_abs(),
            listed,
        },
    };
    let none = || Numbered {
        count: 0,
        listed: BTreeMap::new(),
    };
    Page {
        at: through / 1_000,
        run: "r".to_owned(),
        through,
        period: S / 10,
        threshold: S,
        lateness: 0,
        partitions: [(0, partition)].into(),
        blind: [none(), none()],
    }
}

#[test]
fn eight_outages_between_two_pages_are_known_and_more_leave_a_hole() {
    let holes = |second: i64| sight(&[page(15 * S), page(second * S)], 0).holes;
    assert_eq!(holes(95), [Span::new(NEVER, S)]);
    // Outages 2 and 3 are not listed: nothing is known from the first page to outage 4.
    assert_eq!(holes(115), [Span::new(NEVER, S), Span::new(15 * S, 40 * S)]);
}

#[test]
fn a_first_page_with_more_than_eight_outages_knows_nothing_of_the_first_ones() {
    assert_eq!(sight(&[page(95 * S)], 0).holes, [Span::new(NEVER, 20 * S)]);
}

#[test]
fn a_blind_span_hides_what_begins_in_it_and_ends_within_the_threshold_after_it() {
    let mut seen = page(9 * S);
    seen.blind[1] = Numbered {
        count: 1,
        listed: [(1, (3 * S, Some(5 * S)))].into(),
    };
    assert_eq!(
        sight(&[seen], 0).holes,
        [Span::new(NEVER, S), Span::new(3 * S, 6 * S)]
    );
}

#[test]
fn an_outage_is_certain_only_where_more_than_the_threshold_of_it_was_seen() {
    let with = |blind_from: i64| {
        let mut seen = page(15 * S);
        seen.blind[1] = Numbered {
            count: 1,
            listed: [(1, (blind_from, Some(12 * S)))].into(),
        };
        sight(&[seen], 0)
    };
    assert_eq!(with(11 * S + 1).bad, [Span::new(10 * S, 11 * S + 1)]);
    assert_eq!(with(11 * S).bad, []);
    assert_eq!(with(11 * S).possible[1], Span::new(10 * S, 13 * S));
}

#[test]
fn an_outage_that_is_taken_back_was_none() {
    let mut open = page(15 * S);
    let partition = open.partitions.get_mut(&0).unwrap();
    partition.outages.listed.get_mut(&1).unwrap().end = None;
    let mut later = page(9 * S);
    later.through = 16 * S;
    assert_eq!(sight(&[open, later], 0).listed, []);
}

#[test]
fn an_outage_that_is_longer_than_the_threshold_only_by_late_stamps_is_not_certain() {
    let with = |lateness: i64| {
        let mut seen = page(15 * S);
        seen.lateness = lateness;
        let found = sight(&[seen], 0);
        (found.bad, found.possible[1])
    };
    let outage = Span::new(10 * S, 12 * S);
    assert_eq!(with(S - 1), (vec![outage], outage));
    assert_eq!(with(S), (vec![], outage));
}
