//! All measures of one drill, each by its own module, brought together: intervals, their parts, and what must be said of them.

use std::collections::BTreeMap;

use super::catch_up::catch_up;
use super::checks::{self, After};
use super::clocks::Clock;
use super::exposure::{Exposure, Window, exposure};
use super::findings;
use super::judgement::{Interval, Measured, Remark, Zero};
use super::ledger;
use super::pages::Page;
use super::phases::{self, Loss};
use super::plan::Bound;
use super::recovery_time::{Frame, Recovery, flaps, recovery};
use super::remark::remark;
use super::scenario::Measure;
use super::scrapes::Scrapes;
use super::sight::Sight;
use super::spans::{FOREVER, NEVER, Span, clip, union};
use super::watch::Watch;
use crate::model::time::Timestamp;

/// Where things lie, and how well that is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    pub(super) frame: Frame,
    pub(super) exporter: Clock,
    pub(super) zero: Zero,
    pub(super) steady_for: i64,
    /// By how much the drill host's clock jumped, if it did.
    pub(super) jumped: Option<i64>,
    /// Whether every task of the flow is covered.
    pub(super) covered: bool,
    /// Whether the fault is kept whether the flow recovers or not: then it says nothing that it did not.
    pub(super) kept: bool,
    /// What loss, duplicates and the recovery point are of, where that is more than this event.
    pub(super) whole: Option<Window>,
}

/// What came out.
#[derive(Clone, Debug)]
pub(super) struct Measures {
    pub(super) all: BTreeMap<String, Measured>,
    pub(super) window: (Timestamp, Timestamp),
    /// The same on the exporter's clock, as far as its end is known.
    pub(super) bounds: Window,
    pub(super) remarks: Vec<Remark>,
    /// Longest delay for which the group withheld tasks, as it was seen, in microseconds.
    pub(super) withheld: Option<i64>,
    hidden_until: Option<i64>,
    /// From when until when states after recovery are looked at, on the drill host's clock.
    after: Option<After>,
    /// Why all of it is unknown, if it is.
    unknown: Option<Remark>,
}

/// The canary's evidence: bad, possibly bad and unknown spans of the flow.
struct Flow {
    bad: Vec<Span>,
    possible: Vec<Span>,
}

impl Flow {
    fn of(sights: &[(i32, Sight)], covered: bool) -> Self {
        let bad = union(
            sights
                .iter()
                .flat_map(|(_, sight)| sight.bad.iter().copied())
                .collect(),
        );
        let mut possible: Vec<_> = sights
            .iter()
            .flat_map(|(_, sight)| sight.possible.iter().copied())
            .collect();
        // Rule: of partitions whose task no canary partition covers nothing is known.
        if !covered || sights.is_empty() {
            possible.push(Span::new(NEVER, FOREVER));
        }
        Self {
            bad,
            possible: union(possible),
        }
    }
}

/// Measure an event of a drill.
pub(super) fn measure(
    setting: &Setting,
    watch: &Watch<'_>,
    pages: &[Page],
    sights: &[(i32, Sight)],
    detection: Option<&Bound>,
) -> Measures {
    let scrapes = watch.scrapes;
    let frame = &setting.frame;
    let flow = Flow::of(sights, setting.covered);
    let recovery = recovery(&flow.bad, &flow.possible, frame);
    let window = window(setting, recovery);
    let drill = |reading: i64| setting.exporter.instant(reading).as_micros();
    let zero = (
        setting.zero.issued.as_micros(),
        setting.zero.done.as_micros(),
    );
    let restored = if frame.restored < FOREVER {
        drill(frame.restored)
    } else {
        FOREVER
    };
    let mut measures = Measures {
        all: BTreeMap::new(),
        window: (
            setting.zero.issued.plus_micros(-setting.steady_for),
            setting
                .exporter
                .instant(window.end.unwrap_or(frame.last_end())),
        ),
        bounds: window,
        remarks: findings::remarks(setting, pages, recovery),
        withheld: phases::withheld(scrapes, zero.0, restored),
        hidden_until: hidden_until(recovery, frame),
        after: recovery.recovered_by(frame).map(|b| {
            let from = drill(b) + frame.epsilon;
            let possible = drill(recovery.earliest(frame)) - frame.epsilon;
            After {
                possible,
                recovered: from,
                certain: (possible + frame.hold).min(restored),
                until: (from + frame.hold).min(restored),
            }
        }),
        unknown: setting
            .jumped
            .map(|by| remark("clock_jumped", &[("by_ms", (by / 1_000).to_string())])),
    };
    measures.recovery_time(frame, recovery);
    measures.canary(setting, pages, sights, setting.whole.unwrap_or(window));
    measures.flow(&flow, recovery, frame, window);
    if let Some(detection) = detection {
        let seen = checks::detection(watch, detection, zero, restored);
        let detected = seen.map(|interval| Measured::Within {
            interval,
            parts: BTreeMap::new(),
        });
        let unseen = || Measured::Unknown {
            because: remark("not_detected", &[]),
        };
        measures.put("detection", detected.unwrap_or_else(unseen));
    }
    measures.put("catch_up", catch_up(pages, sights, recovery, frame));
    measures
}

