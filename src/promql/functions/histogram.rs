//! Classic histograms: cumulative counts by upper bound.

/// How many observations lie at or below a bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bucket {
    pub(crate) upper: f64,
    pub(crate) count: f64,
}

/// What was put right before a quantile could be told.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Repair {
    /// A count was lower than the one before it by more than rounding explains.
    pub(crate) forced_monotonicity: bool,
    /// The least and the greatest bound of such a count.
    pub(crate) bounds: (f64, f64),
    /// By how much a count was lower, at most.
    pub(crate) fall: f64,
}

/// Counts whose difference is less than this share of their sum are the same (Prometheus 3.16, promql/quantile.go).
const ROUNDING: f64 = 1e-12;

/// The φ-quantile, between the bounds of its bucket in proportion; NaN without a bucket of +Inf, of one bucket, or of no observation
/// (Prometheus 3.16, promql/quantile.go `BucketQuantile`).
pub(crate) fn quantile(q: f64, buckets: Vec<Bucket>) -> (f64, Repair) {
    if q.is_nan() {
        return (f64::NAN, Repair::default());
    }
    if !(0.0..=1.0).contains(&q) {
        return (f64::INFINITY.copysign(q), Repair::default());
    }
    let Some(mut buckets) = in_order(buckets) else {
        return (f64::NAN, Repair::default());
    };
    let repair = make_monotonic(&mut buckets);
    (of_monotonic(q, &buckets), repair)
}

fn of_monotonic(q: f64, buckets: &[Bucket]) -> f64 {
    let [finite @ .., last] = buckets else {
        return f64::NAN;
    };
    let Some(highest) = finite.last() else {
        return f64::NAN;
    };
    if last.count == 0.0 {
        return f64::NAN;
    }
    let rank = q * last.count;
    // The first of them whose count is not below it; of NaN none is.
    let is_below = |count: f64| count < rank || count.is_nan() || rank.is_nan();
    let at = finite.partition_point(|bucket| is_below(bucket.count));
    let Some(bucket) = finite.get(at) else {
        return highest.upper;
    };
    match at.checked_sub(1).map(|before| finite[before]) {
        None if bucket.upper <= 0.0 => bucket.upper,
        None => bucket.upper * (rank / bucket.count),
        Some(before) => {
            let share = (rank - before.count) / (bucket.count - before.count);
            before.upper + (bucket.upper - before.upper) * share
        }
    }
}

/// The share of observations between two bounds, in proportion within their buckets (Prometheus 3.16, promql/quantile.go
/// `BucketFraction`).
pub(crate) fn fraction(lower: f64, upper: f64, buckets: Vec<Bucket>) -> f64 {
    let Some(buckets) = in_order(buckets) else {
        return f64::NAN;
    };
    let count = buckets[buckets.len() - 1].count;
    if count == 0.0 || lower.is_nan() || upper.is_nan() {
        return f64::NAN;
    }
    if lower >= upper {
        return 0.0;
    }
    let rank = |bound| {
        rank(bound, &buckets)
            .filter(|rank| *rank <= count)
            .unwrap_or(count)
    };
    (rank(upper) - rank(lower)) / count
}

/// How many observations lie below a value; none if it is above all bounds.
fn rank(value: f64, buckets: &[Bucket]) -> Option<f64> {
    // Observations are not below zero unless a bucket says so.
    let mut from = if buckets[0].upper <= 0.0 {
        f64::NEG_INFINITY
    } else {
        0.0
    };
    let mut below = 0.0;
    for bucket in buckets {
        if from >= value {
            return Some(below);
        }
        if bucket.upper > value {
            // In a bucket without a lower bound nothing can be said but its count.
            return Some(if from == f64::NEG_INFINITY {
                bucket.count
            } else {
                below + (bucket.count - below) * (value - from) / (bucket.upper - from)
            });
        }
        (from, below) = (bucket.upper, bucket.count);
    }
    None
}

/// By bound, each bound once; none without a bucket of +Inf.
fn in_order(mut buckets: Vec<Bucket>) -> Option<Vec<Bucket>> {
    buckets.sort_by(|one, other| one.upper.total_cmp(&other.upper));
    buckets.dedup_by(|next, kept| {
        #[expect(clippy::float_cmp, reason = "a bound is written the same every time")]
        let is_same = next.upper == kept.upper;
        if is_same {
            kept.count += next.count;
        }
        is_same
    });
    let last = buckets.last()?;
    (last.upper == f64::INFINITY).then_some(buckets)
}

