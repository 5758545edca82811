//! Log lines on stderr; stdout belongs to reports and pages.

use std::io;

use tracing_subscriber::EnvFilter;

use crate::cli::LogFormat;

/// Why logging cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such level.
    #[error("`--log.level {0}`: write error, warn, info, debug or trace")]
    Level(String),
    /// There is a logger already.
    #[error("logging is set up twice")]
    Twice,
}

/// Log at `level` and above in `format`. Libraries are heard from `warn` on, unless `debug` or `trace` is asked for.
pub fn start(level: &str, format: LogFormat) -> Result<(), Error> {
    let levels = ["error", "warn", "info", "debug", "trace"];
    if !levels.contains(&level) {
        return Err(Error::Level(level.to_owned()));
    }
    let rest = if matches!(level, "debug" | "trace") {
        "info"
    } else {
        "warn"
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(format!("{rest},mirrorwatch={level}")))
        .with_writer(io::stderr);
    let started = match format {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    started.map_err(|_| Error::Twice)
}
