//! What the canary measures, from its records: outages of each partition, recovery, flaps, the worst age.

use mirrorwatch::recovery::judgement::Measured;

use super::{Compared, Held, ROUNDING, agreed, bounds, decided, inside, often_enough, same};
use crate::second::canary::{self, Back, Lists, Outage, Span};
use crate::second::scrapes::{Clock, clock};
use crate::world::{D, World};

/// The canary's records, and the clocks between which they lie. All on the exporter's clock.
pub(super) struct Flow<'a> {
    held: &'a Held<'a>,
    exporter: Clock,
    /// By partition.
    pub(super) outages: Vec<Vec<Outage>>,
    pub(super) through: Vec<Vec<(i64, i64)>>,
    pub(super) arrivals: Vec<Vec<i64>>,
    pub(super) given_up: Vec<Vec<i64>>,
    /// When the pages were made.
    pub(super) pages: Vec<i64>,
}

impl<'a> Flow<'a> {
    pub(super) fn of(held: &'a Held<'a>) -> Self {
        let world = held.world;
        let ahead = crate::page::offset(world, 0);
        let lists = held.lists.get_or_init(|| Lists::of(world));
        let good = held.scrapes.iter().filter(|scrape| scrape.good);
        // A record that never settles does so in no time.
        let later = |at: &i64| at.saturating_add(ahead);
        Self {
            exporter: clock(held.log, "exporter"),
            outages: each(&lists.outages, |(from, to)| {
                (from + ahead, to.map(|to| to + ahead))
            }),
            through: each(&lists.through, |(at, s)| (at + ahead, s + ahead)),
            arrivals: each(&lists.arrivals, later),
            given_up: each(&lists.given_up, later),
            pages: good.map(|scrape| scrape.reads).collect(),
            held,
        }
    }

    fn reads(&self, at: i64) -> i64 {
        if at == i64::MAX {
            at
        } else {
            at + self.exporter.offset
        }
    }

    fn issued(&self) -> i64 {
        self.reads(self.held.world.zero.0)
    }

    fn done(&self) -> i64 {
        self.reads(self.held.world.zero.2)
    }

    /// Until when, at the latest, the flow is looked at.
    fn last_end(&self) -> i64 {
        let world = self.held.world;
        let limit = self.done() + world.limit + world.hold;
        limit.min(self.reads(self.held.restored()))
    }

    /// The restoration at the earliest.
    pub(super) fn undone(&self) -> i64 {
        match self.reads(self.held.restored()) {
            i64::MAX => i64::MAX,
            at => at - self.exporter.epsilon,
        }
    }

    fn last_page(&self) -> i64 {
        self.pages[self.pages.len() - 1]
    }

    /// Outages as the pages have them: those that were longer than D on the last page, with the ends that it shows.
    fn shown(&self) -> Vec<Vec<Outage>> {
        let last = self.last_page();
        let shows =
            |outage: &&Outage| outage.0 + D < last && outage.1.is_none_or(|end| end - outage.0 > D);
        let as_shown = |outage: &Outage| (outage.0, outage.1.filter(|end| *end <= last));
        let part = |all: &Vec<Outage>| all.iter().filter(shows).map(as_shown).collect();
        self.outages.iter().map(part).collect()
    }

    /// What of them is certain: as far as the pages vouch, where that is longer than D, and before the restoration.
    fn certain(&self) -> Vec<Outage> {
        let parts = self.shown().into_iter().zip(&self.through);
        let mut certain = Vec::new();
        for (outages, steps) in parts {
            let vouched = self.vouched_for(steps);
            let cut = |(from, to): Outage| (from, to.unwrap_or(i64::MAX).min(vouched));
            let pieces = outages.into_iter().map(cut);
            let longer = pieces.filter(|(from, to)| to - from > D);
            let undone = longer.map(|(from, to)| (from, Some(to.min(self.undone()))));
            certain.extend(undone.filter(|(from, _)| *from < self.undone()));
        }
        certain
    }

