//! From instants and values to places.

use crate::model::time::Timestamp;

/// Time, from left to right.
#[derive(Clone, Copy, Debug)]
pub(super) struct Across {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    left: f64,
    right: f64,
}

impl Across {
    pub(super) fn new((from, to): (Timestamp, Timestamp), left: f64, right: f64) -> Self {
        Self {
            from,
            to,
            left,
            right,
        }
    }

    /// Where an instant is; one that is not drawn is at the edge.
    pub(super) fn x(&self, at: Timestamp) -> f64 {
        let whole = self.to.micros_since(self.from).max(1);
        let part = at.micros_since(self.from).clamp(0, whole);
        self.left + (self.right - self.left) * ratio(part, whole)
    }

    /// Whether an instant is drawn.
    pub(super) fn has(&self, at: Timestamp) -> bool {
        (self.from..=self.to).contains(&at)
    }

    pub(super) fn left(&self) -> f64 {
        self.left
    }

    pub(super) fn right(&self) -> f64 {
        self.right
    }
}

/// Values, from zero at the bottom to the greatest at the top.
#[derive(Clone, Copy, Debug)]
pub(super) struct Up {
    pub(super) most: f64,
    pub(super) bottom: f64,
    pub(super) height: f64,
}

impl Up {
    pub(super) fn y(&self, value: f64) -> f64 {
        self.bottom - self.height * (value / self.most).clamp(0.0, 1.0)
    }
}

/// A part of a whole, from 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "a place on a page")]
pub(super) fn ratio(part: i64, whole: i64) -> f64 {
    part as f64 / whole as f64
}

#[test]
fn what_is_not_drawn_is_at_the_edge() {
    let at = Timestamp::from_micros;
    let across = Across::new((at(100), at(200)), 10.0, 20.0);
    let x = [50, 100, 150, 200, 900].map(|micros| across.x(at(micros)).to_string());
    assert_eq!(x, ["10", "10", "15", "20", "20"]);
    assert!(across.has(at(200)) && !across.has(at(201)));
}
