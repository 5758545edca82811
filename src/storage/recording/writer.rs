//! Writes a recording: samples are gathered, and each flush makes one frame of them.

use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Error;
use super::batch::{self, Batch};
use super::frame;
use super::manifest::Manifest;
use super::segments::{self, Segment};
use crate::model::time::{Timestamp, micros};
use crate::promql::{Labels, Millis, Sample};

/// How large and how old a recording may grow; the oldest segments are deleted beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// In bytes, all segments together.
    pub size: u64,
    /// How far back the newest sample of a segment may lie.
    pub age: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            size: 1 << 30,
            age: Duration::from_hours(7 * 24),
        }
    }
}

/// Into how many segments the size is divided: as much is deleted at once.
const SEGMENTS: u64 = 16;

/// A recording that is written to. Only one process at a time may.
#[derive(Debug)]
pub struct Writer {
    dir: PathBuf,
    limits: Limits,
    /// Held as long as this lives.
    _lock: File,
    segment: Option<Open>,
    /// The number of the next segment.
    next: u64,
    pending: Batch,
    newest: Option<Millis>,
}

#[derive(Debug)]
struct Open {
    file: File,
    path: PathBuf,
    length: u64,
}

impl Writer {
    /// Begin a recording, or go on with one. What stands in it already stays as it is.
    pub fn open(dir: &Path, limits: Limits, now: Timestamp) -> Result<Self, Error> {
        fs::create_dir_all(dir).map_err(Error::io(dir))?;
        if Manifest::read(dir)?.is_none() {
            let mut entries = fs::read_dir(dir).map_err(Error::io(dir))?;
            if entries.next().is_some() {
                return Err(Error::Occupied(dir.to_owned()));
            }
            Manifest::new(now).write(dir)?;
        }
        let lock = lock(dir)?;
        let last = segments::list(dir)?.last().map_or(0, |last| last.number);
        Ok(Self {
            dir: dir.to_owned(),
            limits,
            _lock: lock,
            segment: None,
            next: last + 1,
            pending: Batch::new(),
            newest: None,
        })
    }

    /// Samples of a scrape. They are durable after the next flush.
    pub fn add(&mut self, samples: impl IntoIterator<Item = (Labels, Sample)>) {
        for (labels, sample) in samples {
            self.newest = self.newest.max(Some(sample.at));
            self.pending.entry(labels).or_default().push(sample);
        }
    }

    /// Make what was added durable as one frame; the bytes it took. If that fails what was added is kept for the next one.
    pub fn flush(&mut self) -> Result<u64, Error> {
        if self.pending.is_empty() {
            return Ok(0);
        }
        let frame = frame::frame(&batch::encode(&self.pending));
        let length = frame.len() as u64;
        let full = self.limits.size / SEGMENTS;
        if self
            .segment
            .as_ref()
            .is_some_and(|open| open.length + length > full)
        {
            self.segment = None;
        }
        if let Err(error) = self.append(&frame) {
            // Part of it may stand there: nothing is written behind it.
            self.segment = None;
            return Err(error);
        }
        self.pending.clear();
        self.forget()?;
        Ok(length)
    }

    fn append(&mut self, frame: &[u8]) -> Result<(), Error> {
        if self.segment.is_none() {
            self.segment = Some(self.begin()?);
        }
        let Some(open) = &mut self.segment else {
            return Ok(());
        };
        open.file.write_all(frame).map_err(Error::io(&open.path))?;
        open.file.sync_data().map_err(Error::io(&open.path))?;
        open.length += frame.len() as u64;
        Ok(())
    }

    fn begin(&mut self) -> Result<Open, Error> {
        let path = Segment::numbered(&self.dir, self.next);
        let file = File::create_new(&path).map_err(Error::io(&path))?;
        self.next += 1;
        let dir = File::open(&self.dir);
        dir.and_then(|dir| dir.sync_all())
            .map_err(Error::io(&self.dir))?;
        Ok(Open {
            file,
            path,
            length: 0,
        })
    }

    /// Delete the oldest segments beyond the limits; the one that is written to stays.
    fn forget(&self) -> Result<(), Error> {
        let mut segments = segments::list(&self.dir)?;
        segments.pop();
        let open = self.segment.as_ref().map_or(0, |open| open.length);
        let mut size: u64 = open + segments.iter().map(|segment| segment.length).sum::<u64>();
        for segment in segments {
            if size <= self.limits.size && !self.is_too_old(&segment)? {
                break;
            }
            fs::remove_file(&segment.path).map_err(Error::io(&segment.path))?;
            size -= segment.length;
        }
        Ok(())
    }

    /// A segment is as old as its last flush.
    fn is_too_old(&self, segment: &Segment) -> Result<bool, Error> {
        let modified = fs::metadata(&segment.path).and_then(|metadata| metadata.modified());
        let modified = modified.map_err(Error::io(&segment.path))?;
        let since = modified.duration_since(std::time::UNIX_EPOCH);
        let at = micros(since.unwrap_or_default()) / 1_000;
        let limit = micros(self.limits.age) / 1_000;
        Ok(self.newest.is_some_and(|newest| newest - at > limit))
    }
}

fn lock(dir: &Path) -> Result<File, Error> {
    let path = dir.join("lock");
    let file = File::create(&path).map_err(Error::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked(dir.to_owned())),
        Err(TryLockError::Error(source)) => Err(Error::Io { path, source }),
    }
}