    /// Rule: the last page vouches up to S, or up to D before it: what began later may not show yet.
    fn vouched_for(&self, steps: &[(i64, i64)]) -> i64 {
        let last = self.last_page();
        let s = canary::through_at(steps, last).unwrap_or(i64::MIN);
        s.max(last - D)
    }

    /// Until when the pages vouch for the flow.
    fn vouched(&self) -> i64 {
        let parts = self.through.iter().map(|steps| self.vouched_for(steps));
        parts.min().unwrap_or(i64::MIN).min(self.undone())
    }

    /// How the flow came back, as seen; `None` where that hangs on less than the clocks and the canary's period can tell.
    pub(super) fn back(&self) -> Option<Back> {
        let (epsilon, period) = (self.exporter.epsilon, self.held.world.period);
        let outages = self.certain();
        let with = |zero: i64, last: i64, hold: i64| {
            let span = Span {
                zero: self.issued() + zero * epsilon,
                last: self.last_end() + last * epsilon,
                hold: self.held.world.hold + hold * period,
            };
            (
                canary::recovered(&outages, span),
                canary::flaps(
                    &outages,
                    0,
                    Span {
                        hold: i64::MAX,
                        ..span
                    },
                ),
            )
        };
        let signs = [-1, 1];
        let first = with(1, -1, -1);
        let all = signs.into_iter().flat_map(|zero| {
            signs
                .into_iter()
                .flat_map(move |last| signs.into_iter().map(move |hold| (zero, last, hold)))
        });
        let clear = all
            .into_iter()
            .all(|(zero, last, hold)| with(zero, last, hold) == first);
        clear.then_some(first.0)
    }

    /// Whether a recovery was proved: nothing may have begun within H of it.
    pub(super) fn is_proved(&self, b: i64) -> bool {
        self.vouched() > b + self.held.world.hold + self.held.world.period
    }
}

/// Each item of each list, changed.
fn each<T>(lists: &[Vec<T>], change: impl Fn(&T) -> T) -> Vec<Vec<T>> {
    let changed = |all: &Vec<T>| all.iter().map(&change).collect();
    lists.iter().map(changed).collect()
}

/// Rule: where the canary saw everything nothing is unknown.
pub(super) fn saw_all(world: &World) -> bool {
    let blind = world.source_blind.is_some() || world.target_blind.is_some();
    let few = |part: &crate::world::Part| part.stalls.len() <= 8;
    !blind && world.down.is_none() && !world.uncovered && world.partitions.iter().all(few)
}

/// Rule: [b − T_f⁺ − ε, b + period − T_f⁻ + ε], clipped at 0; without an outage, a length of at least D.
pub(super) fn recovery(held: &Held<'_>) -> Compared {
    let flow = Flow::of(held);
    let measured = &held.judgement.measures["recovery_time"];
    let Some(back) = flow.back().filter(|_| saw_all(held.world)) else {
        return Ok(false);
    };
    let epsilon = flow.exporter.epsilon;
    match (back, measured) {
        (Back::NoOutage, Measured::NoneLongerThan { length }) => {
            let end = flow.done() + held.world.limit + held.world.hold + epsilon;
            let mut unseen: Vec<Outage> = flow.shown().into_iter().flatten().collect();
            unseen.push((flow.vouched(), None));
            let from = flow.issued() - epsilon;
            let spans = canary::union(&unseen).into_iter();
            let lengths = spans.map(|(start, stop)| stop.min(end) - start.max(from));
            let unseen = lengths.max().unwrap_or(0).max(D);
            same("length", Some((*length, None)), Some((unseen, None)))
        }
        (Back::At(b), Measured::Within { .. }) => {
            let lower = (b - flow.done() - epsilon).max(0);
            let upper = (b + held.world.period - flow.issued() + epsilon).max(0);
            let second = (lower, Some(upper).filter(|_| flow.is_proved(b)));
            same("recovery_time", bounds(measured), Some(second))
        }
        _ => Err(format!("recovery_time: {measured:?} is not {back:?}")),
    }
}

