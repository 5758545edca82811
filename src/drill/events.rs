//! Writes the event log of a drill: one JSON object per line, on disk before the drill goes on.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use crate::clock;
use crate::model::time::{Timestamp, micros};
use crate::recovery::events::{Event, What};
use crate::storage::evidence;

/// The log, open for appending.
#[derive(Debug)]
pub struct EventLog {
    file: File,
    written: Vec<Event>,
}

impl EventLog {
    /// What was undone after the evidence was sealed.
    const AFTERWARDS: &'static str = "restored.jsonl";

    /// Begin the log of a new drill in `dir`.
    pub fn create(dir: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(dir.join(evidence::EVENTS))?;
        File::open(dir)?.sync_all()?;
        Ok(Self {
            file,
            written: Vec::new(),
        })
    }

    /// Go on with the log of an interrupted drill. A line torn by the interruption never was an event: it is cut off.
    ///
    /// Sealed evidence must not change: what is undone after that stands in a file of its own.
    pub fn resume(dir: &Path) -> io::Result<Self> {
        let sealed = dir.join(evidence::MANIFEST).exists();
        let path = dir.join(if sealed {
            Self::AFTERWARDS
        } else {
            evidence::EVENTS
        });
        let file = OpenOptions::new()
            .append(true)
            .read(true)
            .create(sealed)
            .open(&path)?;
        let text = std::fs::read(&path)?;
        let whole = text
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        if whole < text.len() {
            file.set_len(whole as u64)?;
        }
        Ok(Self {
            file,
            written: Vec::new(),
        })
    }

    /// Stamp `what` with the time of this call, append it and wait until it is on disk.
    pub fn append(&mut self, what: What) -> io::Result<Timestamp> {
        let event = Event {
            at: clock::wall(),
            monotonic_us: micros(clock::monotonic()),
            what,
        };
        let mut line = serde_json::to_vec(&event)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.file.sync_data()?;
        let at = event.at;
        self.written.push(event);
        Ok(at)
    }

    /// The events appended since the log was opened, in order.
    pub fn written(&self) -> &[Event] {
        &self.written
    }
}

#[test]
fn a_line_torn_by_a_crash_spoils_no_other() {
    let dir = tempfile::tempdir().unwrap();
    EventLog::create(dir.path())
        .unwrap()
        .append(What::SteadyState)
        .unwrap();
    let path = dir.path().join(evidence::EVENTS);
    let mut torn = std::fs::read(&path).unwrap();
    torn.extend_from_slice(br#"{"at":17"#);
    std::fs::write(&path, &torn).unwrap();
    EventLog::resume(dir.path())
        .unwrap()
        .append(What::DrillEnded)
        .unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let whole: Vec<Event> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(whole.len(), 2);
    assert_eq!(whole[1].what, What::DrillEnded);
}

#[test]
fn sealed_evidence_does_not_change() {
    let dir = tempfile::tempdir().unwrap();
    EventLog::create(dir.path()).unwrap();
    std::fs::write(dir.path().join(evidence::MANIFEST), "{}").unwrap();
    EventLog::resume(dir.path())
        .unwrap()
        .append(What::DrillEnded)
        .unwrap();
    assert_eq!(
        std::fs::read(dir.path().join(evidence::EVENTS)).unwrap(),
        b""
    );
    assert!(dir.path().join(EventLog::AFTERWARDS).exists());
}