/// The window on the exporter's clock: from the steady state to recovery + H, at most to T_f⁺ + limit + H.
fn window(setting: &Setting, recovery: Recovery) -> Window {
    let frame = &setting.frame;
    let last = frame.last_end();
    let ends = |b: i64| (b + frame.hold).min(last);
    let (sure, end) = match recovery {
        Recovery::At { earliest, latest } => (ends(earliest), latest.map(ends)),
        Recovery::NoOutage { .. } => (last, Some(last)),
    };
    Window {
        from: frame.issued - setting.steady_for,
        sure,
        end: Some(end.unwrap_or(last)),
        epsilon: frame.epsilon,
    }
}

/// By when after the zero an outage that nobody saw would have ended.
fn hidden_until(recovery: Recovery, frame: &Frame) -> Option<i64> {
    match recovery {
        Recovery::NoOutage { hidden_until, .. } => {
            hidden_until.map(|end| end - frame.issued + frame.epsilon)
        }
        Recovery::At { .. } => None,
    }
}

impl Measures {
    /// What Connect did meanwhile.
    pub(super) fn phases(&mut self, scrapes: &Scrapes<'_>, loss: Loss<'_>) {
        let phases = [
            (
                "rebalance_triggered",
                phases::rebalance_triggered(scrapes, loss),
            ),
            (
                "tasks_redistributed",
                phases::tasks_redistributed(scrapes, loss),
            ),
        ];
        for (name, seen) in phases {
            let unseen = || Measured::Unknown {
                because: remark("not_timed", &[]),
            };
            let measured = seen.map(|interval| Measured::Within {
                interval,
                parts: BTreeMap::new(),
            });
            self.put(name, measured.unwrap_or_else(unseen));
        }
    }

    /// What a criterion measures, and the series behind it.
    pub(super) fn of(&self, measure: Measure) -> (Measured, String) {
        let (name, series) = match measure {
            Measure::RecoveryTime => ("recovery_time", "mm2_canary_outage_end_timestamp_seconds"),
            Measure::RecoveryPointSeconds => (
                "recovery_point_seconds",
                "mm2_canary_delivered_through_timestamp_seconds",
            ),
            Measure::RecoveryPointRecords => {
                ("recovery_point_records", "mm2_canary_undelivered_records")
            }
            Measure::LostRecords => ("lost_records", "mm2_canary_lost_records_total"),
            Measure::DuplicateRecords => {
                ("duplicate_records", "mm2_canary_duplicate_records_total")
            }
            Measure::CatchUp => ("catch_up", "mm2_canary_delivered_through_timestamp_seconds"),
            Measure::OutageSeconds => ("outage_seconds", "mm2_canary_outage_end_timestamp_seconds"),
            Measure::Detection => ("detection", ""),
            Measure::Alerted => ("alerted", "ALERTS"),
            Measure::Samples | Measure::Time => ("samples", ""),
        };
        let unknown = || Measured::Unknown {
            because: remark("recovery_unknown", &[]),
        };
        (
            self.all.get(name).cloned().unwrap_or_else(unknown),
            series.to_owned(),
        )
    }

    /// By when a hidden outage would have ended; only a recovery time asks.
    pub(super) fn hidden_until(&self, measure: Measure) -> Option<i64> {
        self.hidden_until
            .filter(|_| measure == Measure::RecoveryTime)
    }

    /// How often a bad state was seen after recovery.
    pub(super) fn samples(&self, watch: &Watch<'_>, never: &Bound, witness: &Bound) -> Measured {
        self.known(match self.after {
            Some(after) => {
                let interval = checks::seen_after(watch, never, witness, after);
                Measured::Within {
                    interval,
                    parts: BTreeMap::new(),
                }
            }
            None => Measured::Unknown {
                because: remark("recovery_not_proved", &[]),
            },
        })
    }

