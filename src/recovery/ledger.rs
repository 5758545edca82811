//! Loss and duplicates from the canary's counters. Definitions: "Loss", "Duplicates"; never inferred from lag. Late is not lost.

use super::exposure::Window;
use super::pages::{Page, Partition};
#[cfg(test)]
use super::sight::{S, page};
use super::sight::{partitions, runs};

/// Records lost: confirmed, and at most.
pub(super) fn loss(pages: &[Page], window: Window) -> (i64, Option<i64>) {
    let confirmed = confirmed(pages, window);
    (
        confirmed,
        possible(pages, window).map(|most| most.max(confirmed)),
    )
}

/// Rule: confirmed is what the ledgers confirmed inside the window; what was overtaken before it is not charged to it.
fn confirmed(pages: &[Page], window: Window) -> i64 {
    let mut total = 0;
    for run in runs(pages) {
        let inside = |page: &&&Page| page.through <= window.sure.saturating_add(window.epsilon);
        let before = run
            .iter()
            .rev()
            .find(|page| page.through <= window.from - window.epsilon);
        let Some(last) = run.iter().rfind(inside) else {
            continue;
        };
        for (number, ledger) in &last.partitions {
            let earlier = match before {
                Some(page) => page
                    .partitions
                    .get(number)
                    .map_or(ledger.still_lost(), |old| old.still_lost() + old.overtaken),
                // The run began in the window: all that it lost, it lost there.
                None if run[0].through > window.from => 0,
                None => ledger.still_lost(),
            };
            total += (ledger.still_lost() - earlier).max(0);
        }
    }
    total
}

/// Rule: a record still undelivered or overtaken at the window's end is possibly lost. Every page at or after that end gives an
/// upper bound; `None` where the run that knew of the records is gone, or nothing was read after the end.
fn possible(pages: &[Page], window: Window) -> Option<i64> {
    let end = window.end?.saturating_add(window.epsilon);
    let runs = runs(pages);
    let run = runs.iter().find(|run| run[run.len() - 1].through >= end)?;
    let before = run
        .iter()
        .rev()
        .find(|page| page.through <= window.from - window.epsilon)?;
    let mut total = 0;
    for number in partitions(pages) {
        let old = before.partitions.get(&number)?;
        let bounds = run
            .iter()
            .filter(|page| page.through >= end)
            .filter_map(|page| Some(possible_on(page, page.partitions.get(&number)?, old, end)));
        total += bounds.min()?;
    }
    Some(total)
}

fn possible_on(page: &Page, ledger: &Partition, old: &Partition, end: i64) -> i64 {
    // Everything acknowledged that was meant to be sent by the end is there.
    let delivered = ledger
        .delivered_through
        .is_some_and(|delivered| delivered >= end);
    let undelivered = if delivered {
        0
    } else {
        ledger.undelivered.max(ledger.overtaken)
    };
    // A send without an answer may stand on the source; by D it is answered, unless the canary is blind on that side.
    let blind = page.blind[0]
        .listed
        .values()
        .any(|(_, blind_end)| blind_end.is_none());
    let answered = !blind && page.through - page.threshold >= end;
    let undecided = if answered {
        0
    } else {
        (ledger.sent - ledger.acknowledged).max(0)
    };
    (ledger.still_lost() - old.still_lost()).max(0) + undelivered + undecided
}

/// Records delivered more than once in the window.
pub(super) fn duplicates(pages: &[Page], window: Window) -> (i64, Option<i64>) {
    let mut least = 0;
    for run in runs(pages) {
        let inside: Vec<_> = run
            .iter()
            .filter(|page| {
                page.through > window.from + window.epsilon
                    && page.through <= window.sure - window.epsilon
            })
            .collect();
        let (Some(begin), Some(end)) = (inside.first(), inside.last()) else {
            continue;
        };
        // A partition that was not told of before may have had its duplicates then.
        least += growth(begin, end, |ledger| ledger.duplicates);
    }
    let most = window.end.and_then(|end| {
        let runs = runs(pages);
        let run = runs.iter().find(|run| {
            run[0].through <= window.from - window.epsilon && run[run.len() - 1].through >= end
        })?;
        let before = run
            .iter()
            .rev()
            .find(|page| page.through <= window.from - window.epsilon)?;
        let after = run
            .iter()
            .find(|page| page.through >= end.saturating_add(window.epsilon))?;
        // Of a partition that one of the two pages does not tell of nothing is known.
        let told = |page: &Page, number: &i32| page.partitions.contains_key(number);
        let all = partitions(pages);
        let whole = all.iter().all(|n| told(before, n) && told(after, n));
        whole.then(|| growth(before, after, |_| 0))
    });
    (least, most.map(|most| most.max(least)))
}

fn growth(first: &Page, last: &Page, untold: impl Fn(&Partition) -> i64) -> i64 {
    let grown = last.partitions.iter().map(|(number, ledger)| {
        let before = first
            .partitions
            .get(number)
            .map_or_else(|| untold(ledger), |old| old.duplicates);
        (ledger.duplicates - before).max(0)
    });
    grown.sum()
}

#[test]
fn late_is_not_lost_and_what_was_lost_before_is_not_charged() {
    let lost = |late: i64| {
        let mut pages = [5, 6, 9].map(|second| page(second * S));
        for page in &mut pages {
            page.partitions.get_mut(&0).unwrap().lost = 3;
        }
        let last = pages[2].partitions.get_mut(&0).unwrap();
        (last.lost, last.late) = (5, late);
        let window = Window {
            from: 6 * S,
            sure: 9 * S,
            end: Some(9 * S),
            epsilon: 0,
        };
        loss(&pages, window)
    };
    assert_eq!(lost(0), (2, Some(2)));
    assert_eq!(lost(1), (1, Some(1)));
    assert_eq!(lost(2), (0, Some(0)));
}

#[test]
fn duplicates_have_no_upper_end_where_a_partition_is_not_told_of_any_more() {
    let most = |gone: bool| {
        let mut pages = [5, 6, 9, 10].map(|second| page(second * S));
        for page in &mut pages {
            let other = page.partitions[&0].clone();
            page.partitions.insert(1, other);
        }
        if gone {
            pages[3].partitions.remove(&1);
        }
        let window = Window {
            from: 6 * S,
            sure: 10 * S,
            end: Some(10 * S),
            epsilon: 0,
        };
        duplicates(&pages, window)
    };
    assert_eq!((most(false), most(true)), ((0, Some(0)), (0, None)));
}

#[test]
fn a_send_without_an_answer_may_be_lost_while_the_canary_is_blind_on_the_source() {
    let most = |blind: bool, through: i64| {
        let (early, mut last) = (page(5 * S), page(9 * S));
        last.through = through;
        last.partitions.get_mut(&0).unwrap().sent = 7;
        if blind {
            last.blind[0].listed.insert(1, (7 * S, None));
        }
        let window = Window {
            from: 6 * S,
            sure: 9 * S,
            end: Some(9 * S),
            epsilon: 0,
        };
        loss(&[early, last], window).1
    };
    // By D after the end of the window a send is answered, unless the canary is blind.
    assert_eq!(
        (most(false, 10 * S), most(false, 10 * S - 1)),
        (Some(0), Some(7))
    );
    assert_eq!(most(true, 10 * S), Some(7));
}
