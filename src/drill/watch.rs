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
    /// Between two scrapes of the server that the drill is judged by.
    pub interval: Duration,
    /// The exporter's clock.
    pub clock: Clock,
}

/// What the pages so far have told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// Since when all has been as it should be, by our clock.
    pub calm: Option<Timestamp>,
    /// The last instant at which something was late, by the exporter's clock.
    pub late: Option<Timestamp>,
}

impl Seen {
    /// After one more page, if there was one, at `now`.
    fn after(self, live: Option<&Live>, now: Timestamp) -> Self {
        let is_calm = live.is_some_and(Live::is_calm);
        Self {
            calm: is_calm.then(|| self.calm.unwrap_or(now)),
            late: live.and_then(Live::late_at).or(self.late),
        }
    }
}

impl Window {
    /// Why the window is over at `now`, if it is.
    pub fn closed(&self, live: Option<&Live>, seen: Seen, now: Timestamp) -> Option<Closed> {
        let held = || live.is_some_and(|live| self.held(live, seen.late));
        let calm = || self.calm(live, seen.calm, now);
        let early = match self.ends {
            Ends::InTime => false,
            Ends::Recovered => held(),
            Ends::RecoveredOrCalm(least) => {
                let long_enough = now >= self.zero.done.plus(least).plus(self.margin(live));
                held() || (long_enough && calm())
            }
            Ends::Calm => calm(),
        };
        if early {
            return Some(Closed::Recovered);
        }
        let end = self.zero.done.plus(self.limit).plus(self.hold);
        (now >= end.plus(self.margin(live))).then_some(Closed::TimeLimit)
    }

    /// Whether all has been as it should be for the whole hold. The server learns of it by its next scrape.
    fn calm(&self, live: Option<&Live>, since: Option<Timestamp>, now: Timestamp) -> bool {
        let held = since.map(|since| since.plus(self.interval + self.hold + self.margin(live)));
        held.is_some_and(|held| now >= held)
    }

    /// Whether the page tells of a recovery, and of the whole hold after it and after what was late: that is over for the server
    /// with its next scrape, while an outage's end stands on the page.
    fn held(&self, live: &Live, late: Option<Timestamp>) -> bool {
        let recovered = live.recovered(self.zero.issued.plus_micros(self.clock.offset));
        let caught_up = late.map(|late| late.plus(self.interval));
        let calm = recovered.map(|end| caught_up.map_or(end, |at| end.max(at)));
        let held = calm.map(|calm| calm.plus(self.hold + self.margin(Some(live))));
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
        let (mut seen, mut trend) = (Seen::default(), Trend::default());
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
            let shown = live.as_ref().ok();
            seen = seen.after(shown, now);
            if let Some(closed) = self.closed(shown, seen, now) {
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
        interval: Duration::from_secs(1),
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
        threshold: Some(Duration::from_secs(1)),
    }
}

#[cfg(test)]
const NOTHING: Seen = Seen {
    calm: None,
    late: None,
};

#[cfg(test)]
fn calm(since: i64) -> Seen {
    Seen {
        calm: Some(at(since)),
        late: None,
    }
}

#[test]
fn the_window_closes_when_the_page_has_seen_the_whole_hold() {
    let ended = vec![(at(101), Some(at(115)))];
    assert_eq!(
        window(0).closed(Some(&live(ended.clone(), 145)), NOTHING, at(146)),
        None
    );
    assert_eq!(
        window(0).closed(Some(&live(ended, 146)), NOTHING, at(147)),
        Some(Closed::Recovered)
    );
}

#[test]
fn an_outage_that_is_still_open_keeps_the_window_open_until_the_limit() {
    let open = live(vec![(at(101), Some(at(115))), (at(120), None)], 170);
    assert_eq!(window(0).closed(Some(&open), NOTHING, at(191)), None);
    assert_eq!(
        window(0).closed(Some(&open), NOTHING, at(192)),
        Some(Closed::TimeLimit)
    );
    assert_eq!(
        window(0).closed(None, NOTHING, at(192)),
        Some(Closed::TimeLimit)
    );
}

#[test]
fn the_exporters_clock_may_be_ahead() {
    let before_the_zero = live(vec![(at(101), Some(at(104)))], 300);
    assert_eq!(
        window(10).closed(Some(&before_the_zero), NOTHING, at(150)),
        None
    );
}

#[test]
fn a_slow_canary_and_an_uncertain_clock_keep_the_window_open_longer() {
    let mut page = live(vec![(at(101), Some(at(115)))], 153);
    page.period = Some(Duration::from_secs(2));
    let mut window = window(0);
    window.clock.epsilon = 3_000_000;
    assert_eq!(window.closed(Some(&page), NOTHING, at(154)), None);
    page.observed_through = Some(at(154));
    assert_eq!(
        window.closed(Some(&page), NOTHING, at(155)),
        Some(Closed::Recovered)
    );
}

#[test]
fn a_fault_that_is_kept_ends_in_time_and_a_restoration_with_the_calm() {
    let page = live(Vec::new(), 300);
    let closed = |ends, seen, now| {
        let window = Window { ends, ..window(0) };
        window.closed(Some(&page), seen, at(now))
    };
    assert_eq!(closed(Ends::InTime, calm(101), 191), None);
    assert_eq!(closed(Ends::InTime, NOTHING, 192), Some(Closed::TimeLimit));
    let quiet = Ends::RecoveredOrCalm(Duration::from_secs(50));
    assert_eq!(closed(quiet, calm(110), 151), None);
    assert_eq!(closed(quiet, calm(110), 152), Some(Closed::Recovered));
    assert_eq!(closed(quiet, NOTHING, 152), None);
    assert_eq!(closed(Ends::Calm, calm(110), 141), None);
    assert_eq!(closed(Ends::Calm, calm(110), 142), Some(Closed::Recovered));
}

#[test]
fn what_is_late_after_the_recovery_keeps_the_window_open_until_its_own_hold_is_over() {
    let ended = || vec![(at(101), Some(at(115)))];
    let late = Seen {
        late: Some(at(130)),
        calm: None,
    };
    // A scrape, the hold and the margin after it.
    let closed = |through| window(0).closed(Some(&live(ended(), through)), late, at(165));
    assert_eq!(closed(161), None);
    assert_eq!(closed(162), Some(Closed::Recovered));
}

#[test]
fn a_page_that_is_late_is_no_calm_and_is_remembered() {
    let mut page = live(Vec::new(), 120);
    page.delivered_through = Some(at(118));
    let seen = calm(110).after(Some(&page), at(121));
    assert_eq!((seen.calm, seen.late), (None, Some(at(120))));
    (page.observed_through, page.delivered_through) = (Some(at(121)), Some(at(120)));
    let seen = seen.after(Some(&page), at(122));
    assert_eq!((seen.calm, seen.late), (Some(at(122)), Some(at(120))));
    let seen = seen.after(None, at(123));
    assert_eq!((seen.calm, seen.late), (None, Some(at(120))));
}
