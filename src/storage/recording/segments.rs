//! The segments of a recording: files of frames, numbered from 1 on.

use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::Error;

/// A span of a segment that is no frame: torn by a kill, or damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The segment.
    pub segment: PathBuf,
    /// Its bytes that cannot be read.
    pub bytes: Range<usize>,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { segment, bytes } = self;
        let (from, to) = (bytes.start, bytes.end);
        write!(
            f,
            "{}: bytes {from} to {to} cannot be read: samples are missing",
            segment.display()
        )
    }
}

/// A segment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Segment {
    pub(super) number: u64,
    pub(super) path: PathBuf,
    /// Length in bytes.
    pub(super) length: u64,
}

impl Segment {
    pub(super) fn numbered(dir: &Path, number: u64) -> PathBuf {
        dir.join(format!("{number:08}.log"))
    }
}

/// The segments of a directory, the oldest first. What else is there is not ours.
pub(super) fn list(dir: &Path) -> Result<Vec<Segment>, Error> {
    let mut segments = Vec::new();
    for entry in fs::read_dir(dir).map_err(Error::io(dir))? {
        let path = entry.map_err(Error::io(dir))?.path();
        let Some(number) = number(&path) else {
            continue;
        };
        // One that is gone already was the oldest of a recording that is written to.
        if let Ok(metadata) = fs::metadata(&path) {
            segments.push(Segment {
                number,
                path,
                length: metadata.len(),
            });
        }
    }
    segments.sort_unstable();
    Ok(segments)
}

fn number(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?.strip_suffix(".log")?;
    (name.len() >= 8 && name.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| name.parse().ok())
        .flatten()
}

#[test]
fn segments_are_listed_by_their_numbers_and_nothing_else_is() {
    let dir = tempfile::tempdir().unwrap();
    for name in [
        "00000002.log",
        "100000000.log",
        "00000001.log",
        "x.log",
        "1.log",
        "recording.json",
    ] {
        fs::write(dir.path().join(name), name).unwrap();
    }
    let numbers: Vec<_> = list(dir.path())
        .unwrap()
        .iter()
        .map(|s| (s.number, s.length))
        .collect();
    assert_eq!(numbers, [(1, 12), (2, 12), (100_000_000, 13)]);
    assert_eq!(
        Segment::numbered(dir.path(), 7),
        dir.path().join("00000007.log")
    );
}
