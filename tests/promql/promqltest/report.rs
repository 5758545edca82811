//! What came of the evaluations of scripts, counted a file.

use std::collections::BTreeMap;
use std::fmt;

use super::Verdict;

/// What came of one evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Its line, from one.
    pub(crate) line: usize,
    /// Its expression.
    pub(crate) expr: String,
    /// What came of it.
    pub(crate) verdict: Verdict,
}

/// What came of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its name.
    pub(crate) file: String,
    /// What came of its evaluations.
    pub(crate) outcomes: Vec<Outcome>,
}

impl Row {
    fn counts(&self) -> [usize; 3] {
        let mut counts = [0; 3];
        for outcome in &self.outcomes {
            counts[match outcome.verdict {
                Verdict::Passed => 0,
                Verdict::Failed(_) => 1,
                Verdict::Refused(_) => 2,
            }] += 1;
        }
        counts
    }
}

/// What came of all scripts; shown as a table of files and a last line `N passed, M failed, K refused`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// A row for each script.
    pub(crate) rows: Vec<Row>,
}

impl Report {
    /// Evaluations that passed, failed, were refused.
    pub(crate) fn counts(&self) -> [usize; 3] {
        self.rows.iter().map(Row::counts).fold([0; 3], |all, row| {
            [all[0] + row[0], all[1] + row[1], all[2] + row[2]]
        })
    }

    /// Every failure, as `FILE:LINE: EXPR: WHY`.
    pub(crate) fn failures(&self) -> impl Iterator<Item = String> {
        self.outcomes().filter_map(|(file, outcome)| {
            let Verdict::Failed(why) = &outcome.verdict else {
                return None;
            };
            Some(format!(
                "{file}:{}: `{}`: {why}",
                outcome.line, outcome.expr
            ))
        })
    }

    /// Every refusal, as `FILE:LINE REASON`: the list that may only shrink.
    pub(crate) fn refusals(&self) -> impl Iterator<Item = String> {
        self.outcomes().filter_map(|(file, outcome)| {
            let Verdict::Refused(why) = &outcome.verdict else {
                return None;
            };
            // The parser's messages have several lines.
            let why = why
                .to_string()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            Some(format!("{file}:{} {why}", outcome.line))
        })
    }

    /// Refusals of every kind.
    pub(crate) fn refused_by_kind(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for (_, outcome) in self.outcomes() {
            if let Verdict::Refused(why) = &outcome.verdict {
                *counts.entry(why.kind()).or_default() += 1;
            }
        }
        counts
    }

    fn outcomes(&self) -> impl Iterator<Item = (&str, &Outcome)> {
        let rows = self.rows.iter();
        rows.flat_map(|row| {
            row.outcomes
                .iter()
                .map(|outcome| (row.file.as_str(), outcome))
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            let [passed, failed, refused] = row.counts();
            writeln!(f, "{:32} {passed:5} {failed:5} {refused:5}", row.file)?;
        }
        let [passed, failed, refused] = self.counts();
        write!(f, "{passed} passed, {failed} failed, {refused} refused")
    }
}
