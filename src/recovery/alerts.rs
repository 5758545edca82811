//! What the shipped alerts said of a drill, as its server stored that, or else would have said, as a replay of their rules over its samples has
//! it. Definitions: "Detection".

use std::collections::BTreeSet;

use super::clocks::Clock;
use super::judgement::{Alerting, FiredAlert, Interval, Measured, Remark, UnknownAlert, Zero};
use super::remark::{remark, seconds};
use super::spans::FOREVER;
use crate::promql::Millis;

/// Alerts over the samples of a drill, whose times these are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alerts {
    /// Every alert of the rules, in their order.
    pub all: Vec<Alert>,
    /// The first evaluation and the last.
    pub over: (Millis, Millis),
}

/// One alerting rule, and what it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Its name.
    pub name: String,
    /// Its severity.
    pub severity: String,
    /// Metrics that it rests on and that were not taken from the server: then nothing is known of it.
    pub lacks: BTreeSet<String>,
    /// How far back it looks.
    pub reach: Millis,
    /// How long its expression must hold.
    pub hold: Millis,
    /// Between two evaluations: a server may have known it as much earlier.
    pub interval: Millis,
    /// By how much a server may have known it later.
    pub late: Millis,
    /// Whether the server ran the rule itself: its own evaluations, not those of a replay.
    pub stored: bool,
    /// Each time that it was active.
    pub episodes: Vec<Episode>,
}

/// From pending to over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Episode {
    /// The evaluation from which on its expression held.
    pub pending: Millis,
    /// The evaluation at which it fired, if it did.
    pub fired: Option<Millis>,
    /// The evaluation from which on it was over, if it was.
    pub over: Option<Millis>,
}

/// Where a drill lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) zero: Zero,
    /// Where what belongs to the fault ends, in microseconds.
    pub(super) restored: i64,
    /// The clock of the samples.
    pub(super) clock: Clock,
}

/// What an alert is of a fault.
enum Said {
    Unknown(Remark),
    Silent,
    Fired(FiredAlert),
}

impl Alerts {
    /// What would have fired for what came after the zero, and of which alerts nothing is known.
    pub(super) fn said(&self, span: Span) -> Alerting {
        let mut all = Alerting {
            fired: Vec::new(),
            unknown: Vec::new(),
        };
        for alert in &self.all {
            match self.of(alert, span) {
                Said::Silent => {}
                Said::Fired(fired) => all.fired.push(fired),
                Said::Unknown(because) => all.unknown.push(UnknownAlert {
                    alert: alert.name.clone(),
                    severity: alert.severity.clone(),
                    because,
                }),
            }
        }
        all.fired.sort_by_key(|fired| fired.after.upper);
        all
    }

    /// When the first of them fired, of those that do not look back beyond the beginning. Rule: one whose series are missing may have fired as soon as its
    /// hold was over; what fired once the restoration had been issued is not for the fault.
    pub(super) fn first(&self, span: Span) -> Measured {
        let unread = self.all.iter();
        let unread =
            unread.filter(|alert| !alert.lacks.is_empty() && !self.looks_beyond(alert, span));
        let width = span.zero.done.micros_since(span.zero.issued);
        let soonest = unread.clone().map(|alert| alert.hold * 1_000 - width);
        let soonest = soonest.min().unwrap_or(FOREVER).max(0);
        let fired = self.all.iter().filter_map(|alert| {
            let episodes = self.episodes(alert, span).into_iter();
            let fired = episodes.filter_map(|episode| episode.fired);
            let fired = fired.filter(|at| span.instant(*at) <= span.restored);
            fired.min().map(|at| span.after(at, alert))
        });
        let fired: Vec<Interval> = fired.collect();
        let upper = fired.iter().filter_map(|after| after.upper).min();
        let lower = fired.iter().map(|after| after.lower).min();
        if upper.is_none() && unread.clone().next().is_some() {
            let because = remark(
                "alerts_not_replayed",
                &[("count", unread.count().to_string())],
            );
            return Measured::Unknown { because };
        }
        let lower = lower.unwrap_or_else(|| self.silent_until(span));
        Measured::between(lower.min(soonest), upper)
    }

