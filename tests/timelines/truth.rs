//! The truth of a world, by the words of definitions.md, from ledgers that nothing blinds.

use crate::ledger::Ledger;
use crate::world::World;

pub struct Truth {
    /// b; `None` = never. The outer `None`: no outage.
    pub recovered: Option<Option<i64>>,
    /// As far as it lies in the window, from the zero on.
    pub longest: i64,
    pub seconds: i64,
    pub records: i64,
    pub lost: i64,
    /// Further outages of the flow that start before b + H.
    pub flaps: Option<i64>,
}

/// The first and the last instant of the interruption: from the first outage to b. `None` = no outage in the window.
pub fn recovery(world: &World, ledgers: &[Ledger], last: i64) -> Option<(i64, Option<i64>)> {
    let mut outages: Vec<(i64, i64)> = ledgers
        .iter()
        .flat_map(|ledger| {
            ledger
                .rows
                .iter()
                .map(|row| (row.start, row.end.unwrap_or(i64::MAX)))
        })
        .filter(|(start, end)| *end > world.zero.1 && *start <= last)
        .collect();
    outages.sort_unstable();
    let all = ledgers.iter().flat_map(|ledger| {
        ledger
            .rows
            .iter()
            .map(|row| (row.start, row.end.unwrap_or(i64::MAX)))
    });
    let mut all: Vec<_> = all.filter(|(_, end)| *end > world.zero.1).collect();
    all.sort_unstable();
    let first = *outages.first()?;
    let mut b = first.1;
    for (start, end) in all.into_iter().skip_while(|outage| *outage != first) {
        if b != i64::MAX && start <= b + world.hold {
            b = b.max(end);
        }
    }
    Some((first.0, (b != i64::MAX).then_some(b)))
}

pub fn truth(world: &World) -> Truth {
    let ledgers = world.ideal();
    let last = (world.zero.2 + world.limit + world.hold).min(world.restored.unwrap_or(i64::MAX));
    let seen = recovery(world, &ledgers, last);
    let recovered = seen.map(|seen| seen.1);
    let end = recovered
        .flatten()
        .map_or(last, |b| (b + world.hold).min(last));
    let from = world.zero.0 - world.steady;
    let (mut seconds, mut cuts) = (0, Vec::new());
    for ledger in &ledgers {
        for (start, until, through, _) in &ledger.trace {
            if *until > from && *start < end {
                seconds = seconds.max((*until).min(end) - through);
            }
        }
        cuts.extend(
            ledger
                .trace
                .iter()
                .map(|(start, ..)| *start)
                .filter(|at| *at > from && *at <= end),
        );
    }
    cuts.sort_unstable();
    let mut longest = 0;
    for ledger in &ledgers {
        let inside = ledger
            .rows
            .iter()
            .filter(|row| row.end.is_none_or(|e| e > world.zero.1) && row.start <= last);
        longest = inside
            .map(|row| row.end.unwrap_or(last).min(last) - row.start.max(world.zero.0))
            .max()
            .unwrap_or(0)
            .max(longest);
    }
    let records = most_at_once(&ledgers, &cuts);
    Truth {
        recovered,
        longest,
        seconds,
        records,
        lost: lost(world, from, end),
        flaps: recovered.map_or(Some(0), |b| Some(flaps(world, &ledgers, b?))),
    }
}

fn flaps(world: &World, ledgers: &[Ledger], b: i64) -> i64 {
    let rows = ledgers.iter().flat_map(|ledger| &ledger.rows);
    let mut spans: Vec<_> = rows
        .map(|row| (row.start, row.end.unwrap_or(i64::MAX)))
        .collect();
    spans.sort_unstable();
    let (mut outages, mut covered) = (0, i64::MIN);
    for (start, end) in spans {
        if end > world.zero.1 && start > covered && start <= b + world.hold {
            outages += 1;
        }
        covered = covered.max(end);
    }
    (outages - 1).max(0)
}

fn most_at_once(ledgers: &[Ledger], cuts: &[i64]) -> i64 {
    let mut positions = vec![0; ledgers.len()];
    let mut most = 0;
    for cut in cuts {
        let mut sum = 0;
        for (ledger, position) in ledgers.iter().zip(&mut positions) {
            while ledger
                .trace
                .get(*position + 1)
                .is_some_and(|stretch| stretch.0 <= *cut)
            {
                *position += 1;
            }
            sum += ledger.trace.get(*position).map_or(0, |stretch| stretch.3);
        }
        most = most.max(sum);
    }
    most
}

fn lost(world: &World, from: i64, end: i64) -> i64 {
    let lost = world
        .partitions
        .iter()
        .map(|part| world.lost_between(part, from, end));
    lost.sum()
}
