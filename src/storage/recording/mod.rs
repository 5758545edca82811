//! A recording: a directory with a manifest and segments, in which whole scrapes stand one behind the other.
//!
//! Each flush is one frame with its checksum, and knows nothing of the others: what a kill tears, or a disk damages, is a gap, and everything
//! around it is read. A writer never writes behind what it finds; it begins a segment of its own. Size and age are limited by whole segments.

mod batch;
mod frame;
mod frames;
mod gather;
mod manifest;
mod reader;
mod segments;
mod writer;

use std::io;
use std::path::{Path, PathBuf};

pub use frames::Frames;
pub use reader::{Contents, Info, Recording};
pub use segments::Damage;
pub use writer::{Limits, Writer};

/// Why a recording cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no recording there.
    #[error("{0}: not a recording, it has no {name}; `mirrorwatch record` makes one", name = manifest::NAME)]
    Missing(PathBuf),
    /// Something else is there.
    #[error("{0}: neither empty nor a recording; give a directory that is not there yet")]
    Occupied(PathBuf),
    /// Somebody else writes to it.
    #[error(
        "{0}: another process is recording there; end that one, or record to another directory"
    )]
    Locked(PathBuf),
    /// The manifest is damaged, or written by another version.
    #[error("{path}: {what}")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Error {
    fn io(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}

#[cfg(test)]
mod tests;
