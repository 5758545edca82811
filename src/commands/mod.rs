//! One file per subcommand: wiring, no logic.

mod access;
mod alerts;
mod audit;
mod audits;
mod canaries;
mod check;
mod clusters;
mod complaint;
mod course;
mod drill;
mod endpoints;
mod evaluate;
mod export;
mod fit;
mod import;
mod inputs;
mod metrics;
mod outcome;
mod query;
mod ranges;
mod record;
mod replay;
mod report;
mod rights;
mod running;
mod scenarios;
mod serve;
mod source;
mod suppose;

pub use complaint::complaint;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::CommandFactory;

use crate::cli::{Cli, Command};
use crate::logging;

/// Run what the command line asks for.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    logging::start(&cli.log_level, cli.log_format)?;
    match cli.command {
        Command::Drill(arguments) => drill::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Metrics(arguments) => metrics::run(&arguments, &mut io::stdout()),
        Command::Completions { shell } => completions(shell, &mut io::stdout()),
        Command::Man { command } => man(command.as_deref(), &mut io::stdout()),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Audit(arguments) => audit::run(&arguments),
        Command::Record(arguments) => record::run(&arguments),
        Command::Query(arguments) => query::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Scenarios(arguments) => scenarios::run(&arguments, &mut io::stdout()),
        Command::Check(arguments) => check::run(&arguments, &mut io::stdout(), &mut io::stderr()),
    }
}

fn completions(shell: clap_complete::Shell, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    // In memory first: the generator panics where a pipe is closed.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "mirrorwatch", &mut script);
    out.write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}

/// The page of one command, `mirrorwatch-drill(1)`, or the one that lists them.
fn man(command: Option<&str>, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let mut all = Cli::command();
    // Only then do the commands know their whole names.
    all.build();
    let Some(name) = command else {
        clap_mangen::Man::new(all).render(out)?;
        return Ok(ExitCode::SUCCESS);
    };
    let Some(one) = all.find_subcommand(name) else {
        let names: Vec<_> = all.get_subcommands().map(clap::Command::get_name).collect();
        anyhow::bail!("no command `{name}`; there are {}", names.join(", "));
    };
    clap_mangen::Man::new(one.clone())
        .source(concat!("mirrorwatch ", env!("CARGO_PKG_VERSION")))
        .render(out)?;
    Ok(ExitCode::SUCCESS)
}

#[test]
fn every_command_has_a_man_page_of_its_own() {
    let page = |command| {
        let mut page = Vec::new();
        man(command, &mut page).map(|_| String::from_utf8_lossy(&page).into_owned())
    };
    let drill = page(Some("drill")).unwrap_or_default();
    assert!(drill.contains(".TH mirrorwatch-drill 1"), "{drill}");
    assert!(drill.contains("INCONCLUSIVE"), "{drill}");
    let all = page(None).unwrap_or_default();
    assert!(all.contains("mirrorwatch\\-drill(1)"), "{all}");
    let error = page(Some("nope")).err().map(|error| error.to_string());
    assert!(error.is_some_and(|error| error.contains("there are serve, drill")));
}