    /// How long nothing fired at least.
    fn silent_until(&self, span: Span) -> i64 {
        let interval = self.all.iter().map(|alert| alert.interval).max();
        let end = span.instant(self.over.1).min(span.restored);
        let done = span.zero.done.as_micros();
        (end - interval.unwrap_or(0) * 1_000 - span.clock.epsilon - done).max(0)
    }

    fn of(&self, alert: &Alert, span: Span) -> Said {
        if self.looks_beyond(alert, span) {
            let with = [("reach", seconds(alert.reach * 1_000))];
            return Said::Unknown(remark("alert_looks_back", &with));
        }
        if !alert.lacks.is_empty() {
            let lacks: Vec<_> = alert.lacks.iter().map(|name| format!("`{name}`")).collect();
            let with = [("metrics", lacks.join(", "))];
            return Said::Unknown(remark("alert_series_missing", &with));
        }
        let fired = self.episodes(alert, span).into_iter();
        let fired: Vec<_> = fired
            .filter_map(|episode| Some((episode.fired?, episode.over)))
            .collect();
        match fired.iter().map(|(at, _)| *at).min() {
            Some(first) => {
                let last = fired.iter().map(|(_, over)| *over);
                let over = last.reduce(|one, other| Some(one?.max(other?))).flatten();
                Said::Fired(FiredAlert {
                    alert: alert.name.clone(),
                    severity: alert.severity.clone(),
                    after: span.after(first, alert),
                    ended: over.map(|over| span.after(over, alert)),
                    stored: alert.stored,
                })
            }
            None if alert.was_active(span) => Said::Unknown(remark("alert_active_before", &[])),
            None => Said::Silent,
        }
    }

    /// Whether what it looks at before the zero begins before the samples do.
    fn looks_beyond(&self, alert: &Alert, span: Span) -> bool {
        let begun = span.instant(self.over.0 + alert.reach + alert.interval);
        begun > span.zero.issued.as_micros()
    }

    /// Its episodes that began after the zero, where it is known. Rule: what was pending at the zero already is not for the fault.
    fn episodes(&self, alert: &Alert, span: Span) -> Vec<Episode> {
        if !alert.lacks.is_empty() || self.looks_beyond(alert, span) {
            return Vec::new();
        }
        let began =
            |episode: &&Episode| span.instant(episode.pending) >= span.zero.issued.as_micros();
        alert.episodes.iter().filter(began).copied().collect()
    }
}

impl Alert {
    /// Whether it was pending or firing at the zero already.
    fn was_active(&self, span: Span) -> bool {
        let issued = span.zero.issued.as_micros();
        self.episodes.iter().any(|episode| {
            let over = episode.over.map_or(FOREVER, |over| span.instant(over));
            span.instant(episode.pending) < issued && over >= issued
        })
    }
}

impl Span {
    /// A time of the samples on the drill host's clock.
    fn instant(self, at: Millis) -> i64 {
        self.clock.instant(at * 1_000).as_micros()
    }

    /// How long after the zero a server comes to know of what the replay has at `at`. Rule: when within its interval a server evaluates a group is up to the
    /// server.
    fn after(self, at: Millis, alert: &Alert) -> Interval {
        let at = self.instant(at);
        let (issued, done) = (self.zero.issued.as_micros(), self.zero.done.as_micros());
        let lower = at - alert.interval * 1_000 - self.clock.epsilon - done;
        let upper = at + alert.late * 1_000 + self.clock.epsilon - issued;
        Interval {
            lower: lower.max(0),
            upper: Some(upper),
        }
    }
}

#[cfg(test)]
mod tests;
