//! The evidence of a drill, a directory: verbatim scenario and inventory, the event log, the samples, audits where there were any, and a
//! manifest with their SHA-256. What the texts mean is not known here.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::lines;
use crate::promql::{Millis, SeriesSet};

/// Verbatim copy of the scenario.
pub const SCENARIO: &str = "scenario.yml";
/// Verbatim copy of the inventory.
pub const INVENTORY: &str = "inventory.yml";
/// The event log, one JSON object per line.
pub const EVENTS: &str = "events.jsonl";
/// The samples, one series per line.
pub const SAMPLES: &str = "samples.jsonl";
/// The audits of the users' topics; only where the inventory names some.
pub const AUDIT: &str = "audit.json";
/// The manifest.
pub const MANIFEST: &str = "evidence.json";
/// The judgement.
pub const REPORT: &str = "report.json";

const FORMAT: u32 = 1;

/// What cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file that must be there is not.
    #[error("{path}: not there; {remedy}")]
    Missing {
        /// The file.
        path: PathBuf,
        /// What to do.
        remedy: &'static str,
    },
    /// The directory is there already.
    #[error("{0}: exists already; evidence is never overwritten, give another --out")]
    Exists(PathBuf),
    /// A file does not have the content that was sealed.
    #[error(
        "{0}: changed since the evidence was sealed (its SHA-256 is another one); judge an untouched copy"
    )]
    Changed(PathBuf),
    /// A file that is not what it should be.
    #[error("{path}: {what}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// Written by another version.
    #[error("{path}: format {found} is not known to this version, which reads {FORMAT}")]
    Format {
        /// The manifest.
        path: PathBuf,
        /// The number found.
        found: u32,
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

/// `evidence.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this directory's form.
    pub format: u32,
    /// Version of mirrorwatch that wrote it.
    pub tool: String,
    /// Server the samples came from, without user info.
    pub server: String,
    /// Nominal scrape interval of the exporter's job, in microseconds.
    pub scrape_interval_us: i64,
    /// Left-open range of times that was fetched, in milliseconds of the server's clock.
    pub fetched: (Millis, Millis),
    /// The names of metrics of which every series of the job was fetched, as a regular expression; absent in evidence of versions that did not say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<String>,
    /// Warnings of the server: samples may be missing.
    pub warnings: Vec<String>,
    /// SHA-256 by file.
    pub sha256: BTreeMap<String, String>,
}

impl Manifest {
    fn text(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("a manifest is always JSON");
        text + "\n"
    }
}

/// How samples were got; the manifest takes it over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// Server, without user info.
    pub server: String,
    /// Nominal scrape interval of the exporter's job, in microseconds.
    pub scrape_interval_us: i64,
    /// Left-open range of times that was fetched.
    pub fetched: (Millis, Millis),
    /// The names of metrics of which every series of the job was fetched, as a regular expression.
    pub names: String,
    /// Warnings of the server.
    pub warnings: Vec<String>,
}

/// Evidence, read back and verified.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The texts: what the drill was.
    pub texts: Texts,
    /// What was observed.
    pub series: SeriesSet,
    /// How it was got.
    pub manifest: Manifest,
}

/// The texts of a drill, as they stand in its directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// `scenario.yml`.
    pub scenario: String,
    /// `inventory.yml`.
    pub inventory: String,
    /// `events.jsonl`; its last line may be torn.
    pub events: String,
    /// `audit.json`, if there is one.
    pub audits: Option<String>,
}

/// Make the directory and put scenario and inventory into it, durably.
pub fn create(dir: &Path, scenario: &str, inventory: &str) -> Result<(), Error> {
    match fs::create_dir(dir) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Error::Exists(dir.to_owned()));
        }
        Err(source) => {
            return Err(Error::Io {
                path: dir.to_owned(),
                source,
            });
        }
    }
    write(dir, SCENARIO, scenario.as_bytes())?;
    write(dir, INVENTORY, inventory.as_bytes())
}

/// Save the samples and seal the directory: from now on scenario, inventory, events and samples must not change.
pub fn seal(dir: &Path, series: &SeriesSet, how: Provenance) -> Result<(), Error> {
    write(dir, SAMPLES, lines::write(series).as_bytes())?;
    let mut sha256 = BTreeMap::new();
    for name in [SCENARIO, INVENTORY, EVENTS, SAMPLES] {
        sha256.insert(name.to_owned(), hash(read(dir, name)?.as_bytes()));
    }
    let tool = env!("CARGO_PKG_VERSION").to_owned();
    let Provenance {
        server,
        scrape_interval_us,
        fetched,
        names,
        warnings,
    } = how;
    let manifest = Manifest {
        format: FORMAT,
        tool,
        server,
        scrape_interval_us,
        fetched,
        names: Some(names),
        warnings,
        sha256,
    };
    write(dir, MANIFEST, manifest.text().as_bytes())
}