/// When each partition delivered again; the worst of them is the flow's.
pub(super) fn partitions(held: &Held<'_>) -> Compared {
    if !saw_all(held.world) {
        return Ok(false);
    }
    let flow = Flow::of(held);
    let mut second = Vec::new();
    for (number, outages) in flow.shown().into_iter().enumerate() {
        let touches = |outage: &Outage| {
            outage.1.is_none_or(|end| end > flow.issued()) && outage.0 <= flow.last_end()
        };
        let task = format!("c-{}", held.world.partitions[number].task);
        let touching = outages.into_iter().filter(touches);
        second.extend(touching.map(|outage| (outage, number, task.clone())));
    }
    second.sort();
    let product = &held.judgement.outages;
    let is_same = |(((start, end), number, task), outage): (&(Outage, usize, String), _)| {
        let outage: &mirrorwatch::recovery::judgement::Outage = outage;
        let near = |a: i64, b: i64| (flow.reads(a) - b).abs() <= ROUNDING;
        let ends = match (outage.end, end) {
            (Some(a), Some(b)) => near(a.as_micros(), *b),
            (None, None) => true,
            _ => false,
        };
        near(outage.start.as_micros(), *start)
            && ends
            && usize::try_from(outage.partition) == Ok(*number)
            && outage.task.as_ref() == Some(task)
    };
    let all = second.len() == product.len() && second.iter().zip(product).all(is_same);
    let wrong = || format!("outages: {product:?} are not {second:?}");
    all.then_some(true).ok_or_else(wrong)
}

/// How often, how long altogether, and until when all of it was looked at.
pub(super) fn flaps(held: &Held<'_>) -> Compared {
    let flow = Flow::of(held);
    let Some(Back::At(b)) = flow.back().filter(|_| saw_all(held.world)) else {
        return Ok(false);
    };
    if !flow.is_proved(b) {
        return Ok(false);
    }
    let outages: Vec<Outage> = flow.shown().into_iter().flatten().collect();
    let span = Span {
        zero: flow.issued(),
        last: flow.last_end(),
        hold: held.world.hold,
    };
    let count = canary::flaps(&outages, b, span);
    let measures = &held.judgement.measures;
    same(
        "flaps",
        bounds(&measures["flaps"]),
        Some((count, Some(count))),
    )?;
    let end = (b + held.world.hold).min(flow.last_end());
    let window = held
        .judgement
        .window
        .map(|window| flow.reads(window.1.as_micros()));
    same("window", window.map(|end| (end, None)), Some((end, None)))?;
    // Each end of each outage is known to one period, each end of the window to the clocks' error.
    let (epsilon, period) = (flow.exporter.epsilon, held.world.period);
    let length = |from: i64, to: i64, unsure: i64| {
        let all = canary::union(&outages).into_iter();
        let cut = all.map(|(start, end)| end.min(to) - start.max(from));
        cut.filter(|length| *length > 0)
            .map(|length| (length + unsure).max(0))
            .sum::<i64>()
    };
    let least = length(flow.issued() + epsilon, end - epsilon, -period);
    let most = length(flow.issued() - epsilon, end + epsilon, period).max(least);
    let product = bounds(&measures["outage_seconds"]);
    same("outage_seconds", product, Some((least, Some(most))))
}

