//! Samples for other programs: `OpenMetrics` text for `promtool tsdb create-blocks-from openmetrics`, and `load` blocks for promqltest.
//! What a format cannot say is a loss, and is listed.

mod load;
mod openmetrics;

pub use load::load;
pub use openmetrics::openmetrics;

use crate::promql::Labels;

/// What a format could not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Markers of a series' end that are left out: the series goes on for the lookback.
    pub markers: usize,
    /// NaNs that come back as another NaN.
    pub nans: usize,
    /// By how many milliseconds all times were moved.
    pub moved: i64,
}

impl Losses {
    /// Each loss in a sentence; none for a lossless export.
    pub fn sentences(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        if self.markers > 0 {
            sentences.push(format!(
                "{} markers of a series' end are left out: OpenMetrics has none, and these series go on for the lookback",
                self.markers
            ));
        }
        if self.nans > 0 {
            sentences.push(format!(
                "{} NaNs lose their bits: they are written as NaN",
                self.nans
            ));
        }
        if self.moved != 0 {
            sentences.push(format!(
                "all times are {} ms earlier: a load block begins at zero",
                self.moved
            ));
        }
        sentences
    }

    /// A NaN that is no marker: only the usual one comes back as it was.
    fn see_nan(&mut self, value: f64) {
        self.nans += usize::from(value.is_nan() && value.to_bits() != f64::NAN.to_bits());
    }
}

/// A series as both formats write it.
fn written(labels: &Labels) -> String {
    let name = labels.name();
    let is_plain = !name.is_empty() && is_name(name, true);
    let quoted = |text: &str| {
        let text = text
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n");
        format!("\"{text}\"")
    };
    let mut pairs = Vec::new();
    if !is_plain && !name.is_empty() {
        pairs.push(quoted(name));
    }
    for (label, value) in labels.iter().filter(|(label, _)| *label != "__name__") {
        let label = if is_name(label, false) {
            label.to_owned()
        } else {
            quoted(label)
        };
        pairs.push(format!("{label}={}", quoted(value)));
    }
    let name = if is_plain { name } else { "" };
    if pairs.is_empty() {
        return name.to_owned();
    }
    format!("{name}{{{}}}", pairs.join(","))
}

/// Whether a name needs no quotes.
fn is_name(name: &str, is_metric: bool) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || (is_metric && c == ':');
    !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(is_part)
}

#[cfg(test)]
mod tests;
