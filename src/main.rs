//! The `mirrorwatch` command.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use mirrorwatch::{cli::Cli, commands};

fn main() -> ExitCode {
    match commands::run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            // Nothing is left to do if stderr is gone, too.
            let _ = writeln!(std::io::stderr(), "mirrorwatch: {error:#}");
            ExitCode::from(2)
        }
    }
}
