//! Segments of a recording, through the whole reader: damage is told, and what is beside it is read.

use std::fs;

use mirrorwatch::model::time::Timestamp;
use mirrorwatch::promql::{Millis, Sample};
use mirrorwatch::storage::recording::{Limits, Recording, Writer};

const SEGMENT: &str = "00000001.log";

/// A segment of three flushes.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let dir = tempfile::tempdir().unwrap();
    let mut writer =
        Writer::open(dir.path(), Limits::default(), Timestamp::from_millis(0)).unwrap();
    for at in 1..=3 {
        let labels = [("__name__", "up"), ("job", "a")].into_iter().collect();
        writer.add([(labels, Sample { at, value: 1.0 })]);
        writer.flush().unwrap();
    }
    vec![fs::read(dir.path().join(SEGMENT)).unwrap()]
}

/// Whether all of it was read.
pub(crate) fn run(segment: &[u8]) -> bool {
    let dir = tempfile::tempdir().unwrap();
    drop(Writer::open(dir.path(), Limits::default(), Timestamp::from_millis(0)).unwrap());
    fs::write(dir.path().join(SEGMENT), segment).unwrap();
    let recording = Recording::open(dir.path()).unwrap();
    let contents = recording.read(|_| true, Millis::MIN, Millis::MAX).unwrap();
    let unread: usize = contents
        .damages
        .iter()
        .map(|damage| damage.bytes.len())
        .sum();
    assert!(unread <= segment.len(), "damage is counted twice");
    contents.damages.is_empty()
}
