//! Aggregations that take in one element after another: what is kept of the elements so far, at one step of one group. The order of
//! operations is that of Prometheus 3.16 (promql/engine.go `aggregation`), so that sums are the same to the last bit.

use crate::promql::functions::{Mean, Sum};

/// The state of an aggregation at one step.
pub(super) trait Fold: Copy {
    /// After the first element.
    fn first(value: f64) -> Self;
    /// After one more.
    fn add(&mut self, value: f64);
    /// The result.
    fn result(self) -> f64;
}

/// `sum`.
impl Fold for Sum {
    fn first(value: f64) -> Self {
        Self::of(value)
    }

    fn add(&mut self, value: f64) {
        self.add(value);
    }

    fn result(self) -> f64 {
        self.total()
    }
}

/// `avg`.
impl Fold for Mean {
    fn first(value: f64) -> Self {
        Self::of(value)
    }

    fn add(&mut self, value: f64) {
        self.add(value);
    }

    fn result(self) -> f64 {
        self.result()
    }
}

/// `stdvar`, by Welford's method; infinite and undefined if the first element is.
#[derive(Clone, Copy)]
pub(super) struct Variance {
    mean: f64,
    squares: f64,
    count: f64,
}

impl Fold for Variance {
    fn first(value: f64) -> Self {
        Self {
            mean: value,
            squares: if value.is_finite() { 0.0 } else { f64::NAN },
            count: 1.0,
        }
    }

    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let delta = value - self.mean;
        self.mean += delta / self.count;
        self.squares += delta * (value - self.mean);
    }

    fn result(self) -> f64 {
        self.squares / self.count
    }
}

/// `stddev`.
#[derive(Clone, Copy)]
pub(super) struct Deviation(Variance);

impl Fold for Deviation {
    fn first(value: f64) -> Self {
        Self(Variance::first(value))
    }

    fn add(&mut self, value: f64) {
        self.0.add(value);
    }

    fn result(self) -> f64 {
        self.0.result().sqrt()
    }
}

/// `min`; NaN only if there is nothing else.
#[derive(Clone, Copy)]
pub(super) struct Min(f64);

impl Fold for Min {
    fn first(value: f64) -> Self {
        Self(value)
    }

    fn add(&mut self, value: f64) {
        if self.0 > value || self.0.is_nan() {
            self.0 = value;
        }
    }

    fn result(self) -> f64 {
        self.0
    }
}

/// `max`; NaN only if there is nothing else.
#[derive(Clone, Copy)]
pub(super) struct Max(f64);

impl Fold for Max {
    fn first(value: f64) -> Self {
        Self(value)
    }

    fn add(&mut self, value: f64) {
        if self.0 < value || self.0.is_nan() {
            self.0 = value;
        }
    }

    fn result(self) -> f64 {
        self.0
    }
}

/// `count`.
#[derive(Clone, Copy)]
pub(super) struct Count(f64);

impl Fold for Count {
    fn first(_: f64) -> Self {
        Self(1.0)
    }

    fn add(&mut self, _: f64) {
        self.0 += 1.0;
    }

    fn result(self) -> f64 {
        self.0
    }
}

/// `group`: one if there is any element.
#[derive(Clone, Copy)]
pub(super) struct One;

impl Fold for One {
    fn first(_: f64) -> Self {
        Self
    }

    fn add(&mut self, _: f64) {}

    fn result(self) -> f64 {
        1.0
    }
}

#[cfg(test)]
fn folded<F: Fold>(values: &[f64]) -> f64 {
    let mut fold = F::first(values[0]);
    values[1..].iter().for_each(|value| fold.add(*value));
    fold.result()
}

#[test]
fn sums_are_compensated_and_means_do_not_overflow() {
    assert!((folded::<Sum>(&[1e100, 1.0, -1e100]) - 1.0).abs() < f64::EPSILON);
    assert!((folded::<Mean>(&[f64::MAX, f64::MAX]) / f64::MAX - 1.0).abs() < 1e-15);
    assert!((folded::<Mean>(&[1.0, 2.0, 4.0]) - 7.0 / 3.0).abs() < 1e-15);
}

#[test]
fn undefined_values_lose_against_defined_ones() {
    assert!((folded::<Max>(&[f64::NAN, -1.0, f64::NAN]) + 1.0).abs() < f64::EPSILON);
    assert!((folded::<Min>(&[f64::NAN, 3.0]) - 3.0).abs() < f64::EPSILON);
    assert!(folded::<Min>(&[f64::NAN, f64::NAN]).is_nan());
    assert!(folded::<Variance>(&[f64::INFINITY]).is_nan());
    assert!((folded::<Deviation>(&[1.0, 3.0]) - 1.0).abs() < f64::EPSILON);
}
