//! Sums that lose no digits: Kahan's summation with Neumaier's improvement, in the order of operations of Prometheus 3.16
//! (util/kahansum), so that results are the same to the last bit.

/// A sum and its compensation after one more addend, if the sum is finite.
fn finite_add(value: f64, sum: f64, compensation: f64) -> (f64, f64) {
    let total = sum + value;
    let lost = if sum.abs() >= value.abs() {
        (sum - total) + value
    } else {
        (value - total) + sum
    };
    (total, compensation + lost)
}

/// The same of any sum: an infinite one has nothing to compensate.
fn kahan_add(value: f64, sum: f64, compensation: f64) -> (f64, f64) {
    let (total, compensation) = finite_add(value, sum, compensation);
    (
        total,
        if total.is_infinite() {
            0.0
        } else {
            compensation
        },
    )
}

/// A sum under way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum {
    sum: f64,
    compensation: f64,
}

impl Sum {
    /// That begins with a value, and not with zero, which is never negative.
    pub(crate) fn of(value: f64) -> Self {
        Self {
            sum: value,
            compensation: 0.0,
        }
    }

    pub(crate) fn add(&mut self, value: f64) {
        (self.sum, self.compensation) = kahan_add(value, self.sum, self.compensation);
    }

    pub(crate) fn total(self) -> f64 {
        self.sum + self.compensation
    }
}

/// The sum of all and its compensation, if both are finite: no addend, nor any sum on the way, was infinite or no number, so that
/// nothing has to be asked of each.
fn finite_sum(first: f64, values: impl Iterator<Item = f64>) -> Option<Sum> {
    let mut all = Sum::of(first);
    for value in values {
        (all.sum, all.compensation) = finite_add(value, all.sum, all.compensation);
    }
    (all.sum.is_finite() && all.compensation.is_finite()).then_some(all)
}

/// The sum of all.
pub(super) fn sum(values: impl Iterator<Item = f64> + Clone) -> f64 {
    if let Some(all) = finite_sum(0.0, values.clone()) {
        return all.total();
    }
    let mut sum = Sum::default();
    values.for_each(|value| sum.add(value));
    sum.total()
}

/// A mean under way: of the sum, or step by step once that would overflow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mean {
    /// The sum so far, or the mean.
    value: f64,
    compensation: f64,
    count: f64,
    is_incremental: bool,
}

impl Mean {
    pub(crate) fn of(value: f64) -> Self {
        Self {
            value,
            compensation: 0.0,
            count: 1.0,
            is_incremental: false,
        }
    }

    pub(crate) fn add(&mut self, value: f64) {
        self.count += 1.0;
        if !self.is_incremental {
            let (sum, compensation) = kahan_add(value, self.value, self.compensation);
            if !sum.is_infinite() {
                (self.value, self.compensation) = (sum, compensation);
                return;
            }
            self.is_incremental = true;
            self.value /= self.count - 1.0;
            self.compensation /= self.count - 1.0;
        }
        let weight = (self.count - 1.0) / self.count;
        (self.value, self.compensation) = kahan_add(
            value / self.count,
            weight * self.value,
            weight * self.compensation,
        );
    }

    pub(crate) fn result(self) -> f64 {
        if self.is_incremental {
            self.value + self.compensation
        } else {
            self.value / self.count + self.compensation / self.count
        }
    }
}

/// The mean of all. NaN of none.
pub(super) fn mean(mut values: impl ExactSizeIterator<Item = f64> + Clone) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a window has few samples")]
    let count = values.len() as f64;
    let Some(first) = values.next() else {
        return f64::NAN;
    };
    if let Some(all) = finite_sum(first, values.clone()) {
        return all.sum / count + all.compensation / count;
    }
    let mut mean = Mean::of(first);
    values.for_each(|value| mean.add(value));
    mean.result()
}

/// The variance of all, by Welford's way. NaN of none.
pub(super) fn variance(values: impl Iterator<Item = f64>) -> f64 {
    let (mut mean, mut squares, mut count) = (Sum::default(), Sum::default(), 0.0);
    for value in values {
        count += 1.0;
        let delta = value - mean.total();
        mean.add(delta / count);
        squares.add(delta * (value - mean.total()));
    }
    squares.total() / count
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these results are exact")]
mod tests {
    use super::*;

    #[test]
    fn a_small_addend_beside_large_ones_is_not_lost() {
        assert_eq!(sum([1.0, 1e100, 1.0, -1e100].into_iter()), 2.0);
        assert_eq!(mean([1.0, 1e100, 1.0, -1e100].into_iter()), 0.5);
    }

    #[test]
    fn a_sum_beyond_all_numbers_is_infinite_and_not_nan() {
        assert_eq!(sum([f64::MAX, f64::MAX].into_iter()), f64::INFINITY);
        assert_eq!(sum([f64::INFINITY, 1.0].into_iter()), f64::INFINITY);
        assert!(sum([f64::INFINITY, f64::NEG_INFINITY].into_iter()).is_nan());
    }

    #[test]
    fn what_is_summed_at_once_is_to_the_last_bit_what_is_summed_one_by_one() {
        let mut state = 1_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            f64::from_bits(state ^ (state >> 33))
        };
        for length in 1..500 {
            let values: Vec<f64> = (0..=length % 40).map(|_| next()).collect();
            let (mut one_by_one, mut mean_of_each) = (Sum::default(), Mean::of(values[0]));
            for value in &values {
                one_by_one.add(*value);
            }
            values[1..]
                .iter()
                .for_each(|value| mean_of_each.add(*value));
            let same = |one: f64, other: f64| {
                one.to_bits() == other.to_bits() || (one.is_nan() && other.is_nan())
            };
            let all = || values.iter().copied();
            assert!(same(sum(all()), one_by_one.total()), "{values:?}");
            assert!(same(mean(all()), mean_of_each.result()), "{values:?}");
        }
    }

    #[test]
    fn the_mean_of_numbers_whose_sum_overflows_is_finite() {
        assert_eq!(mean([f64::MAX, f64::MAX].into_iter()), f64::MAX);
        let mean_of_three = mean([f64::MAX, f64::MAX, -f64::MAX].into_iter());
        assert!((mean_of_three / (f64::MAX / 3.0) - 1.0).abs() < 1e-15);
        assert_eq!(mean([f64::INFINITY, 1.0].into_iter()), f64::INFINITY);
        assert!(mean(std::iter::empty()).is_nan());
    }

    #[test]
    fn the_variance_is_that_of_the_whole_population() {
        assert_eq!(
            variance([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0].into_iter()),
            4.0
        );
        assert_eq!(variance([3.0].into_iter()), 0.0);
        assert!(variance([1.0, f64::NAN].into_iter()).is_nan());
    }
}
