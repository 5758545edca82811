//! Reads a recording, one segment after the other, also while it is written to.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::batch::Payload;
use super::frames::{self, Frames};
use super::gather::Gathered;
use super::manifest::Manifest;
use super::segments::{self, Damage};
use super::{Error, manifest};
use crate::model::time::Timestamp;
use crate::promql::{Labels, Millis, SeriesSet};

/// A recording on disk.
#[derive(Clone, Debug)]
pub struct Recording {
    dir: PathBuf,
    created: Timestamp,
}

/// What was read from a recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contents {
    /// The samples.
    pub series: SeriesSet,
    /// What could not be read. At the end of the last segment it may be a flush under way.
    pub damages: Vec<Damage>,
}

/// What a recording holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Info {
    /// When it was begun.
    pub created: Timestamp,
    /// The times of its first and its last sample, if there is one.
    pub times: Option<(Millis, Millis)>,
    /// Its scraped targets, as `job` and `instance`, in order.
    pub targets: Vec<(String, String)>,
    /// How many scrapes there are: samples of `up`.
    pub scrapes: u64,
    /// How many series.
    pub series: usize,
    /// How many samples.
    pub samples: u64,
    /// Bytes of its segments.
    pub bytes: u64,
    /// How many segments.
    pub segments: usize,
    /// What cannot be read.
    pub damages: Vec<Damage>,
}

impl Recording {
    /// The recording in a directory.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let manifest = Manifest::read(dir)?.ok_or_else(|| Error::Missing(dir.to_owned()))?;
        Ok(Self {
            dir: dir.to_owned(),
            created: manifest.created,
        })
    }

    /// Whether a directory is a recording, even if it is one that cannot be read.
    pub fn is_at(dir: &Path) -> bool {
        dir.join(manifest::NAME).exists()
    }

    /// The samples of the series that `keep` keeps, after `from` and until `to`.
    pub fn read(
        &self,
        keep: impl Fn(&Labels) -> bool,
        from: Millis,
        to: Millis,
    ) -> Result<Contents, Error> {
        let wanted = |labels: &Labels| keep(labels).then_some((from, to)).into_iter().collect();
        let mut gathered = Gathered::new(wanted, 0);
        let damages = frames::each(&self.dir, |payload| gathered.take_in(payload))?;
        Ok(Contents {
            series: gathered.into_series(),
            damages,
        })
    }

    /// Its frames, for whoever reads more than once.
    pub fn frames(&self) -> Frames {
        Frames::of(&self.dir)
    }

    /// What it holds.
    pub fn info(&self) -> Result<Info, Error> {
        let segments = segments::list(&self.dir)?;
        let mut counted = Counted::default();
        let damages = frames::each(&self.dir, |payload| counted.count(payload))?;
        Ok(Info {
            created: self.created,
            times: counted.times,
            targets: counted.targets.into_iter().collect(),
            scrapes: counted.scrapes,
            series: counted.series.len(),
            samples: counted.samples,
            bytes: segments.iter().map(|segment| segment.length).sum(),
            segments: segments.len(),
            damages,
        })
    }
}

#[derive(Default)]
struct Counted {
    series: BTreeSet<Labels>,
    targets: BTreeSet<(String, String)>,
    times: Option<(Millis, Millis)>,
    samples: u64,
    scrapes: u64,
}

impl Counted {
    fn count(&mut self, payload: &Payload<'_>) {
        if let Some((from, to)) = payload.times() {
            let (first, last) = self.times.unwrap_or((from, to));
            self.times = Some((first.min(from), last.max(to)));
        }
        for (labels, samples) in payload.series.iter().zip(payload.samples()) {
            let samples = samples.count() as u64;
            self.samples += samples;
            if labels.name() == "up" {
                self.scrapes += samples;
                let (job, instance) = (labels.get("job"), labels.get("instance"));
                self.targets.insert((job.to_owned(), instance.to_owned()));
            }
            if !payload.has_same_series {
                self.series.insert(labels.clone());
            }
        }
    }
}
