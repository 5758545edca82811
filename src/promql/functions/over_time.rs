//! What the samples of a range come to: the `…_over_time` functions.

use super::sums::{mean, sum, variance};
use super::{RangeKernel, Window, number, quantile};

pub(super) fn kernel(name: &str) -> Option<RangeKernel> {
    let named = |function| RangeKernel {
        keeps_name: true,
        ..RangeKernel::unnamed(function)
    };
    Some(match name {
        "avg_over_time" => RangeKernel::unnamed(|window, _| Some(mean(window.values()))),
        "count_over_time" => RangeKernel::unnamed(|window, _| Some(number(window.samples.len()))),
        "first_over_time" => named(|window, _| Some(window.first().value)),
        "last_over_time" => named(|window, _| Some(window.last().value)),
        "max_over_time" => RangeKernel::unnamed(|window, _| Some(most(window, |a, b| a > b))),
        "min_over_time" => RangeKernel::unnamed(|window, _| Some(most(window, |a, b| a < b))),
        "present_over_time" => RangeKernel::unnamed(|_, _| Some(1.0)),
        "quantile_over_time" => RangeKernel::unnamed(|window, args| {
            let mut values: Vec<_> = window.values().collect();
            Some(quantile(*args.first()?, &mut values))
        }),
        "stddev_over_time" => {
            RangeKernel::unnamed(|window, _| Some(variance(window.values()).sqrt()))
        }
        "stdvar_over_time" => RangeKernel::unnamed(|window, _| Some(variance(window.values()))),
        "sum_over_time" => RangeKernel::unnamed(|window, _| Some(sum(window.values()))),
        _ => return None,
    })
}

/// The value that all others give way to; NaN gives way to any.
fn most(window: &Window<'_>, gives_way: impl Fn(f64, f64) -> bool) -> f64 {
    let mut values = window.values().skip_while(|value| value.is_nan());
    let first = values.next().unwrap_or(f64::NAN);
    // NaN wins no comparison.
    values.fold(
        first,
        |most, value| if gives_way(value, most) { value } else { most },
    )
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these results are exact")]
mod tests {
    use super::super::tests::over;

    const NAN: f64 = f64::NAN;

    fn all(name: &str, values: &[f64]) -> f64 {
        let samples: Vec<_> = (0..).zip(values.iter().copied()).collect();
        over(name, &samples, (-1, 100), &[]).unwrap()
    }

    #[test]
    fn each_comes_to_what_it_says() {
        let values = [3.0, 1.0, 2.0, 6.0];
        let expected = [
            ("avg_over_time", 3.0),
            ("count_over_time", 4.0),
            ("first_over_time", 3.0),
            ("last_over_time", 6.0),
            ("max_over_time", 6.0),
            ("min_over_time", 1.0),
            ("present_over_time", 1.0),
            ("stdvar_over_time", 3.5),
            ("stddev_over_time", 3.5_f64.sqrt()),
            ("sum_over_time", 12.0),
        ];
        for (name, value) in expected {
            assert_eq!(all(name, &values), value, "{name}");
        }
        let samples = [(0, 1.0), (1, 3.0)];
        let median = over("quantile_over_time", &samples, (-1, 1), &[0.5]);
        assert_eq!(median, Some(2.0));
    }

    #[test]
    fn nan_is_the_greatest_or_the_least_only_if_there_is_nothing_else() {
        assert_eq!(all("max_over_time", &[NAN, 1.0, NAN]), 1.0);
        assert_eq!(all("min_over_time", &[NAN, 1.0, NAN]), 1.0);
        assert!(all("max_over_time", &[NAN, NAN]).is_nan());
        assert!(all("sum_over_time", &[1.0, NAN]).is_nan());
    }
}
