//! What is judged on samples, scrape by scrape: steady state, effect, detection, and states that must not be after recovery.
//! Times in microseconds of the drill host's clock. Definitions: "Gap", "Detection", "Verdict of a drill".

use super::judgement::{Interval, Remark};
use super::pages::micros;
use super::plan::Bound;
use super::remark::remark;
use super::scrapes::{Scrape, Scrapes, value_at};
use super::watch::{State, Watch};
use crate::model::time::Timestamp;

/// Rule: every condition holds at every scrape of the steady state; what is unknown is not proved.
pub(super) fn steady(
    watch: &Watch<'_>,
    conditions: &[Bound],
    from: i64,
    issued: i64,
) -> Option<Remark> {
    let scrapes = watch.scrapes;
    for bound in conditions {
        let watched = watch.on(bound);
        let before = scrapes
            .all
            .iter()
            .filter(|scrape| scrape.earliest >= from && scrape.latest <= issued);
        for scrape in before {
            match watched.state(*scrape) {
                State::Holds => {}
                State::DoesNot => return Some(said("not_steady", bound, scrape.earliest)),
                State::Unknown => {
                    return Some(said("steady_state_not_proved", bound, scrape.earliest));
                }
            }
        }
        if let Some((start, _)) = scrapes.gaps(from, issued).first() {
            return Some(said("steady_state_not_proved", bound, *start));
        }
    }
    None
}

fn said(code: &str, bound: &Bound, at: i64) -> Remark {
    remark(
        code,
        &[
            ("condition", bound.expr()),
            ("at", Timestamp::from_micros(at).to_string()),
        ],
    )
}

/// Rule: the effect is evidenced where its condition held at a scrape certainly after T_f⁻ and before the restoration.
pub(super) fn effect_seen(watch: &Watch<'_>, effect: &Bound, issued: i64, restored: i64) -> bool {
    let watched = watch.on(effect);
    let mut after = watch
        .scrapes
        .all
        .iter()
        .filter(|scrape| scrape.earliest >= issued && scrape.latest <= restored);
    after.any(|scrape| watched.state(*scrape) == State::Holds)
}

/// Rule: detection is the first sample that was bad; it lies after the last good one before it.
pub(super) fn detection(
    watch: &Watch<'_>,
    bound: &Bound,
    zero: (i64, i64),
    restored: i64,
) -> Option<Interval> {
    let (issued, done) = zero;
    let watched = watch.on(bound);
    let states = watch
        .scrapes
        .all
        .iter()
        .filter(|scrape| scrape.earliest <= restored)
        .map(|scrape| (scrape, watched.state(*scrape)));
    let mut last_good = None;
    for (scrape, state) in states {
        match state {
            State::Holds if scrape.latest > issued => {
                let lower = last_good.map_or(0, |good: i64| (good - done).max(0));
                return Some(Interval {
                    lower,
                    upper: Some(scrape.latest - issued),
                });
            }
            State::DoesNot => last_good = Some(watch.scrapes.made(*scrape)),
            State::Holds | State::Unknown => {}
        }
    }
    None
}

/// The hold after the recovery, on the drill host's clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct After {
    /// When it may have begun at the earliest.
    pub(super) possible: i64,
    /// When it had certainly begun.
    pub(super) recovered: i64,
    /// Until when it certainly goes on: H after the earliest recovery.
    pub(super) certain: i64,
    pub(super) until: i64,
}

/// Rule: how often a bad state was seen after recovery, at most as often as since its earliest possible instant; unbounded above where a
/// scrape is missing or its witness is, and where no page shows what was certainly read after the recovery.
pub(super) fn seen_after(
    watch: &Watch<'_>,
    never: &Bound,
    witness: &Bound,
    After {
        possible,
        recovered,
        certain,
        until,
    }: After,
) -> Interval {
    let scrapes = watch.scrapes;
    let (bad, there) = (watch.on(never), watch.on(witness));
    let mut seen = Interval {
        lower: 0,
        upper: Some(0),
    };
    let mut read_after = false;
    for scrape in scrapes
        .all
        .iter()
        .filter(|scrape| scrape.latest > possible && scrape.earliest <= until)
    {
        // What the page shows may have been read before the recovery.
        let after = read_at(scrapes, *scrape, "rest:").is_some_and(|read| read >= recovered);
        read_after |= after;
        match (bad.state(*scrape), there.state(*scrape)) {
            (State::Holds, _) => {
                seen.upper = seen.upper.map(|upper| upper + 1);
                seen.lower += i64::from(after && scrape.latest <= certain);
            }
            (State::DoesNot, State::Holds) => {}
            _ => seen.upper = None,
        }
    }
    if !read_after || !scrapes.gaps(possible, until).is_empty() {
        seen.upper = None;
    }
    seen
}

/// When at the earliest what a page shows of such endpoints was read; `None` where the page tells neither the age of its readings
/// nor their time to live. Rule: the ages are those that the readings had when the page was made, which may be before it was scraped.
pub(super) fn read_at(scrapes: &Scrapes<'_>, scrape: Scrape, endpoint: &str) -> Option<i64> {
    reading_age(scrapes, scrape, endpoint).map(|age| scrapes.made(scrape) - age)
}

/// Age of the oldest reading of such an endpoint that answers, as the page tells it, else its time to live; `None` = neither.
fn reading_age(scrapes: &Scrapes<'_>, scrape: Scrape, endpoint: &str) -> Option<i64> {
    let at_scrape = |name: &'static str| {
        scrapes
            .named(name)
            .iter()
            .filter_map(move |(labels, samples)| {
                Some((labels.get("endpoint"), value_at(samples, scrape.at)?))
            })
    };
    let up: Vec<_> = at_scrape("mm2_exporter_endpoint_up")
        .filter(|(of, up)| of.starts_with(endpoint) && *up > 0.0)
        .map(|(of, _)| of)
        .collect();
    let ages = at_scrape("mm2_exporter_reading_age_seconds").filter(|(of, _)| up.contains(of));
    let told = ages.filter_map(|(_, age)| micros(age)).max();
    let mut longest = at_scrape("mm2_exporter_reading_time_to_live_seconds");
    told.or_else(|| micros(longest.next()?.1))
}
