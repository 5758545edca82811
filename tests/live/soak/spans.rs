//! Spans of time, and what of one is left when others are taken out of it.

/// A span, in seconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    pub(super) from: f64,
    pub(super) to: f64,
}

impl Span {
    pub(super) fn length(self) -> f64 {
        self.to - self.from
    }

    pub(super) fn touches(self, other: Self) -> bool {
        self.from <= other.to && other.from <= self.to
    }
}

/// The longest piece of a span that lies in none of the others, in seconds.
pub(super) fn longest_left(span: Span, others: impl Iterator<Item = Span>) -> f64 {
    let others = joined(others.filter(|other| other.touches(span)));
    let (mut at, mut longest) = (span.from, 0.0_f64);
    for other in others {
        longest = longest.max(other.from.min(span.to) - at);
        at = at.max(other.to);
    }
    longest.max(span.to - at)
}

/// The same time in as few spans as it takes, in order.
pub(super) fn joined(spans: impl Iterator<Item = Span>) -> Vec<Span> {
    let mut spans: Vec<Span> = spans.collect();
    spans.sort_by(|one, other| one.from.total_cmp(&other.from));
    let mut joined: Vec<Span> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last) if last.touches(span) => last.to = last.to.max(span.to),
            _ => joined.push(span),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Span = Span {
        from: 10.0,
        to: 20.0,
    };

    fn left(others: &[(f64, f64)]) -> f64 {
        let others = others.iter().map(|&(from, to)| Span { from, to });
        longest_left(WHOLE, others)
    }

    #[test]
    fn what_is_left_of_a_span_is_its_longest_piece() {
        assert!((left(&[]) - 10.0).abs() < 1e-9);
        assert!((left(&[(0.0, 12.0), (15.0, 16.0)]) - 4.0).abs() < 1e-9);
        assert!((left(&[(15.0, 16.0), (11.0, 14.0)]) - 4.0).abs() < 1e-9);
        assert!((left(&[(30.0, 40.0)]) - 10.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_is_left_of_a_span_that_others_cover_together() {
        assert!(left(&[(14.0, 25.0), (9.0, 15.0)]) <= 0.0);
        assert!(left(&[(5.0, 30.0), (12.0, 13.0)]) <= 0.0);
    }

    #[test]
    fn spans_that_touch_are_one() {
        let spans = [(3.0, 4.0), (1.0, 2.0), (2.0, 2.5), (3.5, 3.6)];
        let joined = joined(spans.into_iter().map(|(from, to)| Span { from, to }));
        let joined: Vec<_> = joined.iter().map(|span| (span.from, span.to)).collect();
        assert_eq!(joined, [(1.0, 2.5), (3.0, 4.0)]);
    }
}
