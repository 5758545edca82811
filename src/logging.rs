//! Log lines on stderr; stdout belongs to reports and pages.

use std::collections::HashSet;
use std::io::{self, Write};
use std::panic::{self, PanicHookInfo};
use std::sync::{Mutex, PoisonError};

use tracing_subscriber::EnvFilter;

use crate::cli::LogFormat;
use crate::model::text::{is_safe, visible};

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
        .with_env_filter(EnvFilter::new(format!("{rest},mirrorwatch={level}")));
    let started = match format {
        LogFormat::Text => {
            let safe = || Safe(io::stderr(), visible);
            lines.with_ansi(false).with_writer(safe).try_init()
        }
        LogFormat::Json => {
            let safe = || Safe(io::stderr(), visible_json);
            lines.json().with_writer(safe).try_init()
        }
    };
    started.map_err(|_| Error::Twice)?;
    panic::set_hook(Box::new(tell()));
    Ok(())
}

/// Writes each event as one line in which nothing steers a terminal, whatever text of others stands in it.
struct Safe<W>(W, fn(&str) -> String);

impl<W: Write> Write for Safe<W> {
    /// The subscriber hands over each event whole, with the end of its line.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        self.0
            .write_all(format!("{}\n", (self.1)(line)).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The same for a line of JSON, where such a character can only stand in a string.
fn visible_json(line: &str) -> String {
    let escaped = |c: char| {
        if is_safe(c) {
            c.to_string()
        } else {
            format!("\\u{:04x}", u32::from(c))
        }
    };
    line.chars().map(escaped).collect()
}

/// A panic is one line, like any other failure: what panics again and again at one place is told once.
fn tell() -> impl Fn(&PanicHookInfo<'_>) {
    let told = Mutex::new(HashSet::new());
    move |panic| {
        let place = panic
            .location()
            .map_or_else(String::new, ToString::to_string);
        let cause = visible(panic.payload_as_str().unwrap_or("it does not say why"));
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.insert(place.clone()) {
            tracing::error!(place, cause, "panicked: mirrorwatch itself is at fault");
        } else {
            tracing::debug!(place, cause, "panicked again");
        }
    }
}

#[test]
fn an_event_is_one_line_that_steers_no_terminal_and_json_stays_json() {
    let hostile = "a\u{1b}[2J\u{9b}31m\r\nx\u{202e}y\u{7}é🦀\u{2028}";
    let written = |escape, event: &str| {
        let mut safe = Safe(Vec::new(), escape);
        safe.write_all(event.as_bytes()).unwrap();
        String::from_utf8(safe.0).unwrap()
    };
    let text = written(visible, &format!("WARN {hostile}\n"));
    assert_eq!(
        text,
        "WARN a\\u{1b}[2J\\u{9b}31m\\r\\nx\\u{202e}y\\u{7}é🦀\\u{2028}\n"
    );
    let event = serde_json::json!({ "message": hostile });
    let line = written(visible_json, &format!("{event}\n"));
    assert!(line.trim_end_matches('\n').chars().all(is_safe), "{line:?}");
    let back: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(back, event);
}
