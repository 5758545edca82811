//! From the text of a script to its commands.

use std::collections::BTreeMap;

use mirrorwatch::promql::{Labels, Millis, Sample, parse_duration};

use super::ScriptError;
use super::evaluation::Evaluation;
use super::notation::{self, Points};

/// One step of a script.
#[derive(Clone, Debug)]
pub(super) enum Command {
    /// Forget all samples.
    Clear,
    /// Add samples.
    Load(Vec<Loaded>),
    /// Ask, and compare the answer.
    Evaluate(Box<Evaluation>),
}

/// A series of a `load`.
#[derive(Clone, Debug)]
pub(super) enum Loaded {
    /// Samples.
    Floats(Labels, Vec<Sample>),
    /// A series that has native histograms; its points are not kept.
    Native(Labels),
    /// A series whose samples have start timestamps.
    Started(Labels),
}

/// Lines of a script without comments and margins; an empty one ends a command.
pub(super) struct Lines<'a> {
    lines: Vec<&'a str>,
    next: usize,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let trimmed = text.lines().map(str::trim);
        Self {
            lines: trimmed
                .map(|line| if line.starts_with('#') { "" } else { line })
                .collect(),
            next: 0,
        }
    }

    /// The next line of the same command, with its number from one.
    pub(super) fn within(&mut self) -> Option<(usize, &'a str)> {
        let line = self.lines.get(self.next).copied()?;
        if line.is_empty() {
            return None;
        }
        self.next += 1;
        Some((self.next, line))
    }

    fn command(&mut self) -> Option<(usize, &'a str)> {
        while self.lines.get(self.next)?.is_empty() {
            self.next += 1;
        }
        self.within()
    }
}

/// Read a whole script.
pub(super) fn read(text: &str) -> Result<Vec<Command>, ScriptError> {
    let mut lines = Lines::of(text);
    let mut commands = Vec::new();
    while let Some((number, line)) = lines.command() {
        let word = line.split_whitespace().next().unwrap_or_default();
        let command = match word.to_lowercase() {
            word if word == "clear" => Command::Clear,
            word if word.starts_with("load") => Command::Load(load(&mut lines, number, line)?),
            word if word.starts_with("eval") => {
                Command::Evaluate(Box::new(Evaluation::read(&mut lines, number, line)?))
            }
            _ => return Err(error(number, format!("`{line}` is no command"))),
        };
        commands.push(command);
    }
    Ok(commands)
}

pub(super) fn error(line: usize, message: impl Into<String>) -> ScriptError {
    ScriptError {
        line,
        message: message.into(),
    }
}

/// A time or a length; a bare zero has no unit.
pub(super) fn duration(line: usize, text: &str) -> Result<Millis, ScriptError> {
    if text == "0" {
        return Ok(0);
    }
    let length = parse_duration(text).map_err(|e| error(line, e.to_string()))?;
    Millis::try_from(length.as_millis()).map_err(|e| error(line, e.to_string()))
}

fn load(lines: &mut Lines<'_>, number: usize, head: &str) -> Result<Vec<Loaded>, ScriptError> {
    let (word, step) = head.split_once(char::is_whitespace).unwrap_or((head, ""));
    let native = match word {
        "load" => false,
        "load_with_nhcb" => true,
        _ => return Err(error(number, format!("`{word}` is no command"))),
    };
    let step = duration(number, step.trim())?;
    let (mut floats, mut others) = (BTreeMap::new(), Vec::new());
    while let Some((number, line)) = lines.within() {
        let series = notation::series(line).map_err(|message| error(number, message))?;
        if native {
            others.extend(native_twin(&series.labels).map(Loaded::Native));
        }
        match series.points {
            Points::Histograms => others.push(Loaded::Native(series.labels)),
            Points::Starts => others.push(Loaded::Started(series.labels)),
            Points::Floats(values) => {
                // Of two lines with the same labels the last one is loaded.
                floats.insert(series.labels, timed(&values, step));
            }
        }
    }
    let floats = floats.into_iter();
    others.extend(floats.map(|(labels, samples)| Loaded::Floats(labels, samples)));
    Ok(others)
}

fn timed(values: &[Option<f64>], step: Millis) -> Vec<Sample> {
    let times = (0..).map(|i: Millis| i.saturating_mul(step));
    let samples = times.zip(values);
    samples
        .filter_map(|(at, value)| value.map(|value| Sample { at, value }))
        .collect()
}

/// The native histogram that `load_with_nhcb` makes of a series of a classic one.
fn native_twin(labels: &Labels) -> Option<Labels> {
    let suffixes = ["_bucket", "_count", "_sum"];
    let base = suffixes
        .iter()
        .find_map(|suffix| labels.name().strip_suffix(suffix))?;
    let others = labels
        .iter()
        .filter(|(name, _)| !["__name__", "le"].contains(name));
    Some(others.chain([("__name__", base)]).collect())
}

#[test]
fn a_script_is_read_command_by_command() {
    let text = "# c\nload 10s\n  a{x=\"1\"} 1+1x2 _ 5\n  # ends the load\n\nclear\neval instant at 10s a\n  a{x=\"1\"} 2\n";
    let commands = read(text).unwrap();
    assert_eq!(commands.len(), 3);
    let Command::Load(loaded) = &commands[0] else {
        panic!()
    };
    let Loaded::Floats(labels, samples) = &loaded[0] else {
        panic!()
    };
    assert_eq!(labels.name(), "a");
    let at: Vec<_> = samples.iter().map(|s| (s.at, s.value)).collect();
    assert_eq!(at, [(0, 1.0), (10_000, 2.0), (20_000, 3.0), (40_000, 5.0)]);
}

#[test]
fn a_script_that_is_wrong_names_its_line() {
    for (text, line) in [
        ("\nlod 1m\n", 2),
        ("load 1x\n", 1),
        ("load 1m\n a{ 1\n", 2),
        ("load 1m\n a b\n", 2),
        ("eval instant a\n", 1),
        ("eval range from 1m to 0 step 1m a\n", 1),
        ("eval instant at 1m a\n expect nothing\n", 2),
    ] {
        let found = read(text).map(|_| ()).unwrap_err();
        assert_eq!(found.line, line, "{text}: {found}");
    }
}
