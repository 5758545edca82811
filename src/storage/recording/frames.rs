//! Reads the frames of a recording: first where they stand and which times each of them has, then those that have what is asked for, as often as
//! one asks. Frames are as they were when they were first looked for.

use std::fs::File;
use std::io::{self, BufReader};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::batch::{self, Decoder, Payload};
use super::frame::{Piece, each_piece, pieces};
use super::gather::{Gathered, Span};
use super::segments::{self, Damage, Segment};
use super::{Contents, Error};
use crate::promql::{Labels, Millis};
use crate::storage::Wanted;

/// The frames of a recording.
#[derive(Clone, Debug)]
pub struct Frames {
    dir: PathBuf,
    known: Option<Known>,
}

/// Where they stand, and what cannot be read.
#[derive(Clone, Debug, Default)]
struct Known {
    frames: Vec<Placed>,
    damages: Vec<Damage>,
}

/// Where a frame stands, and the times of its first and its last sample.
#[derive(Clone, Debug)]
struct Placed {
    segment: Rc<Path>,
    bytes: Range<usize>,
    times: Span,
}

impl Frames {
    pub(super) fn of(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            known: None,
        }
    }

    /// The time of the last sample.
    pub fn last(&mut self) -> Result<Option<Millis>, Error> {
        let frames = &self.known()?.frames;
        Ok(frames.iter().map(|frame| frame.times.1).max())
    }

    /// The samples that are wanted.
    pub fn read(&mut self, wanted: &[Wanted]) -> Result<Contents, Error> {
        let spans = |labels: &Labels| {
            let selected = wanted
                .iter()
                .filter(|wanted| wanted.selector.matches(labels));
            selected.map(|wanted| wanted.times).collect()
        };
        let is_wanted = |frame: &&Placed| {
            let (first, last) = frame.times;
            let mut spans = wanted.iter().map(|wanted| wanted.times);
            spans.any(|(from, to)| first <= to && last > from)
        };
        let Known { frames, damages } = self.known()?;
        let frames: Vec<&Placed> = frames.iter().filter(is_wanted).collect();
        let mut gathered = Gathered::new(spans, frames.len());
        let more = each_of(&frames, |payload| gathered.take_in(payload))?;
        Ok(Contents {
            damages: damages.iter().cloned().chain(more).collect(),
            series: gathered.into_series(),
        })
    }

    fn known(&mut self) -> Result<&Known, Error> {
        let known = match self.known.take() {
            Some(known) => known,
            None => scan(&self.dir)?,
        };
        Ok(self.known.insert(known))
    }
}

/// Hands over every frame of a directory.
pub(super) fn each(dir: &Path, mut see: impl FnMut(&Payload<'_>)) -> Result<Vec<Damage>, Error> {
    let (mut damages, mut decoder) = (Vec::new(), Decoder::new());
    each_in(dir, |segment, Piece { bytes, payload }| {
        match payload.and_then(|payload| decoder.decode(payload)) {
            Some(payload) => see(&payload),
            None => damages.push(damage(segment, bytes)),
        }
    })?;
    Ok(damages)
}

/// Where the frames of a directory stand.
fn scan(dir: &Path) -> Result<Known, Error> {
    let mut known = Known::default();
    each_in(dir, |segment, Piece { bytes, payload }| {
        match payload.and_then(batch::times) {
            Some(times) => known.frames.push(Placed {
                segment: segment.clone(),
                bytes,
                times,
            }),
            None => known.damages.push(damage(segment, bytes)),
        }
    })?;
    Ok(known)
}

/// Hands over the pieces of all segments of a directory.
fn each_in(dir: &Path, mut see: impl FnMut(&Rc<Path>, Piece<'_>)) -> Result<(), Error> {
    for Segment { path, .. } in segments::list(dir)? {
        let file = match File::open(&path) {
            Ok(file) => BufReader::new(file),
            // Deleted by the writer since it was listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Error::io(&path)(error)),
        };
        let segment: Rc<Path> = path.into();
        each_piece(file, |piece| see(&segment, piece)).map_err(Error::io(&segment))?;
    }
    Ok(())
}

fn damage(segment: &Path, bytes: Range<usize>) -> Damage {
    Damage {
        segment: segment.to_path_buf(),
        bytes,
    }
}

/// Hands over frames that are known; what can be read no more is damage.
fn each_of(frames: &[&Placed], mut see: impl FnMut(&Payload<'_>)) -> Result<Vec<Damage>, Error> {
    let (mut damages, mut decoder) = (Vec::new(), Decoder::new());
    let (mut open, mut frame): (Option<(&Rc<Path>, File)>, _) = (None, Vec::new());
    for Placed { segment, bytes, .. } in frames {
        if open.as_ref().is_none_or(|(path, _)| *path != segment) {
            open = match File::open(segment) {
                Ok(file) => Some((segment, file)),
                // Deleted by the writer meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(Error::io(segment)(error)),
            };
        }
        let Some((_, file)) = &open else {
            continue;
        };
        frame.resize(bytes.len(), 0);
        file.read_exact_at(&mut frame, bytes.start as u64)
            .map_err(Error::io(segment))?;
        let payload = pieces(&frame).next().and_then(|piece| piece.payload);
        match payload.and_then(|payload| decoder.decode(payload)) {
            Some(payload) => see(&payload),
            None => damages.push(damage(segment, bytes.clone())),
        }
    }
    Ok(damages)
}