/// Counts that fell, or rose by no more than rounding explains, become the one before.
fn make_monotonic(buckets: &mut [Bucket]) -> Repair {
    let mut repair = Repair {
        bounds: (f64::INFINITY, f64::NEG_INFINITY),
        ..Repair::default()
    };
    let Some(mut before) = buckets.first().map(|bucket| bucket.count) else {
        return repair;
    };
    for bucket in &mut buckets[1..] {
        if is_the_same(before, bucket.count) {
            bucket.count = before;
        } else if bucket.count < before {
            let (least, greatest) = repair.bounds;
            repair = Repair {
                forced_monotonicity: true,
                bounds: (least.min(bucket.upper), greatest.max(bucket.upper)),
                fall: repair.fall.max(before - bucket.count),
            };
            bucket.count = before;
        } else {
            before = bucket.count;
        }
    }
    repair
}

/// Up to rounding, as Prometheus' util/almost has it.
fn is_the_same(one: f64, other: f64) -> bool {
    #[expect(clippy::float_cmp, reason = "nearly the same includes the same")]
    if one == other || (one.is_nan() && other.is_nan()) {
        return true;
    }
    let (sum, difference) = (one.abs() + other.abs(), (one - other).abs());
    if one == 0.0 || other == 0.0 || sum < f64::MIN_POSITIVE {
        return difference < ROUNDING * f64::MIN_POSITIVE;
    }
    difference / sum.min(f64::MAX) < ROUNDING
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these results are exact")]
mod tests {
    use super::*;

    const INFINITY: f64 = f64::INFINITY;

    fn buckets(pairs: &[(f64, f64)]) -> Vec<Bucket> {
        let pairs = pairs.iter().copied();
        pairs
            .map(|(upper, count)| Bucket { upper, count })
            .collect()
    }

    fn of(q: f64, pairs: &[(f64, f64)]) -> f64 {
        quantile(q, buckets(pairs)).0
    }

    #[test]
    fn a_quantile_lies_in_its_bucket_in_proportion() {
        let pairs = [(INFINITY, 20.0), (1.0, 10.0), (3.0, 18.0)];
        assert_eq!(of(0.5, &pairs), 1.0);
        assert_eq!(of(0.25, &pairs), 0.5);
        assert_eq!(of(0.7, &pairs), 2.0);
        assert_eq!(of(0.95, &pairs), 3.0);
        assert_eq!(of(0.0, &pairs), 0.0);
    }

    #[test]
    fn a_quantile_outside_of_0_and_1_is_infinite() {
        let pairs = [(1.0, 1.0), (INFINITY, 1.0)];
        assert_eq!(of(-0.1, &pairs), -INFINITY);
        assert_eq!(of(1.1, &pairs), INFINITY);
        assert!(of(f64::NAN, &pairs).is_nan());
    }

    #[test]
    fn without_infinity_without_observations_and_of_one_bucket_there_is_none() {
        assert!(of(0.5, &[(1.0, 1.0), (2.0, 2.0)]).is_nan());
        assert!(of(0.5, &[(1.0, 0.0), (INFINITY, 0.0)]).is_nan());
        assert!(of(0.5, &[(INFINITY, 3.0)]).is_nan());
        assert!(of(0.5, &[]).is_nan());
    }

    #[test]
    fn a_first_bucket_below_zero_is_its_bound() {
        assert_eq!(of(0.1, &[(-1.0, 5.0), (INFINITY, 10.0)]), -1.0);
    }

    #[test]
    fn a_count_that_fell_is_put_right_and_told_unless_it_is_rounding() {
        let (value, repair) = quantile(0.9, buckets(&[(1.0, 10.0), (2.0, 8.0), (INFINITY, 10.0)]));
        assert_eq!(value, 0.9);
        assert!(repair.forced_monotonicity);
        let nearly = 10.0 * (1.0 - 1e-13);
        let (_, repair) = quantile(0.9, buckets(&[(1.0, 10.0), (INFINITY, nearly)]));
        assert!(!repair.forced_monotonicity);
    }

    #[test]
    fn buckets_of_one_bound_are_added() {
        assert_eq!(of(0.5, &[(2.0, 1.0), (2.0, 3.0), (INFINITY, 4.0)]), 1.0);
    }

    #[test]
    fn a_fraction_counts_parts_of_buckets_in_proportion() {
        let pairs = [(1.0, 10.0), (3.0, 18.0), (INFINITY, 20.0)];
        let between = |lower, upper| fraction(lower, upper, buckets(&pairs));
        assert_eq!(between(0.0, 1.0), 0.5);
        assert_eq!(between(0.0, 2.0), 0.7);
        assert_eq!(between(-INFINITY, INFINITY), 1.0);
        assert_eq!(between(5.0, INFINITY), 0.1);
        assert_eq!(between(3.0, 1.0), 0.0);
        assert!(between(f64::NAN, 1.0).is_nan());
    }

    #[test]
    fn a_bucket_without_a_lower_bound_is_not_divided() {
        let pairs = [(-1.0, 5.0), (1.0, 7.0), (INFINITY, 10.0)];
        assert_eq!(fraction(-9.0, 0.0, buckets(&pairs)), 0.1);
        assert_eq!(fraction(-INFINITY, -1.0, buckets(&pairs)), 0.5);
    }
}
