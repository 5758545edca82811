//! The quantile of some values.

use super::number;

/// The φ-quantile of the values, between two of them in proportion; NaN counts as the least. Sorts them. NaN of none, infinite for a φ
/// outside [0, 1] (Prometheus 3.16, promql/quantile.go `quantile`).
pub(crate) fn quantile(q: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    values.sort_by(|one, other| {
        let are_numbers = (!one.is_nan()).cmp(&!other.is_nan());
        are_numbers.then(one.total_cmp(other))
    });
    let rank = q * number(values.len() - 1);
    let lower = index(rank);
    let upper = (lower + 1).min(values.len() - 1);
    let weight = rank - rank.floor();
    if weight == 0.0 {
        return values[lower];
    }
    values[lower] * (1.0 - weight) + values[upper] * weight
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank lies between 0 and the number of values"
)]
fn index(rank: f64) -> usize {
    rank as usize
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these results are exact")]
mod tests {
    use super::*;

    #[test]
    fn it_lies_between_two_values_in_proportion() {
        assert_eq!(quantile(0.5, &mut [4.0, 1.0]), 2.5);
        assert_eq!(quantile(0.25, &mut [0.0, 10.0, 20.0]), 5.0);
        assert_eq!(quantile(0.0, &mut [3.0, 2.0]), 2.0);
        assert_eq!(quantile(1.0, &mut [3.0, 2.0]), 3.0);
    }

    #[test]
    fn a_quantile_outside_of_0_and_1_is_infinite_and_of_nothing_it_is_nan() {
        assert_eq!(quantile(-0.1, &mut [1.0]), f64::NEG_INFINITY);
        assert_eq!(quantile(1.1, &mut [1.0]), f64::INFINITY);
        assert!(quantile(f64::NAN, &mut [1.0]).is_nan());
        assert!(quantile(0.5, &mut []).is_nan());
    }

    #[test]
    fn nan_is_the_least_value_whatever_its_sign() {
        assert_eq!(quantile(1.0, &mut [f64::NAN, 1.0]), 1.0);
        assert_eq!(
            quantile(1.0, &mut [-f64::NAN, f64::NEG_INFINITY]),
            f64::NEG_INFINITY
        );
        assert!(quantile(0.0, &mut [f64::NEG_INFINITY, f64::NAN]).is_nan());
    }

    #[test]
    fn between_infinities_no_weight_makes_a_nan_of_the_lower_one() {
        assert_eq!(quantile(0.5, &mut [1.0, 2.0, f64::INFINITY]), 2.0);
        assert_eq!(
            quantile(0.75, &mut [1.0, 2.0, f64::INFINITY]),
            f64::INFINITY
        );
    }
}
