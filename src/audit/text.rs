//! The report for a terminal of 80 columns: the verdict, the numbers, the first places, and what to do.

use std::fmt::Display;
use std::io::{self, Write};

use super::report::{End, Partition, Report, Verdict};
use super::tally::{Counts, Place};
use crate::model::text::visible;

/// Places of a kind that are told; the JSON has more.
const TOLD: usize = 3;

impl Report {
    /// The report for a terminal of 80 columns.
    pub fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        let end = |end: &End| format!("{} on {}", visible(&end.topic), visible(&end.cluster));
        writeln!(out, "{} -> {}", end(&self.source), end(&self.target))?;
        writeln!(out, "{}", self.sentence())?;
        writeln!(out)?;
        self.table(out)?;
        for partition in &self.partitions {
            places(out, partition)?;
        }
        self.remarks(out)
    }

    /// The verdict in a sentence.
    fn sentence(&self) -> String {
        let Counts {
            missing,
            changed,
            source_records,
            ..
        } = self.total;
        match self.verdict {
            Verdict::Complete => format!(
                "COMPLETE: of {source_records} records none is missing and none is changed."
            ),
            Verdict::Incomplete => {
                format!(
                    "INCOMPLETE: of {source_records} records {missing} are missing and {changed} are changed."
                )
            }
            Verdict::Undecided if source_records == 0 => {
                "UNDECIDED: there is nothing to compare in this window.".to_owned()
            }
            Verdict::Undecided => {
                let open = self.total.undecided.total();
                format!(
                    "UNDECIDED: of {source_records} records none is known to be missing or changed, {open} cannot be decided yet."
                )
            }
        }
    }

    fn table(&self, out: &mut impl Write) -> io::Result<()> {
        let heading = [
            "records",
            "missing",
            "changed",
            "undecided",
            "duplicate",
            "reordered",
            "unexp.",
        ];
        row(out, "part.", heading)?;
        for partition in &self.partitions {
            let number = partition.partition.to_string();
            row(out, &number, numbers(&partition.counts))?;
        }
        if self.partitions.len() > 1 {
            row(out, "all", numbers(&self.total))?;
        }
        Ok(())
    }

    fn remarks(&self, out: &mut impl Write) -> io::Result<()> {
        for remark in self.remark_texts() {
            writeln!(out, "* {remark}")?;
        }
        Ok(())
    }

    fn remark_texts(&self) -> Vec<String> {
        let mut remarks = self.on_numbers();
        if self.total.source_records == 0 {
            remarks.push(
                "The source has no record in it: look at topic, --from and --to (records are taken by their own timestamps) or --offsets."
                    .to_owned(),
            );
        }
        remarks.extend(self.on_changes().map(str::to_owned));
        let cut = self.numbers(|partition| partition.begins_below_source_start);
        if !cut.is_empty() {
            remarks.push(format!(
                "The window begins before the first record that the source still has (partitions {cut}): what was deleted cannot be judged."
            ));
        }
        let absent = self.numbers(|partition| !partition.is_at_target);
        if !absent.is_empty() {
            remarks.push(format!(
                "The target does not have partitions {absent}: MM2 adds them at its next look for topics."
            ));
        }
        remarks
    }

    fn on_numbers(&self) -> Vec<String> {
        let undecided = &self.total.undecided;
        let texts = [
            (
                undecided.in_flight,
                "not at the target, and nothing later is: they may be on their way; audit again, or with a longer --settle.",
            ),
            (
                undecided.below_target_start,
                "before the first record that was found at the target: retention may have deleted their copies, or the target's clock is behind.",
            ),
            (
                undecided.compacted,
                "not at the target, which is compacted: that may have removed them.",
            ),
            (
                undecided.cleanup_unknown,
                "have a key and are not at the target, which does not tell whether it compacts the topic; let the audit's user describe the \
                 configuration of the remote topic.",
            ),
            (
                undecided.beyond_memory,
                "lie further apart on both sides than is remembered; give a larger --memory.",
            ),
            (
                undecided.deleted,
                "were deleted by retention before they could be compared; audit a later window (--from).",
            ),
            (
                undecided.unread,
                "of the source cannot be read: they stand behind an open transaction, or the log was cut; audit again when it is closed, or \
                 with --isolation read_uncommitted.",
            ),
            (
                self.total.unplaced,
                "of the target are older than what is remembered of the source, or unexpected; a larger --memory tells.",
            ),
        ];
        let told = texts.iter().filter(|(count, _)| *count > 0);
        told.map(|(count, text)| format!("{count} {text}"))
            .collect()
    }

    /// When all changes are of a kind that a setting makes, which one.
    fn on_changes(&self) -> impl Iterator<Item = &'static str> {
        let changed = self.total.changed;
        let texts = [
            (
                self.total.changed_in.headers,
                "All changes are in the headers: without ByteArrayConverter as header.converter of the connector they are encoded anew; \
                 --ignore headers audits the rest.",
            ),
            (
                self.total.changed_in.timestamp,
                "All changes are in the timestamp: a target with message.timestamp.type=LogAppendTime gives its own; --ignore timestamp \
                 audits the rest.",
            ),
        ];
        let told = texts
            .into_iter()
            .filter(move |(count, _)| *count > 0 && *count == changed);
        told.map(|(_, text)| text)
    }

    /// The numbers of some partitions.
    fn numbers(&self, wanted: fn(&Partition) -> bool) -> String {
        let partitions = self.partitions.iter().filter(|partition| wanted(partition));
        let numbers: Vec<_> = partitions
            .map(|partition| partition.partition.to_string())
            .collect();
        numbers.join(", ")
    }
}

/// What the table tells of some counts, in its order.
fn numbers(counts: &Counts) -> [u64; 7] {
    [
        counts.source_records,
        counts.missing,
        counts.changed,
        counts.undecided.total(),
        counts.duplicate,
        counts.reordered,
        counts.unexpected + counts.unplaced,
    ]
}

fn row(out: &mut impl Write, first: &str, rest: [impl Display; 7]) -> io::Result<()> {
    write!(out, "{first:<6}")?;
    for cell in rest {
        write!(out, " {cell:>9}")?;
    }
    writeln!(out)
}

/// The first places of each kind.
fn places(out: &mut impl Write, partition: &Partition) -> io::Result<()> {
    let first = &partition.first;
    let kinds = [
        ("missing", &first.missing),
        ("changed", &first.changed),
        ("undecided", &first.undecided),
        ("duplicate", &first.duplicate),
        ("reordered", &first.reordered),
        ("unexpected", &first.unexpected),
    ];
    for (kind, places) in kinds {
        if !places.is_empty() {
            let places: Vec<String> = places.iter().take(TOLD).map(place).collect();
            writeln!(
                out,
                "partition {}, first {kind}: {}",
                partition.partition,
                places.join("; ")
            )?;
        }
    }
    Ok(())
}

fn place(place: &Place) -> String {
    let sides = match (place.source, place.target) {
        (Some(source), Some(target)) => format!("source {source} target {target}"),
        (Some(source), None) => format!("source {source}"),
        (None, Some(target)) => format!("target {target}"),
        (None, None) => String::new(),
    };
    if place.parts.is_empty() {
        sides
    } else {
        format!("{sides} ({})", place.parts)
    }
}