    /// Rule: times across a jump of the drill host's clock are unknown.
    pub(super) fn put(&mut self, name: &str, measured: Measured) {
        let measured = self.known(measured);
        self.all.insert(name.to_owned(), measured);
    }

    /// Rule: times across a jump of the drill host's clock are unknown.
    pub(super) fn known(&self, measured: Measured) -> Measured {
        match &self.unknown {
            Some(because) => Measured::Unknown {
                because: because.clone(),
            },
            None => measured,
        }
    }

    fn recovery_time(&mut self, frame: &Frame, recovery: Recovery) {
        let measured = match recovery {
            Recovery::NoOutage { length, .. } => Measured::NoneLongerThan { length },
            Recovery::At { earliest, latest } => {
                let (lower, upper) = Recovery::interval(earliest, latest, frame);
                let named = [
                    ("fault_instant", frame.done - frame.issued),
                    ("clock_error", 2 * frame.epsilon),
                    ("canary_period", frame.period),
                    ("canary_lateness", frame.lateness),
                ];
                let mut parts: BTreeMap<String, i64> =
                    named.map(|(name, part)| (name.to_owned(), part)).into();
                if let Some(blind) = latest
                    .map(|latest| latest - earliest)
                    .filter(|blind| *blind > 0)
                {
                    parts.insert("blind".to_owned(), blind);
                }
                Measured::Within {
                    interval: Interval { lower, upper },
                    parts,
                }
            }
        };
        self.put("recovery_time", measured);
    }

    fn canary(
        &mut self,
        setting: &Setting,
        pages: &[Page],
        sights: &[(i32, Sight)],
        window: Window,
    ) {
        if sights.is_empty() {
            for name in [
                "recovery_point_seconds",
                "recovery_point_records",
                "lost_records",
                "duplicate_records",
            ] {
                self.all.insert(
                    name.to_owned(),
                    Measured::Unknown {
                        because: remark("canary_not_seen", &[]),
                    },
                );
            }
            return;
        }
        let borrowed: Vec<_> = sights
            .iter()
            .map(|(partition, sight)| (*partition, sight))
            .collect();
        if !shown_before(pages, window) {
            self.remarks.push(remark("canary_young", &[]));
        }
        let Exposure { seconds, records } = exposure(pages, &borrowed, setting.covered, window);
        // Rule: S lies between the last delivered slot, which the page carries, and the next one, a period later.
        let seconds = ((seconds.0 - setting.frame.unsure()).max(0), seconds.1);
        self.put("recovery_point_seconds", within(seconds));
        self.put("recovery_point_records", within(records));
        let (lost, most) = ledger::loss(pages, window);
        // Rule: of partitions whose task is not covered nothing is known.
        self.put(
            "lost_records",
            within((lost, most.filter(|_| setting.covered))),
        );
        self.put(
            "duplicate_records",
            within(ledger::duplicates(pages, window)),
        );
    }

    fn flow(&mut self, flow: &Flow, found: Recovery, frame: &Frame, window: Window) {
        let (few, many) = flaps(&flow.bad, &flow.possible, found, frame);
        self.put("flaps", within((few, many)));
        // Rule: both ends of an outage are known to one canary period, and to what arrivals are stamped late by.
        let unsure = frame.unsure();
        let length = |spans: &[Span], within: Span, unsure: i64| {
            let outages = clip(spans, within);
            let lengths = outages.iter().map(|s| (s.length() + unsure).max(0));
            lengths.sum::<i64>()
        };
        let surely = Span::new(frame.issued + frame.epsilon, window.sure - frame.epsilon);
        let least = length(&flow.bad, surely, -unsure);
        let most = match found {
            Recovery::At { latest: None, .. }
            | Recovery::NoOutage {
                hidden_until: None, ..
            } => None,
            _ => window.end.map(|end| {
                let at_most = Span::new(frame.issued - frame.epsilon, end + frame.epsilon);
                length(&flow.possible, at_most, unsure)
            }),
        };
        self.put(
            "outage_seconds",
            within((least, most.map(|most| most.max(least)))),
        );
    }
}

/// Whether a page from before the window shows how far each partition had delivered.
fn shown_before(pages: &[Page], window: Window) -> bool {
    let mut before = pages.iter().rev();
    let last = before.find(|page| page.through <= window.from - window.epsilon);
    last.is_some_and(|page| {
        let mut ledgers = page.partitions.values();
        ledgers.all(|ledger| ledger.delivered_through.is_some())
    })
}

fn within((lower, upper): (i64, Option<i64>)) -> Measured {
    Measured::Within {
        interval: Interval { lower, upper },
        parts: BTreeMap::new(),
    }
}
