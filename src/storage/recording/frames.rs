//! Reads the frames of a recording more than once: the first reading learns which times each of them has, and the others read only those
//! that have what is asked for. Frames are as they were at the first reading.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::batch::{Decoder, Payload};
use super::frame::{Piece, pieces};
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

/// What the first reading has learnt.
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
        let known = match &self.known {
            Some(known) => known,
            None => self.known.insert(scan(&self.dir, |_| ())?),
        };
        Ok(known.frames.iter().map(|frame| frame.times.1).max())
    }

    /// The samples that are wanted.
    pub fn read(&mut self, wanted: &[Wanted]) -> Result<Contents, Error> {
        let spans = |labels: &Labels| {
            let selected = wanted
                .iter()
                .filter(|wanted| wanted.selector.matches(labels));
            selected.map(|wanted| wanted.times).collect()
        };
        let mut gathered = Gathered::new(spans);
        if let Some(Known { frames, damages }) = &self.known {
            let is_wanted = |frame: &&Placed| {
                let (first, last) = frame.times;
                let mut spans = wanted.iter().map(|wanted| wanted.times);
                spans.any(|(from, to)| first <= to && last > from)
            };
            let more = again(frames.iter().filter(is_wanted), |payload| {
                gathered.take_in(payload);
            })?;
            let damages = damages.iter().cloned().chain(more).collect();
            return Ok(Contents {
                series: gathered.into_series(),
                damages,
            });
        }
        let known = scan(&self.dir, |payload| gathered.take_in(payload))?;
        let damages = known.damages.clone();
        self.known = Some(known);
        Ok(Contents {
            series: gathered.into_series(),
            damages,
        })
    }
}

/// Hands over every frame of a directory.
pub(super) fn each(
    dir: &Path,
    mut see: impl FnMut(&Rc<Path>, Range<usize>, &Payload<'_>),
) -> Result<Vec<Damage>, Error> {
    let (mut damages, mut decoder) = (Vec::new(), Decoder::new());
    for Segment { path, .. } in segments::list(dir)? {
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            // Deleted by the writer since it was listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Error::io(&path)(error)),
        };
        let segment: Rc<Path> = path.into();
        for Piece { bytes, payload } in pieces(&bytes) {
            match payload.and_then(|payload| decoder.decode(payload)) {
                Some(payload) => see(&segment, bytes, &payload),
                None => damages.push(Damage {
                    segment: segment.to_path_buf(),
                    bytes,
                }),
            }
        }
    }
    Ok(damages)
}

fn scan(dir: &Path, mut see: impl FnMut(&Payload<'_>)) -> Result<Known, Error> {
    let mut frames = Vec::new();
    let damages = each(dir, |segment, bytes, payload| {
        see(payload);
        frames.extend(payload.times().map(|times| Placed {
            segment: segment.clone(),
            bytes,
            times,
        }));
    })?;
    Ok(Known { frames, damages })
}

/// Hands over frames that are known; what can be read no more is damage.
fn again<'a>(
    frames: impl Iterator<Item = &'a Placed>,
    mut see: impl FnMut(&Payload<'_>),
) -> Result<Vec<Damage>, Error> {
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
        let Some((_, file)) = &mut open else {
            continue;
        };
        frame.resize(bytes.len(), 0);
        let start = SeekFrom::Start(bytes.start as u64);
        let read = file.seek(start).and_then(|_| file.read_exact(&mut frame));
        read.map_err(Error::io(segment))?;
        let payload = pieces(&frame).next().and_then(|piece| piece.payload);
        match payload.and_then(|payload| decoder.decode(payload)) {
            Some(payload) => see(&payload),
            None => damages.push(Damage {
                segment: segment.to_path_buf(),
                bytes: bytes.clone(),
            }),
        }
    }
    Ok(damages)
}
