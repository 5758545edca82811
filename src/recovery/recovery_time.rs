//! Recovery time, hold and flaps. Definitions: "Recovery time", "Flap".
//!
//! Evaluated twice: what is unknown taken as good gives the lower end, taken as bad the upper end. All in microseconds of the
//! exporter's clock.

use super::spans::{FOREVER, NEVER, Span, clip, union};

/// Where on the exporter's clock things lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// T_f⁻.
    pub(super) issued: i64,
    /// T_f⁺.
    pub(super) done: i64,
    /// ε.
    pub(super) epsilon: i64,
    /// H.
    pub(super) hold: i64,
    /// D.
    pub(super) threshold: i64,
    /// Time between two records of a partition.
    pub(super) period: i64,
    /// By how much at most an arrival was stamped too late.
    pub(super) lateness: i64,
    /// The longest limit: the window ends at T_f⁺ + limit + H if nothing recovered before.
    pub(super) limit: i64,
    /// When the drill began to restore; `FOREVER` if it did not.
    pub(super) restored: i64,
}

impl Frame {
    /// Where the window ends if nothing recovers before: T_f⁺ + limit + H, or the restoration.
    pub(super) fn last_end(&self) -> i64 {
        (self.done + self.limit + self.hold).min(self.restored)
    }

    /// Rule: what arrives, and with it S, is known to one canary period; and what was stamped too late looks older than it was.
    pub(super) fn unsure(&self) -> i64 {
        self.period + self.lateness
    }

    /// What is certain of the fault: what the restoration does is another event.
    pub(super) fn until_restored(&self, spans: &[Span]) -> Vec<Span> {
        clip(spans, Span::new(NEVER, self.undone()))
    }

    /// What is possible: the same, and from the restoration on nothing is known of this event.
    pub(super) fn unknown_once_restored(&self, spans: &[Span]) -> Vec<Span> {
        let mut possible = self.until_restored(spans);
        if self.undone() < FOREVER {
            possible.push(Span::new(self.undone(), FOREVER));
        }
        union(possible)
    }

    /// The earliest instant at which the drill may have begun to restore; `FOREVER` if it did not.
    fn undone(&self) -> i64 {
        if self.restored < FOREVER {
            self.restored - self.epsilon
        } else {
            FOREVER
        }
    }
}

/// What came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recovery {
    /// The flow was interrupted, and b lies between these; `None` = it is not proved that it came back.
    At { earliest: i64, latest: Option<i64> },
    /// No outage was seen; none longer than `length` could have hidden, and it would have ended by `hidden_until`.
    NoOutage {
        length: i64,
        hidden_until: Option<i64>,
    },
}

impl Recovery {
    /// The recovery time as an interval from the zero: [b − T_f⁺ − ε − lateness, b + period − T_f⁻ + ε], clipped at 0.
    pub(super) fn interval(
        earliest: i64,
        latest: Option<i64>,
        frame: &Frame,
    ) -> (i64, Option<i64>) {
        let lower = (earliest - frame.done - frame.epsilon - frame.lateness).max(0);
        let upper = latest.map(|b| (b + frame.period - frame.issued + frame.epsilon).max(0));
        (lower, upper)
    }

    /// The earliest instant at which the flow may have been back; with no outage seen that is the zero.
    pub(super) fn earliest(self, frame: &Frame) -> i64 {
        match self {
            Self::At { earliest, .. } => earliest - frame.lateness,
            Self::NoOutage { .. } => frame.issued,
        }
    }

    /// The instant from which the flow is certainly recovered; with no outage seen that is the zero.
    pub(super) fn recovered_by(self, frame: &Frame) -> Option<i64> {
        match self {
            Self::At { latest, .. } => latest,
            Self::NoOutage { hidden_until, .. } => Some(hidden_until?.max(frame.done)),
        }
    }
}

/// The recovery: the first b after the zero such that no outage starts in (b, b + H].
pub(super) fn recovery(bad: &[Span], possible: &[Span], frame: &Frame) -> Recovery {
    let bad = frame.until_restored(bad);
    let possible = frame.unknown_once_restored(possible);
    // Rule: an outage counts if it certainly ended after T_f⁻ and began inside the window.
    let latest_start = frame.last_end() - frame.epsilon;
    let first = bad
        .iter()
        .position(|span| span.end > frame.issued + frame.epsilon && span.start <= latest_start);
    let Some(first) = first else {
        return no_outage(&possible, frame);
    };
    let earliest = if hidden_before(bad[first], &possible, frame) {
        frame.issued.min(bad[first].start)
    } else {
        chain(bad[first].end, &bad[first..], frame.hold - frame.period)
    };
    let latest = chain(bad[first].end, &possible, frame.hold + frame.period);
    Recovery::At {
        earliest,
        latest: (latest < FOREVER).then_some(latest),
    }
}

