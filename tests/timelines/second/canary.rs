//! The canary's measures from its records alone, partition by partition. Definitions: "Outage of one canary partition", "Recovery time",
//! "Recovery point".

use crate::world::{D, Record, World};

/// From when until when a partition delivered nothing; `None` = it never did again.
pub type Outage = (i64, Option<i64>);

/// What becomes of each partition: its outages, S as it moves, first arrivals, and when a record was given up as lost.
pub struct Lists {
    pub outages: Vec<Vec<Outage>>,
    pub through: Vec<Vec<(i64, i64)>>,
    pub arrivals: Vec<Vec<i64>>,
    pub given_up: Vec<Vec<i64>>,
}

impl Lists {
    pub fn of(world: &World) -> Self {
        let until = world.end + 120_000_000;
        let parts = (0..world.partitions.len()).map(|number| Partition::of(world, number, until));
        let parts: Vec<_> = parts.collect();
        Self {
            outages: parts.iter().map(Partition::outages).collect(),
            through: parts.iter().map(Partition::through).collect(),
            arrivals: parts.iter().map(Partition::arrivals).collect(),
            given_up: parts.iter().map(Partition::given_up).collect(),
        }
    }
}

/// One partition's records in order, and when each was settled: delivered, or confirmed lost.
struct Partition {
    records: Vec<Record>,
    settled: Vec<i64>,
    until: i64,
}

impl Partition {
    /// What nothing blinds, until some time.
    fn of(world: &World, number: usize, until: i64) -> Self {
        let from = world.begin() - 5_000_000;
        let records = world.records(&world.partitions[number], from, until, false);
        let settled = (0..records.len()).map(|i| settled(&records, i, world.grace));
        Self {
            settled: settled.collect(),
            records,
            until,
        }
    }

    /// Rule: a = the later of (intended time of the oldest acknowledged record that is not delivered, first arrival before it), b = the next
    /// first arrival; an outage iff b − a > D.
    fn outages(&self) -> Vec<Outage> {
        let arrivals = self.arrivals();
        let ends = arrivals.iter().skip(1).map(|at| Some(*at)).chain([None]);
        let gaps = arrivals.iter().zip(ends);
        gaps.filter_map(|(before, end)| Some((self.began(*before, end)?, end)))
            .collect()
    }

    fn arrivals(&self) -> Vec<i64> {
        let mut arrivals: Vec<i64> = self.records.iter().filter_map(|r| r.arrives).collect();
        arrivals.retain(|at| *at < self.until);
        arrivals.sort_unstable();
        arrivals
    }

    fn given_up(&self) -> Vec<i64> {
        let all = self.records.iter().zip(&self.settled);
        let lost = all.filter(|(record, _)| record.arrives.is_none());
        lost.map(|(_, settled)| *settled).collect()
    }

    /// a, if what lies between two arrivals is an outage. What is confirmed lost meanwhile is owed no more.
    fn began(&self, before: i64, end: Option<i64>) -> Option<i64> {
        let end = end.unwrap_or(self.until);
        if end - before <= D {
            return None;
        }
        let all = self.records.iter().zip(&self.settled);
        let open = all.filter(|(record, settled)| **settled > before && record.acknowledged < end);
        let open: Vec<_> = open.collect();
        let owed = |at: i64| {
            let is_owed =
                |(record, settled): &&(&Record, &i64)| record.acknowledged <= at && **settled > at;
            open.iter().find(is_owed).map(|(record, _)| record.intended)
        };
        let changes = open
            .iter()
            .flat_map(|(record, settled)| [record.acknowledged, **settled]);
        let mut moments: Vec<i64> = changes.filter(|at| *at > before && *at < end).collect();
        moments.extend([before, end]);
        moments.sort_unstable();
        moments.windows(2).find_map(|pair| {
            let begin = owed(pair[0])?.max(before);
            (pair[1] - begin > D).then_some(begin)
        })
    }

    /// S as it moves: from when on everything meant to be sent up to then had been settled.
    fn through(&self) -> Vec<(i64, i64)> {
        let mut all_settled = i64::MIN;
        let steps = self
            .records
            .iter()
            .zip(&self.settled)
            .map(|(record, settled)| {
                all_settled = all_settled.max(*settled);
                (all_settled, record.intended)
            });
        steps.filter(|(at, _)| *at < self.until).collect()
    }
}

