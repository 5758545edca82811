//! What fired in a row and what arrived, kept as text.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use mirrorwatch_lab::Lab;

use super::alarm::{Alarm, in_line};
use super::firing::Span;
use super::row::Row;
use super::run::Ended;
use super::told::seconds;

/// The folder of one lab's rows.
pub(super) struct Kept {
    dir: PathBuf,
}

/// When a row was begun and mended, in seconds since the epoch, and what was done.
pub(super) struct Times<'a> {
    pub(super) begun: f64,
    pub(super) mended: f64,
    pub(super) marks: &'a [(f64, String)],
    /// Whether the alert that remembers was not judged.
    pub(super) is_remembered: bool,
}

impl Kept {
    pub(super) fn in_folder(dir: PathBuf) -> Self {
        fs::create_dir_all(&dir).expect("the folder of the run is writable");
        Self { dir }
    }

    pub(super) fn dir(&self) -> &PathBuf {
        &self.dir
    }

    /// Writes what happened in a row, one line each in the order of time; what is wrong with it stands at the end.
    pub(super) fn row(&self, row: &Row, times: &Times<'_>, ended: &Ended, wrong: &[String]) {
        let mut text = format!("# {}\n# seconds since it was begun\n", row.fault);
        if times.is_remembered {
            text.push_str("# the budget's alert still remembers the fault before: it is neither asked for nor counted\n");
        }
        for (at, line) in lines(times, ended) {
            let _ = writeln!(text, "{:.1} {line}", at - times.begun);
        }
        for one in wrong {
            let _ = writeln!(text, "wrong: {one}");
        }
        self.write(&format!("{}.txt", slug(row.fault)), &text);
    }

    /// Writes what fired while nothing was wrong.
    pub(super) fn calm(&self, length: Duration, from: f64, fired: &[Span]) {
        let mut text = format!("# {} s without a fault under load\n", length.as_secs());
        for span in fired {
            let _ = writeln!(text, "{:.1} {}", span.from - from, name(span));
        }
        if fired.is_empty() {
            text.push_str("nothing fired\n");
        }
        self.write("clean.txt", &text);
    }

    /// Writes what failed, and keeps all that arrived at the receiver.
    pub(super) fn end(&self, lab: &Lab, failed: &str) {
        self.write("failed.txt", failed);
        let told = lab.dir().join("truth/notifications.jsonl");
        let kept = self.dir.join("notifications.jsonl");
        fs::copy(told, kept).expect("the folder of the run is writable");
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.dir.join(name), text).expect("the folder of the run is writable");
    }
}

fn lines(times: &Times<'_>, ended: &Ended) -> Vec<(f64, String)> {
    let marks = times.marks.iter();
    let mut lines: Vec<(f64, String)> =
        marks.map(|(at, what)| (*at, format!("* {what}"))).collect();
    lines.push((times.mended, "* it is mended".to_owned()));
    for span in &ended.fired {
        let length = span.to - span.from;
        lines.push((
            span.from,
            format!("fires for {length:.0} s: {}", name(span)),
        ));
    }
    for (one, alert) in ended.told.since(times.begun) {
        let (is, others) = (Alarm::of(&alert.labels), in_line(&alert.labels));
        let (receiver, status) = (&one.receiver, &alert.status);
        lines.push((
            seconds(one),
            format!("at /{receiver}, {status}: {is} {others}"),
        ));
    }
    for muted in &ended.muted {
        let (is, by) = (Alarm::of(&muted.labels), Alarm::of(&muted.by));
        let others = in_line(&muted.labels);
        lines.push((muted.from, format!("held back: {is} {others}, by {by}")));
    }
    lines.sort_by(|one, other| one.0.total_cmp(&other.0));
    lines
}

fn name(span: &Span) -> String {
    format!("{} {}", Alarm::of(&span.labels), in_line(&span.labels))
}

/// The first words of a fault, as the name of a file.
fn slug(fault: &str) -> String {
    let words = fault
        .split([' ', ',', '\''])
        .filter(|word| !word.is_empty());
    words.take(9).collect::<Vec<_>>().join("-")
}