/// Rule: b moves on while another outage starts no later than H after it. The start is known to one canary period, so the
/// caller gives H less that for the lower end, and more for the upper one.
pub(super) fn chain(first: i64, spans: &[Span], hold: i64) -> i64 {
    spans
        .iter()
        .filter(|span| span.end > first)
        .fold(first, |b, span| {
            if starts_within_hold(span.start, b, hold) {
                b.max(span.end)
            } else {
                b
            }
        })
}

/// Rule: no outage starts in (b, b + H].
fn starts_within_hold(start: i64, b: i64, hold: i64) -> bool {
    start <= b.saturating_add(hold)
}

/// Whether an outage may have hidden so early that the flow had held for H before the first one that was seen.
fn hidden_before(first: Span, possible: &[Span], frame: &Frame) -> bool {
    let zero = frame.issued - frame.epsilon;
    let mut before = possible
        .iter()
        .filter(|span| span.end > zero && span.start < first.start);
    before.any(|span| !starts_within_hold(first.start, span.start.max(zero), frame.hold))
}

/// Rule: no outage was seen: the longest one that could have hidden, at least D, as late as arrivals are stamped.
fn no_outage(possible: &[Span], frame: &Frame) -> Recovery {
    let window = Span::new(
        frame.issued - frame.epsilon,
        frame.done + frame.limit + frame.hold + frame.epsilon,
    );
    let hidden = clip(possible, window);
    let length = hidden
        .iter()
        .map(|span| span.length())
        .max()
        .unwrap_or(0)
        .max(frame.threshold + frame.lateness);
    let last = possible
        .iter()
        .filter(|span| span.start < window.end && span.end > window.start)
        .map(|span| span.end)
        .max();
    let hidden_until = match last {
        None => Some(frame.issued),
        Some(FOREVER) => None,
        Some(end) => Some(end),
    };
    Recovery::NoOutage {
        length,
        hidden_until,
    }
}

/// Flaps: further outages that start before the final recovery + H. `None` for the most where an unknown span could hide one.
pub(super) fn flaps(
    bad: &[Span],
    possible: &[Span],
    recovery: Recovery,
    frame: &Frame,
) -> (i64, Option<i64>) {
    let window = |until: i64| {
        let end = until.saturating_add(frame.hold);
        Span::new(frame.issued - frame.epsilon, end)
    };
    let all_known = |window: Span| {
        let bad = clip(bad, window);
        clip(possible, window).iter().all(|span| bad.contains(span))
    };
    let Recovery::At { earliest, latest } = recovery else {
        let most = all_known(window(frame.last_end() - frame.hold)).then_some(0);
        return (0, most);
    };
    // Rule: what only a span of which nothing is known keeps apart may be one outage.
    let joined = possible.iter().filter_map(|span| {
        let inside = clip(bad, *span);
        Some(Span::new(inside.first()?.start, inside.last()?.end))
    });
    let joined: Vec<_> = joined.collect();
    let seen = |outages: &[Span], after: i64, until: i64| {
        let counted = outages
            .iter()
            .filter(|span| span.end > after && starts_within_hold(span.start, until, frame.hold));
        let further = i64::try_from(counted.count()).unwrap_or(i64::MAX) - 1;
        further.max(0)
    };
    let most = latest.filter(|latest| *latest == earliest && all_known(window(*latest)));
    (
        seen(&joined, frame.issued + frame.epsilon, earliest),
        most.map(|latest| seen(bad, frame.issued - frame.epsilon, latest)),
    )
}

#[cfg(test)]
const FRAME: Frame = Frame {
    issued: 0,
    done: 100,
    epsilon: 10,
    hold: 1_000,
    threshold: 50,
    period: 5,
    lateness: 0,
    limit: 2_000,
    restored: FOREVER,
};

#[cfg(test)]
fn spans(of: &[(i64, i64)]) -> Vec<Span> {
    of.iter()
        .map(|(start, end)| Span::new(*start, *end))
        .collect()
}

#[test]
fn hold_is_left_open_and_right_closed() {
    let tail = (1 << 40, FOREVER);
    let at = |second: i64| {
        let bad = spans(&[(200, 300), (second, second + 100)]);
        let possible = union([bad.clone(), spans(&[tail])].concat());
        recovery(&bad, &possible, &Frame { period: 0, ..FRAME })
    };
    assert_eq!(
        at(1_300),
        Recovery::At {
            earliest: 1_400,
            latest: Some(1_400)
        }
    );
    assert_eq!(
        at(1_301),
        Recovery::At {
            earliest: 300,
            latest: Some(300)
        }
    );
}

