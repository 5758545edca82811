//! Reads a recording, one segment after the other, also while it is written to.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::frame::{Piece, pieces};
use super::manifest::Manifest;
use super::segments::{self, Damage, Segment};
use super::{Error, batch, manifest};
use crate::model::time::Timestamp;
use crate::promql::{Labels, Millis, Sample, Series, SeriesSet};

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
        let mut all = HashMap::<Labels, Vec<Sample>>::new();
        let damages = self.visit(keep, |labels, samples| {
            let inside = samples.into_iter().filter(|s| s.at > from && s.at <= to);
            let mut inside = inside.peekable();
            if inside.peek().is_some() {
                all.entry(labels).or_default().extend(inside);
            }
        })?;
        let series = all.into_iter();
        Ok(Contents {
            series: series
                .map(|(labels, samples)| Series { labels, samples })
                .collect(),
            damages,
        })
    }

    /// The time of the last sample.
    pub fn last(&self) -> Result<Option<Millis>, Error> {
        Ok(self.info()?.times.map(|(_, last)| last))
    }

    /// What it holds.
    pub fn info(&self) -> Result<Info, Error> {
        let segments = segments::list(&self.dir)?;
        let mut counted = Counted::default();
        let damages = self.visit(|_| true, |labels, samples| counted.count(labels, &samples))?;
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

    /// Hands over every series of every frame, and yields what could not be read.
    fn visit(
        &self,
        keep: impl Fn(&Labels) -> bool,
        mut see: impl FnMut(Labels, Vec<Sample>),
    ) -> Result<Vec<Damage>, Error> {
        let mut damages = Vec::new();
        for Segment { path, .. } in segments::list(&self.dir)? {
            let bytes = match fs::read(&path) {
                Ok(bytes) => bytes,
                // Deleted by the writer since it was listed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(Error::io(&path)(error)),
            };
            for Piece { bytes, payload } in pieces(&bytes) {
                match payload.and_then(|payload| batch::decode(payload, &keep)) {
                    Some(series) => series
                        .into_iter()
                        .for_each(|(who, samples)| see(who, samples)),
                    None => damages.push(Damage {
                        segment: path.clone(),
                        bytes,
                    }),
                }
            }
        }
        Ok(damages)
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
    fn count(&mut self, labels: Labels, samples: &[Sample]) {
        self.samples += samples.len() as u64;
        for Sample { at, .. } in samples {
            let (first, last) = self.times.unwrap_or((*at, *at));
            self.times = Some((first.min(*at), last.max(*at)));
        }
        if labels.name() == "up" {
            self.scrapes += samples.len() as u64;
            let target = (labels.get("job"), labels.get("instance"));
            self.targets
                .insert((target.0.to_owned(), target.1.to_owned()));
        }
        self.series.insert(labels);
    }
}
