//! Asks before the fault.

use std::io::{self, BufRead, IsTerminal, Write};

use super::signals::Signals;

/// Why nobody can be asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no terminal to ask at.
    #[error(
        "there is no terminal to ask at before the fault; give --yes to run the drill without being asked"
    )]
    NoTerminal,
    /// Nobody is there to press Enter.
    #[error("nobody says when it is done: the standard input has ended")]
    Nobody,
    /// The terminal cannot be read or written.
    #[error("cannot ask at the terminal: {0}")]
    Io(#[from] io::Error),
}

/// An error unless there is a terminal at which somebody can be asked.
pub fn possible() -> Result<(), Error> {
    let here = io::stdin().is_terminal() && io::stderr().is_terminal();
    here.then_some(()).ok_or(Error::NoTerminal)
}

/// Whether the answer is yes; a signal is a no.
pub async fn confirm(question: &str, signals: &Signals) -> Result<bool, Error> {
    write!(io::stderr(), "{question} [y/N] ")?;
    tokio::select! {
        line = line() => Ok(agrees(&line?)),
        () = signals.interrupted() => Ok(false),
    }
}

/// Tell something, and wait until somebody presses Enter.
pub async fn enter(told: &str) -> Result<(), Error> {
    write!(io::stderr(), "{told} ")?;
    match line().await? {
        line if line.is_empty() => Err(Error::Nobody),
        _ => Ok(()),
    }
}

/// The next line of the standard input; empty at its end.
async fn line() -> io::Result<String> {
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    read.await.map_err(io::Error::other)?
}

fn agrees(answer: &str) -> bool {
    // `o` is oui: the drill's users are French.
    matches!(
        answer.trim().to_lowercase().as_str(),
        "y" | "yes" | "o" | "oui"
    )
}

#[test]
fn only_a_plain_yes_agrees() {
    assert!(agrees("Y\n") && agrees("yes\n") && agrees("oui\n"));
    assert!(!agrees("\n") && !agrees("no\n") && !agrees("yesterday\n"));
}
