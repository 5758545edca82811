//! A `load` block of Prometheus' own test language (`promql/promqltest/README.md`): values at a fixed step from zero on.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::{Losses, written};
use crate::promql::{Millis, Sample, SeriesSet, print_value};

/// Write all samples, and tell what is lost. The step is the longest at which every sample falls on a step.
pub fn load(out: &mut impl Write, series: &SeriesSet) -> io::Result<Losses> {
    let mut losses = Losses::default();
    let times = || {
        series
            .iter()
            .flat_map(|(_, samples)| samples)
            .map(|sample| sample.at)
    };
    let Some(first) = times().min() else {
        return Ok(losses);
    };
    losses.moved = first;
    let step = times()
        .fold(0, |step, at| common_divisor(step, at - first))
        .max(1);
    writeln!(out, "load {step}ms")?;
    for (labels, samples) in series.iter() {
        let values = values(samples, first, step, &mut losses);
        writeln!(out, "  {}{values}", written(labels))?;
    }
    Ok(losses)
}

fn values(samples: &[Sample], first: Millis, step: Millis, losses: &mut Losses) -> String {
    let mut text = String::new();
    let mut next = 0;
    for sample in samples {
        let slot = (sample.at - first) / step;
        match slot - next {
            0 => {}
            1 => text.push_str(" _"),
            gap => {
                let _ = write!(text, " _x{gap}");
            }
        }
        next = slot + 1;
        if sample.is_stale() {
            text.push_str(" stale");
        } else {
            losses.see_nan(sample.value);
            let _ = write!(text, " {}", value(sample.value));
        }
    }
    text
}

/// The language reads no `+Inf`.
fn value(value: f64) -> String {
    print_value(value).replace('+', "")
}

/// Euclid's.
fn common_divisor(a: Millis, b: Millis) -> Millis {
    if b == 0 { a } else { common_divisor(b, a % b) }
}