/// Save the audits. What is sealed already stays as it is, and the seal is widened: from now on the audits must not change, either.
pub fn add_audits(dir: &Path, text: &str) -> Result<(), Error> {
    write(dir, AUDIT, text.as_bytes())?;
    if !dir.join(MANIFEST).exists() {
        return Ok(());
    }
    let mut manifest = manifest(dir)?;
    let sha256 = hash(text.as_bytes());
    manifest.sha256.insert(AUDIT.to_owned(), sha256);
    write(dir, MANIFEST, manifest.text().as_bytes())
}

/// The audits as they were saved. In a sealed directory a file that the manifest does not name is no evidence: it was never saved whole, or
/// put there by somebody else.
fn read_audits(dir: &Path, manifest: Option<&Manifest>) -> Result<Option<String>, Error> {
    match manifest {
        Some(manifest) if manifest.sha256.contains_key(AUDIT) => {
            let text = read(dir, AUDIT)?;
            verify(dir, manifest, AUDIT, &text)?;
            Ok(Some(text))
        }
        None if dir.join(AUDIT).exists() => read(dir, AUDIT).map(Some),
        _ => Ok(None),
    }
}

/// Read scenario, inventory, events and audits, verified if the directory was sealed.
pub fn load_texts(dir: &Path) -> Result<Texts, Error> {
    let is_sealed = dir.join(MANIFEST).exists();
    let manifest = is_sealed.then(|| manifest(dir)).transpose()?;
    let texts = Texts {
        scenario: read(dir, SCENARIO)?,
        inventory: read(dir, INVENTORY)?,
        events: read(dir, EVENTS)?,
        audits: read_audits(dir, manifest.as_ref())?,
    };
    if let Some(manifest) = manifest {
        verify(dir, &manifest, SCENARIO, &texts.scenario)?;
        verify(dir, &manifest, INVENTORY, &texts.inventory)?;
        verify(dir, &manifest, EVENTS, &texts.events)?;
    }
    Ok(texts)
}

/// Read everything back, verified.
pub fn load(dir: &Path) -> Result<Evidence, Error> {
    let texts = load_texts(dir)?;
    let manifest = manifest(dir)?;
    let samples = read(dir, SAMPLES)?;
    verify(dir, &manifest, SAMPLES, &samples)?;
    let series = lines::read(&samples).map_err(|what| Error::Malformed {
        path: dir.join(SAMPLES),
        what,
    })?;
    Ok(Evidence {
        texts,
        series,
        manifest,
    })
}

/// Write one file of the directory so that it is there whole or not at all, and survives a loss of power.
pub fn write(dir: &Path, name: &str, content: &[u8]) -> Result<(), Error> {
    let path = dir.join(name);
    let io = |source| Error::Io {
        path: path.clone(),
        source,
    };
    let mut file = tempfile::NamedTempFile::new_in(dir).map_err(io)?;
    file.write_all(content).map_err(io)?;
    file.as_file().sync_all().map_err(io)?;
    file.persist(&path).map_err(|error| io(error.error))?;
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(io)
}

fn read(dir: &Path, name: &str) -> Result<String, Error> {
    let path = dir.join(name);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Error::Missing {
            path,
            remedy: remedy(name),
        }),
        Err(source) => Err(Error::Io { path, source }),
    }
}

fn remedy(name: &str) -> &'static str {
    match name {
        SAMPLES | MANIFEST => {
            "the drill did not get as far as saving samples: give `--server URL` to take them from the server while it still has them"
        }
        EVENTS => "the drill never began: run it again",
        _ => "give the directory that `mirrorwatch drill` wrote",
    }
}

fn manifest(dir: &Path) -> Result<Manifest, Error> {
    let path = dir.join(MANIFEST);
    let text = read(dir, MANIFEST)?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|error| Error::Malformed {
        path: path.clone(),
        what: error.to_string(),
    })?;
    if manifest.format == FORMAT {
        Ok(manifest)
    } else {
        Err(Error::Format {
            path,
            found: manifest.format,
        })
    }
}

fn verify(dir: &Path, manifest: &Manifest, name: &str, text: &str) -> Result<(), Error> {
    let sealed = manifest.sha256.get(name);
    if sealed.is_some_and(|sealed| *sealed == hash(text.as_bytes())) {
        Ok(())
    } else {
        Err(Error::Changed(dir.join(name)))
    }
}

fn hash(content: &[u8]) -> String {
    Sha256::digest(content)
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
