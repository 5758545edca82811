//! Points as they come, in stretches without a hole, thinned to what a page can show.

use super::Point;
use crate::model::time::Timestamp;
use crate::recovery::spans::Span;

/// Parts of the span of which at most two points are kept: more than the pixels of a printed page.
const BUCKETS: i64 = 300;

/// Stretches of points.
#[derive(Debug, Default)]
pub(super) struct Stretches {
    all: Vec<Vec<Point>>,
    broken: bool,
}

impl Stretches {
    /// The next point.
    pub(super) fn push(&mut self, at: i64, value: f64) {
        let at = Timestamp::from_micros(at);
        let point = Point { at, value };
        match self.all.last_mut() {
            Some(stretch) if !self.broken => stretch.push(point),
            _ => self.all.push(vec![point]),
        }
        self.broken = false;
    }

    /// Here is a hole.
    pub(super) fn cut(&mut self) {
        self.broken = true;
    }

    /// The points inside a span; of the many of a part of it the least and the greatest.
    pub(super) fn thinned(self, span: Span) -> Vec<Vec<Point>> {
        let width = span.length() / BUCKETS + 1;
        let bucket = |point: &Point| (point.at.as_micros() - span.start).div_euclid(width);
        let inside = |point: &Point| (span.start..=span.end).contains(&point.at.as_micros());
        let thinned = self.all.into_iter().map(|mut stretch| {
            stretch.retain(inside);
            let buckets = stretch.chunk_by(|a, b| bucket(a) == bucket(b));
            buckets.flat_map(extremes).collect::<Vec<_>>()
        });
        thinned.filter(|stretch| !stretch.is_empty()).collect()
    }
}

/// The least and the greatest of some points, in their order.
fn extremes(points: &[Point]) -> Vec<Point> {
    let by_value = |a: &&Point, b: &&Point| a.value.total_cmp(&b.value);
    let ends = points
        .iter()
        .min_by(by_value)
        .zip(points.iter().max_by(by_value));
    let Some((least, greatest)) = ends else {
        return Vec::new();
    };
    let mut kept = vec![*least, *greatest];
    kept.sort_by_key(|point| point.at);
    kept.dedup();
    kept
}

#[cfg(test)]
fn values(stretches: &[Vec<Point>]) -> Vec<Vec<f64>> {
    let values = stretches
        .iter()
        .map(|stretch| stretch.iter().map(|point| point.value).collect());
    values.collect()
}

#[test]
fn a_hole_begins_a_new_stretch_however_often_it_is_told() {
    let mut stretches = Stretches::default();
    stretches.cut();
    stretches.push(1, 1.0);
    stretches.push(2, 2.0);
    stretches.cut();
    stretches.cut();
    stretches.push(5, 5.0);
    let shown = stretches.thinned(Span::new(0, 10));
    assert_eq!(values(&shown), [vec![1.0, 2.0], vec![5.0]]);
}

#[test]
fn of_many_points_the_least_and_the_greatest_stay_and_what_lies_outside_goes() {
    let mut stretches = Stretches::default();
    for at in 0..100_000_i32 {
        let value = match at {
            50_000 => 9_000.0,
            50_001 => -9_000.0,
            at => f64::from(at % 7),
        };
        stretches.push(at.into(), value);
    }
    let shown = stretches.thinned(Span::new(1_000, 90_999));
    let [shown] = shown.as_slice() else {
        panic!("{} stretches", shown.len())
    };
    assert!(shown.len() <= 600, "{}", shown.len());
    assert!(shown.is_sorted_by_key(|point| point.at));
    for peak in [9_000.0_f64, -9_000.0] {
        assert!(
            shown
                .iter()
                .any(|point| point.value.to_bits() == peak.to_bits())
        );
    }
    let at = |point: Option<&Point>| point.map(|point| point.at.as_micros());
    assert!(at(shown.first()) >= Some(1_000) && at(shown.last()) <= Some(90_999));
}
