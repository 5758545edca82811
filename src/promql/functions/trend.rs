//! The straight line through the samples: `deriv` and `predict_linear`.

use super::sums::Sum;
use super::{RangeKernel, Window, number};
use crate::promql::Millis;
use crate::promql::value::seconds;

pub(super) fn kernel(name: &str) -> Option<RangeKernel> {
    Some(match name {
        // Seconds since the first sample are small numbers, which lose no digits.
        "deriv" => RangeKernel::unnamed(|window, _| Some(line(window, window.first().at)?.slope)),
        "predict_linear" => RangeKernel::unnamed(|window, args| {
            let line = line(window, window.at)?;
            Some(line.slope * args.first()? + line.height)
        }),
        _ => return None,
    })
}

struct Line {
    /// Per second.
    slope: f64,
    /// At the time at which it was asked for.
    height: f64,
}

/// The line of least squares, with its height at some time; none of one sample (Prometheus 3.16, promql/functions.go
/// `linearRegression`). Samples that are all the same lie on a level line, which rounding is not to tilt.
fn line(window: &Window<'_>, zero: Millis) -> Option<Line> {
    if window.samples.len() < 2 {
        return None;
    }
    let height = window.first().value;
    if window.values().all(|value| is_same(value, height)) {
        let is_finite = !height.is_infinite();
        return Some(Line {
            slope: if is_finite { 0.0 } else { f64::NAN },
            height: if is_finite { height } else { f64::NAN },
        });
    }
    let [mut x, mut y, mut xy, mut xx] = [Sum::default(); 4];
    for sample in window.samples {
        let at = seconds(sample.at - zero);
        x.add(at);
        y.add(sample.value);
        xy.add(at * sample.value);
        xx.add(at * at);
    }
    let [x, y, xy, xx] = [x, y, xy, xx].map(Sum::total);
    let count = number(window.samples.len());
    let slope = (xy - x * y / count) / (xx - x * x / count);
    Some(Line {
        slope,
        height: y / count - slope * x / count,
    })
}

#[expect(clippy::float_cmp, reason = "any difference tilts the line")]
fn is_same(one: f64, other: f64) -> bool {
    one == other
}

#[cfg(test)]
mod tests {
    use super::super::tests::over;

    #[test]
    fn the_slope_is_per_second_and_the_forecast_counts_from_the_evaluation() {
        let samples = [(0, 10.0), (10, 30.0), (20, 50.0)];
        assert_eq!(over("deriv", &samples, (-1, 30), &[]), Some(2.0));
        assert_eq!(
            over("predict_linear", &samples, (-1, 30), &[0.0]),
            Some(70.0)
        );
        assert_eq!(
            over("predict_linear", &samples, (-1, 30), &[5.0]),
            Some(80.0)
        );
    }

    #[test]
    fn a_level_line_is_level_and_an_infinite_one_is_no_line() {
        let level = [(0, 0.1), (7, 0.1), (13, 0.1)];
        assert_eq!(over("deriv", &level, (-1, 20), &[]), Some(0.0));
        assert_eq!(over("predict_linear", &level, (-1, 20), &[60.0]), Some(0.1));
        let infinite = [(0, f64::INFINITY), (7, f64::INFINITY)];
        assert!(over("deriv", &infinite, (-1, 20), &[]).is_some_and(f64::is_nan));
    }

    #[test]
    fn one_sample_makes_no_line() {
        assert_eq!(over("deriv", &[(5, 1.0)], (0, 10), &[]), None);
        assert_eq!(over("predict_linear", &[(5, 1.0)], (0, 10), &[1.0]), None);
    }
}