/// When a record is owed no more: it arrives, or a later one did and the grace went by.
fn settled(records: &[Record], number: usize, grace: i64) -> i64 {
    let later = || {
        records[number + 1..]
            .iter()
            .filter_map(|record| record.arrives)
    };
    match records[number].arrives {
        Some(at) => at,
        None => later().min().map_or(i64::MAX, |at| at + grace),
    }
}

/// How the flow came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Back {
    /// It was not away.
    NoOutage,
    At(i64),
    Never,
}

/// What decides it: after which instant an outage must end and by which it must begin to count, and H.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub zero: i64,
    pub last: i64,
    pub hold: i64,
}

/// Rule: b is the first end of an outage after which none runs or starts within H, from the first outage on.
pub fn recovered(outages: &[Outage], span: Span) -> Back {
    let forever = |end: Option<i64>| end.unwrap_or(i64::MAX);
    let after: Vec<_> = outages
        .iter()
        .filter(|o| forever(o.1) > span.zero)
        .collect();
    let first = after
        .iter()
        .filter(|o| o.0 <= span.last)
        .min_by_key(|o| o.0);
    let Some(first) = first else {
        return Back::NoOutage;
    };
    let mut ends: Vec<i64> = after.iter().filter_map(|o| o.1).collect();
    ends.retain(|b| *b >= forever(first.1));
    ends.sort_unstable();
    let holds = |b: &i64| {
        !after
            .iter()
            .any(|o| o.0 <= b + span.hold && forever(o.1) > *b)
    };
    ends.into_iter().find(holds).map_or(Back::Never, Back::At)
}

/// The outages of the flow: the union over its partitions.
pub fn union(outages: &[Outage]) -> Vec<(i64, i64)> {
    let mut parts: Vec<_> = outages
        .iter()
        .map(|o| (o.0, o.1.unwrap_or(i64::MAX)))
        .collect();
    parts.sort_unstable();
    let mut whole: Vec<(i64, i64)> = Vec::new();
    for (start, end) in parts {
        match whole.last_mut().filter(|last| start <= last.1) {
            Some(last) => last.1 = last.1.max(end),
            None => whole.push((start, end)),
        }
    }
    whole
}

/// Rule: a flap is every further outage of the flow that starts before b + H.
pub fn flaps(outages: &[Outage], b: i64, span: Span) -> i64 {
    let all = union(outages).into_iter();
    let counted = all.filter(|(start, end)| *end > span.zero && *start <= b + span.hold);
    (i64::try_from(counted.count()).unwrap() - 1).max(0)
}

/// The worst t − S(t) from an instant to another.
pub fn worst_age(through: &[(i64, i64)], from: i64, to: i64) -> i64 {
    let ends = through.iter().skip(1).map(|(at, _)| *at).chain([i64::MAX]);
    let held = through.iter().zip(ends);
    let inside = held.filter(|((at, _), end)| *end > from && *at < to);
    let ages = inside.map(|((_, s), end)| end.min(to) - s);
    ages.max().unwrap_or(0)
}

/// S at an instant.
pub fn through_at(through: &[(i64, i64)], at: i64) -> Option<i64> {
    let by_then = through.iter().filter(|(from, _)| *from <= at);
    by_then.map(|(_, s)| *s).max()
}

/// When a partition is late: its age is more than D.
pub fn late(through: &[(i64, i64)]) -> impl Iterator<Item = (i64, i64)> {
    let ends = through.iter().skip(1).map(|(at, _)| *at).chain([i64::MAX]);
    let held = through.iter().zip(ends);
    held.filter_map(|((_, s), end)| (end > s + D).then_some((s + D, end)))
}

/// Rule: caught up is when all ages are at most D and stay there for H.
pub fn calm_from(late: &[(i64, i64)], b: i64, hold: i64) -> Option<i64> {
    let mut candidates: Vec<i64> = late.iter().map(|(_, end)| *end).collect();
    candidates.retain(|at| *at > b && *at < i64::MAX);
    candidates.push(b);
    candidates.sort_unstable();
    let calm = |at: &i64| !late.iter().any(|(from, to)| *from < at + hold && *to > *at);
    candidates.into_iter().find(calm)
}
