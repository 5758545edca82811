//! `mirrorwatch metrics`: print `docs/metrics.md`.

use std::io::Write;
use std::process::ExitCode;

use crate::exposition::catalogue;

/// Write the list of metrics to `out`.
pub(super) fn run(out: &mut impl Write) -> anyhow::Result<ExitCode> {
    out.write_all(catalogue::document().as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
