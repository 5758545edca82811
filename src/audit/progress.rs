//! Tells people at stderr how far the audit is: a bar on a terminal, plain lines every few seconds otherwise.

use std::io::{self, Write as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often it is told where it cannot be overwritten.
const PLAIN_EVERY: Duration = Duration::from_secs(5);

/// Where the audit tells how far it is.
pub(super) struct Telling {
    /// Whether stderr is a terminal; `None`: nothing is told.
    terminal: Option<bool>,
    bar: Option<ProgressBar>,
    begun: Duration,
    told: Duration,
}

impl Telling {
    pub(super) fn new(terminal: Option<bool>, now: Duration) -> Self {
        Self {
            terminal,
            bar: None,
            begun: now,
            told: now,
        }
    }

    /// That so many of about so many records are read.
    pub(super) fn read(&mut self, read: u64, of: u64, now: Duration) {
        let of = of.max(read);
        match self.terminal {
            Some(true) => {
                let bar = self.bar.get_or_insert_with(|| bar(of));
                bar.set_length(of);
                bar.set_position(read);
            }
            Some(false) if now >= self.told + PLAIN_EVERY => {
                self.told = now;
                line(&format!("{read} of about {of} records read"));
            }
            _ => {}
        }
    }

    /// That all is read.
    pub(super) fn done(&mut self, read: u64, now: Duration) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        if self.terminal.is_some() {
            let seconds = now.saturating_sub(self.begun).as_secs_f64();
            #[expect(clippy::cast_precision_loss, reason = "a rate is not exact")]
            let rate = read as f64 / seconds.max(0.001);
            line(&format!(
                "{read} records of both topics read in {seconds:.1} s, {rate:.0} a second"
            ));
        }
    }
}

fn bar(of: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{bar:30} {human_pos} of about {human_len} records, {per_sec}, {eta} left",
    );
    ProgressBar::with_draw_target(Some(of), ProgressDrawTarget::stderr())
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn line(text: &str) {
    // Telling is not worth ending an audit half-way when stderr is gone.
    let _ = writeln!(io::stderr(), "{text}");
}
