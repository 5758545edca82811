//! Waits while the system recovers, and decides when the window closes (definitions.md, "Window").

use std::time::Duration;

use super::live::Live;
use super::page::Exporter;
use super::progress::Progress;
use super::signals::Signals;
use super::trend::Trend;
use crate::clock;
use crate::model::time::Timestamp;
use crate::recovery::clocks::Clock;
use crate::recovery::events::Closed;
use crate::recovery::inventory::Inventory;
use crate::recovery::judgement::Zero;
use crate::recovery::zero::WATCHED_BEYOND;

/// How often the page is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Added to what the judge asks for.
const MARGIN: Duration = Duration::from_micros(WATCHED_BEYOND.unsigned_abs());

/// What ends a window before its time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// The flow recovered, and held.
    Recovered,
    /// The same; or that long after the zero, if all has been as it should be for the hold.
    RecoveredOrCalm(Duration),
    /// Nothing: the fault is kept.
    InTime,
    /// Everything is as it should be, and was for the hold.
    Calm,
}

/// What the window depends on.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// The zero of the clock, by ours.
    pub zero: Zero,
    /// What ends it early.
    pub ends: Ends,
    /// The recovery time's limit.
    pub limit: Duration,
    /// H.
    pub hold: Duration,
    /// The exporter's clock.
    pub clock: Clock,
}

impl Window {
    /// Why the window is over at `now`, if it is; `calm` = since when all has been as it should be.
    pub fn closed(
        &self,
        live: Option<&Live>,
        calm: Option<Timestamp>,
        now: Timestamp,
    ) -> Option<Closed> {
        let early = match self.ends {
            Ends::InTime => false,
            Ends::Recovered => live.is_some_and(|live| self.held(live)),
            Ends::RecoveredOrCalm(least) => {
                let long_enough = now >= self.zero.done.plus(least).plus(self.margin(live));
                live.is_some_and(|live| self.held(live))
                    || (long_enough && self.calm(live, calm, now))
            }
            Ends::Calm => self.calm(live, calm, now),
        };
        if early {
            return Some(Closed::Recovered);
        }
        let end = self.zero.done.plus(self.limit).plus(self.hold);
        (now >= end.plus(self.margin(live))).then_some(Closed::TimeLimit)
    }

    /// Whether all has been as it should be for the whole hold.
    fn calm(&self, live: Option<&Live>, since: Option<Timestamp>, now: Timestamp) -> bool {
        since.is_some_and(|since| now >= since.plus(self.hold).plus(self.margin(live)))
    }

    /// Whether the page tells of a recovery and of the whole hold after it.
    fn held(&self, live: &Live) -> bool {
        let recovered = live.recovered(self.zero.issued.plus_micros(self.clock.offset));
        let held = recovered.map(|end| end.plus(self.hold).plus(self.margin(Some(live))));
        held.zip(live.observed_through)
            .is_some_and(|(held, through)| through >= held)
    }

    /// The judge asks that b + H + one period of the canary lies before the restoration, whatever the clocks' error.
    fn margin(&self, live: Option<&Live>) -> Duration {
        let period = live.and_then(|live| live.period).unwrap_or_default();
        period + 2 * Duration::from_micros(self.clock.epsilon.unsigned_abs()) + MARGIN
    }

    /// Watch until the window is over.
    pub async fn watch(
        &self,
        exporter: &Exporter,
        inventory: &Inventory,
        progress: &mut Progress,
        signals: &Signals,
    ) -> Closed {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut calm, mut trend) = (None, Trend::default());
        loop {
            let look = async {
                ticks.tick().await;
                exporter.page().await
            };
            let page = tokio::select! {
                page = look => page,
                () = signals.interrupted() => return Closed::Interrupted,
            };
            let now = clock::wall();
            let live = page.map(|page| Live::read(&page, inventory));
            if let Some(lag) = live.as_ref().ok().and_then(|live| live.lag) {
                trend.saw(lag, now);
            }
            progress.status(&self.told(&live, &trend, now), clock::monotonic());
            let is_calm = live.as_ref().is_ok_and(Live::is_calm);
            calm = calm.filter(|_| is_calm).or(is_calm.then_some(now));
            if let Some(closed) = self.closed(live.as_ref().ok(), calm, now) {
                return closed;
            }
        }
    }

    fn told<E: std::fmt::Display>(
        &self,
        live: &Result<Live, E>,
        trend: &Trend,
        now: Timestamp,
    ) -> String {
        let elapsed = now.since(self.zero.done);
        match live {
            Ok(live) => {
                let lag = live.lag.and_then(|_| trend.told(now));
                let theirs = now.plus_micros(self.clock.offset);
                live.line(elapsed, theirs, lag.as_deref())
            }
            Err(error) => format!("{} after the zero | {error}", super::live::seconds(elapsed)),
        }
    }
}

