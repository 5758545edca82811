//! A line of blocks for each series of a range, from its least to its greatest value; where there is no sample it is blank.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::table;
use crate::model::text::visible;
use crate::promql::{Answer, Millis, Series, Value, print_value};

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Columns of the line of blocks.
const WIDTH: usize = 60;

pub(super) fn write(out: &mut impl Write, answer: &Answer) -> io::Result<()> {
    let Value::Matrix(series) = &answer.value else {
        return table::write(out, answer);
    };
    let times: BTreeSet<Millis> = series
        .iter()
        .flat_map(|series| &series.samples)
        .map(|s| s.at)
        .collect();
    let Some(axis) = Axis::of(&times) else {
        return table::nothing(out);
    };
    for series in series {
        writeln!(out, "{}", visible(&series.labels.to_string()))?;
        let (least, most) = bounds(series);
        let (least_told, most_told) = (print_value(least), print_value(most));
        let blocks = blocks(&axis.columns(series), least, most);
        writeln!(out, "  {blocks}  {least_told} to {most_told}")?;
    }
    Ok(())
}

fn bounds(series: &Series) -> (f64, f64) {
    let values = || series.samples.iter().map(|sample| sample.value);
    (
        values().fold(f64::NAN, f64::min),
        values().fold(f64::NAN, f64::max),
    )
}

/// The columns of all lines.
struct Axis {
    from: Millis,
    span: Millis,
    columns: usize,
}

impl Axis {
    /// A column for each step, or for some steps together where there are too many.
    fn of(times: &BTreeSet<Millis>) -> Option<Self> {
        let (from, to) = (*times.first()?, *times.last()?);
        let steps = times.iter().zip(times.iter().skip(1));
        let step = steps.map(|(one, next)| next - one).min().unwrap_or(1);
        let columns = usize::try_from((to - from) / step + 1).unwrap_or(WIDTH);
        Some(Self {
            from,
            span: (to - from).max(1),
            columns: columns.min(WIDTH),
        })
    }

    /// The greatest value in each column, so that no peak is hidden.
    fn columns(&self, series: &Series) -> Vec<Option<f64>> {
        let mut columns = vec![None; self.columns];
        let last = self.columns - 1;
        let most = Millis::try_from(last).unwrap_or(Millis::MAX);
        for sample in &series.samples {
            let share = (sample.at - self.from).saturating_mul(most) / self.span;
            let column = usize::try_from(share).unwrap_or(0).min(last);
            let greatest =
                columns[column].map_or(sample.value, |other: f64| other.max(sample.value));
            columns[column] = Some(greatest);
        }
        columns
    }
}

fn blocks(columns: &[Option<f64>], least: f64, most: f64) -> String {
    let block = |value: f64| {
        let share = if most > least {
            (value - least) / (most - least)
        } else {
            0.0
        };
        // What is no number stands at the bottom.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of seven"
        )]
        let height = (share * 7.0).round().clamp(0.0, 7.0) as usize;
        BLOCKS[height]
    };
    columns
        .iter()
        .map(|value| value.map_or(' ', block))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::{Labels, Sample};

    fn line(samples: &[(Millis, f64)]) -> String {
        let times = samples.iter().map(|(at, _)| *at).collect();
        let samples = samples.iter().map(|(at, value)| Sample {
            at: *at,
            value: *value,
        });
        let series = Series {
            labels: Labels::default(),
            samples: samples.collect(),
        };
        let (least, most) = bounds(&series);
        blocks(&Axis::of(&times).unwrap().columns(&series), least, most)
    }

    #[test]
    fn a_line_has_a_column_for_each_step_and_a_blank_for_a_gap() {
        assert_eq!(line(&[(10, 0.0), (20, 7.0), (30, 1.0), (50, 3.0)]), "▁█▂ ▄");
    }

    #[test]
    fn many_steps_share_columns_and_no_peak_is_hidden() {
        let mut samples: Vec<_> = (0..600).map(|at| (at, 0.0)).collect();
        samples[307].1 = 1.0;
        let line = line(&samples);
        assert_eq!(
            (line.chars().count(), line.matches('█').count()),
            (WIDTH, 1)
        );
    }

    #[test]
    fn a_series_that_never_moves_is_a_line_at_the_bottom() {
        assert_eq!(line(&[(1, 5.0), (2, 5.0)]), "▁▁");
        assert_eq!(line(&[(1, 5.0)]), "▁");
    }
}
