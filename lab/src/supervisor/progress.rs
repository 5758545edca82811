//! What the one who starts a lab hears from the supervisor: one JSON line on its standard output for each step, until ready or failed.

use std::io::{self, Write as _};

use serde::{Deserialize, Serialize};

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "progress", rename_all = "kebab-case")]
pub(crate) enum Progress {
    /// A step is done.
    Step {
        /// Seconds since the start.
        seconds: f64,
        /// What is done.
        text: String,
    },
    /// Still at it: says nothing, but finds out whether anybody listens.
    Tick,
    /// All of it runs.
    Ready {
        /// Seconds since the start.
        seconds: f64,
    },
    /// It will not.
    Failed {
        /// Why not.
        message: String,
    },
}

/// Writes one line; an error means that nobody listens any more.
pub(super) fn tell(progress: &Progress) -> io::Result<()> {
    let line = serde_json::to_string(progress)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
