//! `mirrorwatch metrics`: print `docs/metrics.md`, or what Jolokia is asked.

use std::io::Write;
use std::process::ExitCode;

use crate::cli::Metrics;
use crate::exposition::catalogue;
use crate::jolokia;

/// Write the list of metrics, or the request, to `out`.
pub(super) fn run(arguments: &Metrics, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    if arguments.question {
        out.write_all(&jolokia::question())?;
    } else {
        out.write_all(catalogue::document().as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}
