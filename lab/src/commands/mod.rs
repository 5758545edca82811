//! One file per group of subcommands: wiring and printing, no logic.

mod fault;
mod status;
mod truth;
mod up;

use std::io::{self, Write as _};
use std::path::PathBuf;

use mirrorwatch_lab::{Home, Lab};

use crate::cli::{Cli, Command, Place};

/// Runs a command.
pub(crate) fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Up(up) => up::up(&up),
        Command::Run(up) => up::run(&up),
        Command::Supervise(supervise) => up::supervise(&supervise),
        Command::Load(place) => Ok(mirrorwatch_lab::run_load(&directory(&place)?)?),
        Command::Receive(place) => Ok(mirrorwatch_lab::run_receiver(&directory(&place)?)?),
        Command::Status(show) => status::show(&show),
        Command::Address(address) => status::address(&address),
        Command::Fault(arguments) => fault::run(&arguments),
        Command::Inside(inside) => fault::inside(&inside),
        Command::Truth(arguments) => truth::show(&arguments),
        Command::Down(place) => Ok(attach(&place)?.stop()?),
    }
}

fn directory(place: &Place) -> anyhow::Result<PathBuf> {
    match &place.dir {
        Some(dir) => Ok(dir.clone()),
        None => Ok(Home::find()?.fetched().join("run")),
    }
}

fn attach(place: &Place) -> anyhow::Result<Lab> {
    Ok(Lab::attach(&directory(place)?)?)
}

fn print(text: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}
