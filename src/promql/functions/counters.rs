//! How much a series grew: `rate`, `increase`, `delta` with their extrapolation, `irate`, `idelta`, `resets`, `changes`.

use super::{RangeKernel, Window, number};
use crate::promql::Sample;
use crate::promql::value::seconds;

pub(super) fn kernel(name: &str) -> Option<RangeKernel> {
    let counter = |function| RangeKernel {
        expects_counter: true,
        ..RangeKernel::unnamed(function)
    };
    Some(match name {
        "rate" => counter(|window, _| grown(window, true, length(window))),
        "increase" => counter(|window, _| grown(window, true, 1.0)),
        "delta" => RangeKernel::unnamed(|window, _| grown(window, false, 1.0)),
        "irate" => RangeKernel::unnamed(|window, _| {
            let (growth, length) = last_step(window, true)?;
            Some(growth / length)
        }),
        "idelta" => RangeKernel::unnamed(|window, _| Some(last_step(window, false)?.0)),
        "resets" => RangeKernel::unnamed(|window, _| Some(steps(window, |from, to| to < from))),
        "changes" => RangeKernel::unnamed(|window, _| Some(steps(window, differ))),
        _ => return None,
    })
}

/// Seconds of the range.
fn length(window: &Window<'_>) -> f64 {
    seconds(window.to - window.from)
}

/// How much the series grew in the range: between its samples, and beyond them as far as it probably was there; in such units of
/// time. None of one sample.
///
/// Prometheus 3.16, promql/functions.go `extrapolatedRate`: to an edge that is nearer than 1.1 mean gaps the growth is extended all the
/// way, else by half a gap; a counter not further back than where it would have been zero.
fn grown(window: &Window<'_>, is_counter: bool, unit: f64) -> Option<f64> {
    let gaps = window.samples.len() - 1;
    if gaps == 0 {
        return None;
    }
    let (first, last) = (window.first(), window.last());
    let growth = between(window, is_counter);
    let sampled = seconds(last.at - first.at);
    let gap = sampled / number(gaps);
    let near = |edge: f64| if edge >= gap * 1.1 { gap / 2.0 } else { edge };
    let mut before = near(seconds(first.at - window.from));
    if is_counter && growth > 0.0 && first.value >= 0.0 {
        let since_zero = sampled * (first.value / growth);
        if since_zero < before {
            before = since_zero;
        }
    }
    let after = near(seconds(window.to - last.at));
    // In this order of operations as there: results are the same to the last bit.
    Some(growth * ((sampled + before + after) / sampled / unit))
}

/// From the first to the last sample; a counter that fell began at zero.
fn between(window: &Window<'_>, is_counter: bool) -> f64 {
    let samples = window.samples;
    let mut growth = window.last().value - window.first().value;
    if is_counter && window.may_fall {
        for block in blocks(samples).filter(|block| block_falls(block)) {
            for pair in block.windows(2).filter(|pair| fell(pair)) {
                growth += pair[0].value;
            }
        }
    }
    growth
}

/// Whether a sample is less than the one before it.
pub(crate) fn falls(samples: &[Sample]) -> bool {
    blocks(samples).any(block_falls)
}

/// Steps that are looked at together.
const BLOCK: usize = 64;

/// All steps, some together: each block begins with the last sample of the one before.
fn blocks(samples: &[Sample]) -> impl Iterator<Item = &[Sample]> {
    let starts = (0..samples.len().saturating_sub(1)).step_by(BLOCK);
    starts.map(|start| &samples[start..samples.len().min(start + BLOCK + 1)])
}

/// Most counters never fall: that is seen without a branch for each step.
fn block_falls(block: &[Sample]) -> bool {
    block.windows(2).fold(false, |any, pair| any | fell(pair))
}

fn fell(pair: &[Sample]) -> bool {
    pair[1].value < pair[0].value
}

/// Between the last two samples: the growth, and the seconds. A counter that fell began at zero.
fn last_step(window: &Window<'_>, is_counter: bool) -> Option<(f64, f64)> {
    let [.., from, to] = window.samples else {
        return None;
    };
    let fell = is_counter && to.value < from.value;
    let growth = if fell {
        to.value
    } else {
        to.value - from.value
    };
    Some((growth, seconds(to.at - from.at)))
}