#[cfg(test)]
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000)
}

#[cfg(test)]
fn window(ahead_seconds: i64) -> Window {
    Window {
        zero: Zero {
            issued: at(100),
            done: at(101),
        },
        ends: Ends::Recovered,
        limit: Duration::from_mins(1),
        hold: Duration::from_secs(30),
        clock: Clock {
            offset: ahead_seconds * 1_000_000,
            epsilon: 0,
        },
    }
}

#[cfg(test)]
fn live(outages: Vec<(Timestamp, Option<Timestamp>)>, observed_through: i64) -> Live {
    Live {
        tasks: std::collections::BTreeMap::new(),
        withheld: None,
        whole: true,
        delivered_through: None,
        observed_through: Some(at(observed_through)),
        lag: None,
        outages,
        period: None,
    }
}

#[test]
fn the_window_closes_when_the_page_has_seen_the_whole_hold() {
    let ended = vec![(at(101), Some(at(115)))];
    assert_eq!(
        window(0).closed(Some(&live(ended.clone(), 145)), None, at(146)),
        None
    );
    assert_eq!(
        window(0).closed(Some(&live(ended, 146)), None, at(147)),
        Some(Closed::Recovered)
    );
}

#[test]
fn an_outage_that_is_still_open_keeps_the_window_open_until_the_limit() {
    let open = live(vec![(at(101), Some(at(115))), (at(120), None)], 170);
    assert_eq!(window(0).closed(Some(&open), None, at(191)), None);
    assert_eq!(
        window(0).closed(Some(&open), None, at(192)),
        Some(Closed::TimeLimit)
    );
    assert_eq!(
        window(0).closed(None, None, at(192)),
        Some(Closed::TimeLimit)
    );
}

#[test]
fn the_exporters_clock_may_be_ahead() {
    let before_the_zero = live(vec![(at(101), Some(at(104)))], 300);
    assert_eq!(
        window(10).closed(Some(&before_the_zero), None, at(150)),
        None
    );
}

#[test]
fn a_slow_canary_and_an_uncertain_clock_keep_the_window_open_longer() {
    let mut page = live(vec![(at(101), Some(at(115)))], 153);
    page.period = Some(Duration::from_secs(2));
    let mut window = window(0);
    window.clock.epsilon = 3_000_000;
    assert_eq!(window.closed(Some(&page), None, at(154)), None);
    page.observed_through = Some(at(154));
    assert_eq!(
        window.closed(Some(&page), None, at(155)),
        Some(Closed::Recovered)
    );
}

#[test]
fn a_fault_that_is_kept_ends_in_time_and_a_restoration_with_the_calm() {
    let page = live(Vec::new(), 300);
    let closed = |ends, calm, now| {
        let window = Window { ends, ..window(0) };
        window.closed(Some(&page), calm, at(now))
    };
    assert_eq!(closed(Ends::InTime, Some(at(101)), 191), None);
    assert_eq!(closed(Ends::InTime, None, 192), Some(Closed::TimeLimit));
    let quiet = Ends::RecoveredOrCalm(Duration::from_secs(50));
    assert_eq!(closed(quiet, Some(at(110)), 151), None);
    assert_eq!(closed(quiet, Some(at(110)), 152), Some(Closed::Recovered));
    assert_eq!(closed(quiet, None, 152), None);
    assert_eq!(closed(Ends::Calm, Some(at(110)), 140), None);
    assert_eq!(
        closed(Ends::Calm, Some(at(110)), 141),
        Some(Closed::Recovered)
    );
}
