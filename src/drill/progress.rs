//! Tells people at stderr what the drill does: one changing line on a terminal, plain lines every few seconds otherwise.

use std::io::{self, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a status is told where it cannot be overwritten.
const PLAIN_EVERY: Duration = Duration::from_secs(5);

/// Where the drill tells what it does.
#[derive(Debug)]
pub struct Progress {
    terminal: bool,
    /// The changing line, while there is one.
    bar: Option<ProgressBar>,
    told: Option<Duration>,
}

impl Progress {
    /// `terminal`: whether stderr is one.
    pub fn new(terminal: bool) -> Self {
        Self {
            terminal,
            bar: None,
            told: None,
        }
    }

    /// A line that stays.
    pub fn say(&mut self, text: &str) {
        self.told = None;
        match &self.bar {
            Some(bar) => bar.suspend(|| line(text)),
            None => line(text),
        }
    }

    /// The state at `now` (monotonic); the next one replaces it.
    pub fn status(&mut self, text: &str, now: Duration) {
        if self.terminal {
            let bar = self.bar.get_or_insert_with(changing_line);
            bar.set_message(text.to_owned());
            bar.tick();
        } else if self.told.is_none_or(|told| now >= told + PLAIN_EVERY) {
            self.told = Some(now);
            line(text);
        }
    }

    /// Take the changing line away.
    pub fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn changing_line() -> ProgressBar {
    let target = ProgressDrawTarget::stderr();
    // A line that is wider than the terminal is cut, not wrapped: it could not be overwritten.
    let style = ProgressStyle::with_template("{spinner} {wide_msg}");
    ProgressBar::with_draw_target(None, target)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}

fn line(text: &str) {
    // Telling is not worth ending a drill half-way when stderr is gone.
    let _ = writeln!(io::stderr(), "{text}");
}