/// How many steps from one sample to the next are of a kind.
fn steps(window: &Window<'_>, is: fn(f64, f64) -> bool) -> f64 {
    let pairs = window.samples.windows(2);
    number(
        pairs
            .filter(|pair| is(pair[0].value, pair[1].value))
            .count(),
    )
}

/// Whether they are different; NaN is the same as NaN.
#[expect(clippy::float_cmp, reason = "any difference is a change")]
fn differ(from: f64, to: f64) -> bool {
    from != to && !(from.is_nan() && to.is_nan())
}

#[cfg(test)]
mod tests {
    use super::super::tests::over;

    #[test]
    fn growth_is_extended_to_edges_that_are_near() {
        let samples = [(0, 0.0), (10, 10.0), (20, 20.0), (30, 30.0)];
        assert_eq!(over("increase", &samples[1..], (0, 30), &[]), Some(30.0));
        assert_eq!(over("rate", &samples[1..], (0, 30), &[]), Some(1.0));
        assert_eq!(over("delta", &samples[1..], (0, 40), &[]), Some(40.0));
    }

    #[test]
    fn growth_is_extended_by_half_a_gap_towards_an_edge_that_is_far() {
        let samples = [(20, 100.0), (30, 110.0)];
        assert_eq!(over("delta", &samples, (0, 50), &[]), Some(20.0));
        assert_eq!(over("delta", &samples, (9, 41), &[]), Some(20.0));
        assert_eq!(over("delta", &samples, (10, 40), &[]), Some(30.0));
    }

    #[test]
    fn a_counter_is_not_extended_to_before_it_was_zero() {
        let samples = [(10, 1.0), (20, 11.0)];
        assert_eq!(over("increase", &samples, (0, 20), &[]), Some(11.0));
        assert_eq!(over("delta", &samples, (0, 20), &[]), Some(20.0));
        let negative = [(10, -1.0), (20, 9.0)];
        assert_eq!(over("increase", &negative, (0, 20), &[]), Some(20.0));
    }

    #[test]
    fn a_counter_that_fell_began_at_zero() {
        let samples = [(0, 100.0), (10, 110.0), (20, 5.0), (30, 15.0)];
        assert_eq!(
            over("increase", &samples, (-1, 31), &[]),
            Some(25.0 * 32.0 / 30.0)
        );
        assert_eq!(
            over("delta", &samples, (-1, 31), &[]),
            Some(-85.0 * 32.0 / 30.0)
        );
        assert_eq!(over("resets", &samples, (-1, 31), &[]), Some(1.0));
        assert_eq!(over("irate", &samples[..3], (-1, 21), &[]), Some(0.5));
        assert_eq!(over("idelta", &samples[..3], (-1, 21), &[]), Some(-105.0));
    }

    #[test]
    fn one_sample_tells_no_growth() {
        for name in ["rate", "increase", "delta", "irate", "idelta"] {
            assert_eq!(over(name, &[(5, 1.0)], (0, 10), &[]), None, "{name}");
        }
        for name in ["resets", "changes"] {
            assert_eq!(over(name, &[(5, 1.0)], (0, 10), &[]), Some(0.0), "{name}");
        }
    }

    #[test]
    fn a_counter_that_falls_anywhere_in_a_long_range_goes_on_from_zero() {
        for fall in [1, 63, 64, 65, 128, 199] {
            let value = |at: i32| f64::from(if at < fall { 1_000 + at } else { at - fall });
            let samples: Vec<_> = (0..200).map(|at| (i64::from(at), value(at))).collect();
            let growth = f64::from(fall - 1) + f64::from(199 - fall);
            let found = over("increase", &samples, (-1, 199), &[]).unwrap();
            // As much as one gap is extended to before the first sample.
            assert!(
                (found - growth * 200.0 / 199.0).abs() < 1e-9,
                "{fall}: {found}"
            );
        }
    }

    #[test]
    fn nan_after_nan_is_no_change() {
        let nan = f64::NAN;
        let samples = [(0, nan), (1, nan), (2, 1.0), (3, 1.0), (4, nan)];
        assert_eq!(over("changes", &samples, (-1, 4), &[]), Some(2.0));
        assert_eq!(over("resets", &samples, (-1, 4), &[]), Some(0.0));
    }
}
