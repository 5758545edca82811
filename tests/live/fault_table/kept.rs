//! What the pages of a row said, kept as text: the first page whole, then every change.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::page::{Page, Series};
use super::whole::STEADY;

/// Families that are kept beside those that are compared whole.
const KEPT: [&str; 9] = [
    "kafka_connect_connector_status",
    "kafka_connect_connector_task_status",
    "kafka_connect_mirror_source_connector_record_count",
    "mm2_connect_assignment_withheld_delay_seconds",
    "mm2_connect_group_member_info",
    "mm2_connect_leader_info",
    "mm2_replication_lag_records",
    "mm2_task_partitions",
    "mm2_worker_health",
];

/// The folder of one run.
pub(super) struct Kept {
    dir: PathBuf,
    rows: AtomicU32,
}

impl Kept {
    pub(super) fn in_folder(dir: PathBuf) -> Self {
        fs::create_dir_all(&dir).expect("the lab's directory is writable");
        Self {
            dir,
            rows: AtomicU32::new(1),
        }
    }

    /// Where the pages are.
    pub(super) fn dir(&self) -> &PathBuf {
        &self.dir
    }

    /// Writes what the pages of a row said, and when the peer showed what.
    pub(super) fn row(&self, fault: &str, pages: &[Arc<Page>], marks: &[(f64, String)]) {
        let number = self.rows.fetch_add(1, Ordering::Relaxed);
        let words: Vec<&str> = fault
            .split([' ', ',', '\''])
            .filter(|word| !word.is_empty())
            .collect();
        let name = words[..words.len().min(7)].join("-");
        let path = self.dir.join(format!("{number:02}-{name}.txt"));
        fs::write(path, told(fault, pages, marks)).expect("the lab's directory is writable");
    }
}

fn told(fault: &str, pages: &[Arc<Page>], marks: &[(f64, String)]) -> String {
    let mut text = format!(
        "# {fault}\n# seconds since the first page; `*` is what a peer showed, the rest is the exporter's page\n"
    );
    let Some(first) = pages.first() else {
        return text;
    };
    let (zero, mut before) = (first.taken(), &Page::default());
    let mut marks = marks.iter().peekable();
    for page in pages {
        while let Some((at, mark)) = marks.next_if(|(at, _)| *at <= page.taken()) {
            let _ = writeln!(text, "{:.2} * {mark}", at - zero);
        }
        difference(&mut text, page.taken() - zero, before, page);
        before = page;
    }
    text
}

fn difference(text: &mut String, at: f64, before: &Page, page: &Page) {
    let kept = |series: &&Series| {
        let name = series.metric.as_str();
        KEPT.contains(&name) || STEADY.contains(&name)
    };
    for series in page.series.keys().filter(kept) {
        let value = page.series[series];
        // That a count is there says something, what it is says nothing.
        let is_count = series.metric.ends_with("record_count");
        let was = before.series.get(series);
        let is_lag = series.metric == "mm2_replication_lag_records";
        let is_same = was == Some(&value) || (was.is_some() && is_count);
        // Few records come and go all the time.
        let is_small = is_lag && was.is_some_and(|was| (was - value).abs() < 15.0);
        let is_zero = value == 0.0 && was.is_none() && series.labels.contains_key("state");
        if !is_same && !is_small && !is_zero {
            let _ = writeln!(text, "{at:.2} {series} {value}");
        }
    }
    for series in before.series.keys().filter(kept) {
        if !page.series.contains_key(series) {
            let _ = writeln!(text, "{at:.2} {series} gone");
        }
    }
}
