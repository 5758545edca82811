//! The `mirrorwatch` command.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use mirrorwatch::{cli::Cli, commands, model::text::visible};
use tikv_jemallocator::Jemalloc;

// The Kafka client allocates for each record that it hands over; the C library's allocator is a fifth of an audit's time.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    match commands::run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            // What others wrote may stand in it; what mirrorwatch says may have several lines.
            let text = format!("mirrorwatch: {}", commands::complaint(&error));
            let lines: Vec<String> = text.lines().map(visible).collect();
            // Nothing is left to do if stderr is gone, too.
            let _ = writeln!(std::io::stderr(), "{}", lines.join("\n"));
            ExitCode::from(2)
        }
    }
}