/// The worst t − S(t): no wider than what pages of nothing but S can tell, and around the true one.
pub(super) fn worst_age(held: &Held<'_>) -> Compared {
    let flow = Flow::of(held);
    let Some(Back::At(b)) = flow.back().filter(|_| saw_all(held.world)) else {
        return Ok(false);
    };
    if !flow.is_proved(b) {
        return Ok(false);
    }
    let Some((lower, Some(upper))) = bounds(&held.judgement.measures["recovery_point_seconds"])
    else {
        return Ok(false);
    };
    let (epsilon, period) = (flow.exporter.epsilon, held.world.period);
    let (from, to) = (
        flow.issued() - held.world.steady,
        (b + held.world.hold).min(flow.last_end()),
    );
    let ages = flow
        .through
        .iter()
        .map(|steps| canary::worst_age(steps, from, to));
    inside(
        "worst age",
        ages.max().unwrap_or(0),
        Some((lower, Some(upper))),
    )?;
    let s = |at: i64| {
        flow.through
            .iter()
            .filter_map(move |steps| canary::through_at(steps, at))
    };
    let sure =
        |at: &&i64| **at > from + epsilon && **at <= to - epsilon && **at + D <= flow.last_page();
    let pages = flow.pages.iter().filter(sure);
    let least = pages
        .filter_map(|at| Some(at - s(*at).min()?))
        .max()
        .unwrap_or(0)
        - period;
    let pairs = flow.pages.windows(2).filter(|pair| pair[0] < to + epsilon);
    let ages = pairs.filter_map(|pair| Some(pair[1] - s(pair[0]).min()?));
    let beyond = s(flow.last_page()).min().map(|s| to + epsilon - s);
    let most = ages.chain(beyond).max().unwrap_or(0);
    if lower + ROUNDING < least || upper > most + ROUNDING {
        return Err(format!(
            "worst age: {lower} … {upper} is wider than {least} … {most}"
        ));
    }
    Ok(true)
}

/// The oracle of the truth, which keeps a ledger, has the same as these lists.
fn oracles(held: &Held<'_>) -> Compared {
    let world = held.world;
    let truth = held.truth;
    let last = (world.zero.2 + world.limit + world.hold).min(held.restored());
    let lists = held.lists.get_or_init(|| Lists::of(world));
    let outages: Vec<Outage> = lists.outages.iter().flatten().copied().collect();
    let span = Span {
        zero: world.zero.1,
        last,
        hold: world.hold,
    };
    let back = match truth.recovered {
        None => Back::NoOutage,
        Some(None) => Back::Never,
        Some(Some(b)) => Back::At(b),
    };
    let second = canary::recovered(&outages, span);
    if second != back {
        return Err(format!("recovery: {back:?} is not {second:?}"));
    }
    let end = match back {
        Back::At(b) => (b + world.hold).min(last),
        Back::NoOutage | Back::Never => last,
    };
    let from = world.zero.0 - world.steady;
    let ages = lists
        .through
        .iter()
        .map(|steps| canary::worst_age(steps, from, end));
    let worst = ages.max().unwrap_or(0);
    if worst != truth.seconds {
        return Err(format!("worst age: {} is not {worst}", truth.seconds));
    }
    if let Back::At(b) = back {
        let flaps = canary::flaps(&outages, b, span);
        if truth.flaps != Some(flaps) {
            return Err(format!("flaps: {:?} are not {flaps}", truth.flaps));
        }
    }
    Ok(back != Back::NoOutage)
}

#[test]
fn the_recovery_time_is_the_end_of_the_worst_partitions_outage_on_both_sides() {
    often_enough(agreed(decided(), recovery), |numbers, compared| {
        numbers * 5 > compared * 2
    });
}

#[test]
fn each_partition_and_its_task_resume_at_the_same_instants() {
    often_enough(agreed(decided(), partitions), |numbers, compared| {
        numbers * 2 > compared
    });
}

#[test]
fn flaps_and_the_length_of_all_outages_agree() {
    often_enough(agreed(decided(), flaps), |numbers, compared| {
        numbers * 5 > compared
    });
}

#[test]
fn the_worst_age_is_bounded_as_tightly_as_pages_allow() {
    often_enough(agreed(decided(), worst_age), |numbers, compared| {
        numbers * 5 > compared
    });
}

#[test]
fn both_oracles_have_the_same_truth() {
    often_enough(agreed(decided(), oracles), |numbers, compared| {
        numbers * 2 > compared
    });
}
