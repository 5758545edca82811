//! `samples.jsonl`: one series per line, in order of labels, values as Prometheus prints them, so that a double survives.

use serde::{Deserialize, Serialize};

use crate::promql::{Labels, Millis, Sample, SeriesSet, parse_value, print_value};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    metric: Labels,
    samples: Vec<(Millis, String)>,
}

/// The text of `samples.jsonl`.
pub(super) fn write(set: &SeriesSet) -> String {
    let mut text = String::new();
    for (labels, samples) in set.iter() {
        let samples = samples
            .iter()
            .map(|s| (s.at, print_value(s.value)))
            .collect();
        let line = Line {
            metric: labels.clone(),
            samples,
        };
        text.push_str(&serde_json::to_string(&line).expect("labels and samples are always JSON"));
        text.push('\n');
    }
    text
}

/// Read it back; the error names the line.
pub(super) fn read(text: &str) -> Result<SeriesSet, String> {
    let mut set = SeriesSet::default();
    for (number, line) in text.lines().enumerate() {
        let at = |what: String| format!("line {}: {what}", number + 1);
        let line: Line = serde_json::from_str(line).map_err(|error| at(error.to_string()))?;
        let sample = |(time, value): (Millis, String)| {
            let value =
                parse_value(&value).ok_or_else(|| at(format!("`{value}` is not a value")))?;
            Ok(Sample { at: time, value })
        };
        let samples = line
            .samples
            .into_iter()
            .map(sample)
            .collect::<Result<Vec<_>, String>>()?;
        set.add(line.metric, samples);
    }
    Ok(set)
}

#[test]
fn samples_read_back_the_same() {
    let labels: Labels = [("__name__", "x"), ("quote", "\"\n")].into_iter().collect();
    let mut set = SeriesSet::default();
    set.add(
        labels,
        [
            Sample { at: 1, value: 0.1 },
            Sample {
                at: 2,
                value: f64::INFINITY,
            },
        ],
    );
    let text = write(&set);
    assert_eq!(read(&text), Ok(set));
    assert_eq!(
        read("{\"metric\":{},\"samples\":[[1,\"x\"]]}"),
        Err("line 1: `x` is not a value".to_owned())
    );
}
