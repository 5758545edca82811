//! `OpenMetrics` text with times, the families in order, of unknown type.

use std::io::{self, Write};

use super::{Losses, written};
use crate::promql::{Millis, SeriesSet, print_value};

/// Write all samples, and tell what is lost.
pub fn openmetrics(out: &mut impl Write, series: &SeriesSet) -> io::Result<Losses> {
    let mut losses = Losses::default();
    for (labels, samples) in series.iter() {
        let who = written(labels);
        for sample in samples {
            if sample.is_stale() {
                losses.markers += 1;
                continue;
            }
            losses.see_nan(sample.value);
            writeln!(
                out,
                "{who} {} {}",
                print_value(sample.value),
                seconds(sample.at)
            )?;
        }
    }
    writeln!(out, "# EOF")?;
    Ok(losses)
}

fn seconds(at: Millis) -> String {
    let sign = if at < 0 { "-" } else { "" };
    let at = at.unsigned_abs();
    format!("{sign}{}.{:03}", at / 1_000, at % 1_000)
}

#[test]
fn times_are_seconds_to_the_millisecond() {
    assert_eq!(seconds(1_795_807_198_402), "1795807198.402");
    assert_eq!(seconds(-1_001), "-1.001");
}
