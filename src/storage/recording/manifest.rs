//! `recording.json`: that a directory is a recording, and of which form.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Error;
use crate::model::time::Timestamp;

pub(super) const NAME: &str = "recording.json";
const FORMAT: u32 = 2;

/// What the manifest says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    /// Version of the directory's form.
    format: u32,
    /// Version of mirrorwatch that made it.
    tool: String,
    /// When it was made, in microseconds since the epoch.
    pub(super) created: Timestamp,
}

impl Manifest {
    pub(super) fn new(created: Timestamp) -> Self {
        Self {
            format: FORMAT,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            created,
        }
    }

    /// Put it into a directory that has none.
    pub(super) fn write(&self, dir: &Path) -> Result<(), Error> {
        let path = dir.join(NAME);
        let text = serde_json::to_string_pretty(self).expect("a manifest is always JSON") + "\n";
        let mut file = tempfile::NamedTempFile::new_in(dir).map_err(Error::io(&path))?;
        io::Write::write_all(&mut file, text.as_bytes()).map_err(Error::io(&path))?;
        file.as_file().sync_all().map_err(Error::io(&path))?;
        file.persist(&path)
            .map_err(|error| Error::io(&path)(error.error))?;
        Ok(())
    }

    /// The manifest of a directory, or `None` where there is none.
    pub(super) fn read(dir: &Path) -> Result<Option<Self>, Error> {
        let path = dir.join(NAME);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io(&path)(error)),
        };
        let bad = |what| Error::Manifest {
            path: path.clone(),
            what,
        };
        let manifest: Self = serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
        if manifest.format != FORMAT {
            let found = manifest.format;
            return Err(bad(format!(
                "format {found} is not known to this version, which reads {FORMAT}"
            )));
        }
        Ok(Some(manifest))
    }
}