#[test]
fn what_is_not_vouched_for_through_the_hold_is_not_recovered() {
    let bad = spans(&[(200, 300)]);
    let with = |tail| recovery(&bad, &spans(&[(200, 300), (tail, FOREVER)]), &FRAME);
    assert_eq!(
        with(1_305),
        Recovery::At {
            earliest: 300,
            latest: None
        }
    );
    assert_eq!(
        with(1_306),
        Recovery::At {
            earliest: 300,
            latest: Some(300)
        }
    );
}

#[test]
fn without_an_outage_it_is_a_length_of_at_least_the_threshold() {
    let with = |possible: &[(i64, i64)]| recovery(&[], &spans(possible), &FRAME);
    assert_eq!(
        with(&[(9_000, FOREVER)]),
        Recovery::NoOutage {
            length: 50,
            hidden_until: Some(0)
        }
    );
    assert_eq!(
        with(&[(500, 700), (9_000, FOREVER)]),
        Recovery::NoOutage {
            length: 200,
            hidden_until: Some(700)
        }
    );
    assert_eq!(
        with(&[(3_000, FOREVER)]),
        Recovery::NoOutage {
            length: 110,
            hidden_until: None
        }
    );
}

#[test]
fn a_hidden_outage_long_before_the_first_seen_one_lowers_the_lower_end_to_zero() {
    let bad = spans(&[(1_600, 1_700)]);
    let with = |unknown| {
        recovery(
            &bad,
            &spans(&[unknown, (1_600, 1_700), (1 << 40, FOREVER)]),
            &FRAME,
        )
    };
    assert_eq!(
        with((700, 760)),
        Recovery::At {
            earliest: 1_700,
            latest: Some(1_700)
        }
    );
    assert_eq!(
        with((500, 560)),
        Recovery::At {
            earliest: 0,
            latest: Some(1_700)
        }
    );
}

#[test]
fn a_flap_is_counted_where_it_is_certain_and_bounded_where_nothing_is_unknown() {
    let with = |bad: &[(i64, i64)], unknown: &[(i64, i64)]| {
        let possible = union(spans(&[bad, unknown, &[(1 << 40, FOREVER)]].concat()));
        let bad = spans(bad);
        flaps(&bad, &possible, recovery(&bad, &possible, &FRAME), &FRAME)
    };
    assert_eq!(with(&[(200, 300), (400, 500)], &[]), (1, Some(1)));
    // What keeps the two apart may be no delivery at all.
    assert_eq!(with(&[(200, 300), (400, 500)], &[(300, 400)]), (0, None));
    assert_eq!(with(&[(200, 300), (400, 500)], &[(310, 320)]), (1, None));
    assert_eq!(with(&[], &[]), (0, Some(0)));
    assert_eq!(with(&[], &[(200, 300)]), (0, None));
    // It ended as the zero was: it may be the outage after which the other one is a flap.
    assert_eq!(with(&[(-100, 5), (400, 500)], &[]), (0, Some(1)));
}

#[test]
fn a_restoration_ends_what_can_be_known() {
    let frame = Frame {
        restored: 900,
        ..FRAME
    };
    let bad = spans(&[(200, 300), (950, 1_000)]);
    let possible = spans(&[(200, 300), (950, 1_000), (1 << 40, FOREVER)]);
    assert_eq!(
        recovery(&bad, &possible, &frame),
        Recovery::At {
            earliest: 300,
            latest: None
        }
    );
}

#[test]
fn the_interval_has_the_width_of_the_zero_the_clocks_and_one_period_and_is_clipped_at_zero() {
    assert_eq!(
        Recovery::interval(5_000, Some(5_000), &FRAME),
        (4_890, Some(5_015))
    );
    let late = Frame {
        lateness: 7,
        ..FRAME
    };
    assert_eq!(
        Recovery::interval(5_000, Some(5_000), &late),
        (4_883, Some(5_015))
    );
    assert_eq!(Recovery::interval(50, None, &FRAME), (0, None));
}

#[test]
fn a_start_within_one_canary_period_of_the_hold_decides_neither_way() {
    let with = |start| {
        let bad = spans(&[(200, 300), (start, 1_400)]);
        let possible = union([bad.clone(), spans(&[(1 << 40, FOREVER)])].concat());
        recovery(&bad, &possible, &FRAME)
    };
    let between = |earliest, latest| Recovery::At {
        earliest,
        latest: Some(latest),
    };
    assert_eq!(with(1_295), between(1_400, 1_400));
    assert_eq!(with(1_303), between(300, 1_400));
    assert_eq!(with(1_306), between(300, 300));
}
