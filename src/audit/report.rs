//! What an audit found, as people and machines read it. The same topics give the same bytes: nothing in it depends on when or how fast
//! they were read.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::Isolation;
use super::content::Parts;
use super::range::Window;
use super::tally::{Counts, Firsts};

/// Version of the JSON.
pub const FORMAT: u32 = 1;

/// Whether all is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing is missing or changed.
    Complete,
    /// Something is missing or changed.
    Incomplete,
    /// Nothing is known to be missing or changed, and not all could be decided.
    Undecided,
}

/// One side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// Alias of the cluster.
    pub cluster: String,
    /// The topic.
    pub topic: String,
}

/// One partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partition {
    /// Its number.
    pub partition: i32,
    /// The first offset of the source that is judged.
    pub from: i64,
    /// The offset after the last.
    pub to: i64,
    /// Whether the window begins before the first record that the source still has.
    pub begins_below_source_start: bool,
    /// Whether the target has the partition.
    pub is_at_target: bool,
    /// How many are of each kind.
    pub counts: Counts,
    /// Where the first of each kind are.
    pub first: Firsts,
}

/// What an audit found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Version of this form.
    pub format: u32,
    /// Version of mirrorwatch.
    pub tool: String,
    /// Whether all is there.
    pub verdict: Verdict,
    /// The source.
    pub source: End,
    /// The target.
    pub target: End,
    /// What was judged.
    pub window: Window,
    /// Which records were read.
    pub isolation: Isolation,
    /// Parts that were not compared.
    pub ignored: Parts,
    /// Whether the target is compacted; none if the cluster does not tell.
    pub is_compacted: Option<bool>,
    /// All partitions together.
    pub total: Counts,
    /// Each partition.
    pub partitions: Vec<Partition>,
}

impl Report {
    /// Judge what was counted.
    pub(super) fn judge(&mut self) {
        let mut total = Counts::default();
        for partition in &self.partitions {
            total.add(&partition.counts);
        }
        let is_cut = self
            .partitions
            .iter()
            .any(|partition| partition.begins_below_source_start);
        self.verdict = if total.missing + total.changed > 0 {
            Verdict::Incomplete
        } else if total.undecided.total() > 0 || is_cut || total.source_records == 0 {
            // Where nothing was compared nothing is proved.
            Verdict::Undecided
        } else {
            Verdict::Complete
        };
        self.total = total;
    }

    /// The report as JSON.
    pub fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::tally::Place;

    fn report(counts: &Counts, begins_below_source_start: bool) -> Report {
        let end = |cluster: &str| End {
            cluster: cluster.to_owned(),
            topic: "orders".to_owned(),
        };
        let first = Firsts {
            missing: vec![Place::at_source(7); 5],
            ..Firsts::default()
        };
        let partition = Partition {
            partition: 0,
            from: 0,
            to: 100,
            begins_below_source_start,
            is_at_target: true,
            counts: counts.clone(),
            first,
        };
        let mut report = Report {
            format: FORMAT,
            tool: "test".to_owned(),
            verdict: Verdict::Undecided,
            source: end("a"),
            target: end("b"),
            window: Window::Times {
                from: None,
                to: None,
            },
            isolation: Isolation::default(),
            ignored: Parts::default(),
            is_compacted: Some(false),
            total: Counts::default(),
            partitions: vec![
                partition.clone(),
                Partition {
                    partition: 1,
                    ..partition
                },
            ],
        };
        report.judge();
        report
    }

    #[test]
    fn only_what_is_missing_or_changed_makes_it_incomplete_and_what_is_open_undecided() {
        let verdict = |change: fn(&mut Counts), is_cut| {
            let mut counts = Counts {
                source_records: 5,
                ..Counts::default()
            };
            change(&mut counts);
            report(&counts, is_cut).verdict
        };
        assert_eq!(verdict(|_| {}, false), Verdict::Complete);
        assert_eq!(
            verdict(|counts| counts.duplicate = 5, false),
            Verdict::Complete
        );
        assert_eq!(
            verdict(
                |counts| (counts.reordered, counts.unexpected) = (5, 5),
                false
            ),
            Verdict::Complete
        );
        assert_eq!(
            verdict(|counts| counts.missing = 1, false),
            Verdict::Incomplete
        );
        assert_eq!(
            verdict(|counts| counts.changed = 1, true),
            Verdict::Incomplete
        );
        let undecided: [fn(&mut Counts); 3] = [
            |counts| counts.undecided.in_flight = 1,
            |counts| counts.undecided.deleted = 1,
            |counts| counts.undecided.unread = 1,
        ];
        for change in undecided {
            assert_eq!(verdict(change, false), Verdict::Undecided);
        }
        assert_eq!(verdict(|_| {}, true), Verdict::Undecided);
    }

    #[test]
    fn where_nothing_was_compared_nothing_is_proved() {
        let report = report(&Counts::default(), false);
        assert_eq!(report.verdict, Verdict::Undecided);
        let mut text = Vec::new();
        report.write_text(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(
            text.contains("UNDECIDED: there is nothing to compare in this window."),
            "{text}"
        );
        assert!(text.contains("--from"), "{text}");
    }

    #[test]
    fn the_text_fits_a_terminal_and_says_what_to_do() {
        let mut counts = Counts {
            source_records: 100,
            missing: 5,
            ..Counts::default()
        };
        counts.change([crate::audit::content::Part::Headers].into_iter().collect());
        let mut text = Vec::new();
        report(&counts, false).write_text(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(
            text.contains("INCOMPLETE: of 200 records 10 are missing and 2 are changed."),
            "{text}"
        );
        assert!(
            text.contains("partition 1, first missing: source 7; source 7; source 7\n"),
            "{text}"
        );
        assert!(text.contains("--ignore headers"), "{text}");
        let table = text.lines().skip(3).take(4);
        assert!(table.clone().all(|line| line.len() <= 80), "{text}");
        assert_eq!(
            table.last().map(|line| line.starts_with("all")),
            Some(true),
            "{text}"
        );
    }

    #[test]
    fn the_json_is_read_back() {
        let report = report(&Counts::default(), false);
        let mut text = Vec::new();
        report.write_json(&mut text).unwrap();
        assert_eq!(serde_json::from_slice::<Report>(&text).unwrap(), report);
    }
}
