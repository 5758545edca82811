//! Spans of time in microseconds, and sets of them. `FOREVER` and `NEVER` stand for the infinities.

/// Later than every instant.
pub(super) const FOREVER: i64 = i64::MAX;
/// Earlier than every instant.
pub(super) const NEVER: i64 = i64::MIN;

/// From `start` to `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) start: i64,
    pub(super) end: i64,
}

impl Span {
    pub(super) fn new(start: i64, end: i64) -> Self {
        Self { start, end }
    }

    pub(super) fn length(self) -> i64 {
        self.end.saturating_sub(self.start)
    }

    /// What of it lies in another span.
    pub(super) fn within(self, other: Self) -> Option<Self> {
        let both = Self::new(self.start.max(other.start), self.end.min(other.end));
        (both.start < both.end).then_some(both)
    }

    pub(super) fn touches(self, other: Self) -> bool {
        self.start <= other.end && other.start <= self.end
    }
}

/// The same instants as spans in order that do not touch.
pub(super) fn union(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|span| span.start < span.end);
    spans.sort();
    let mut joined: Vec<Span> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    joined
}

/// What of a span remains when others are taken away; `holes` as [`union`] returns them.
pub(super) fn without(span: Span, holes: &[Span]) -> Vec<Span> {
    let mut rest = Vec::new();
    let mut start = span.start;
    for hole in holes.iter().filter(|hole| hole.touches(span)) {
        if hole.start > start {
            rest.push(Span::new(start, hole.start.min(span.end)));
        }
        start = start.max(hole.end);
    }
    if start < span.end {
        rest.push(Span::new(start, span.end));
    }
    rest
}

/// What of some spans lies in one span.
pub(super) fn clip(spans: &[Span], to: Span) -> Vec<Span> {
    spans.iter().filter_map(|span| span.within(to)).collect()
}

#[test]
fn spans_that_touch_become_one() {
    let joined = union(vec![
        Span::new(5, 6),
        Span::new(0, 2),
        Span::new(2, 3),
        Span::new(4, 4),
    ]);
    assert_eq!(joined, [Span::new(0, 3), Span::new(5, 6)]);
}

#[test]
fn holes_leave_what_is_around_them() {
    let holes = [Span::new(NEVER, 1), Span::new(3, 4), Span::new(9, FOREVER)];
    assert_eq!(
        without(Span::new(0, 10), &holes),
        [Span::new(1, 3), Span::new(4, 9)]
    );
    assert_eq!(without(Span::new(3, 4), &holes), []);
    assert_eq!(without(Span::new(5, 6), &holes), [Span::new(5, 6)]);
}
