//! `lab fault` and `lab inside`: what was done, as JSON.

use super::{attach, print};
use crate::cli::{FaultArguments, Inside};

/// Does it and prints what and when.
pub(super) fn run(arguments: &FaultArguments) -> anyhow::Result<()> {
    let lab = attach(&arguments.place)?;
    let text = match arguments.what.action() {
        Ok((action, worker)) => serde_json::to_string_pretty(&lab.fault(action, worker)?)?,
        Err(deed) => serde_json::to_string_pretty(&lab.act(deed)?)?,
    };
    Ok(print(&text)?)
}

/// Runs a command in the lab's namespace; what it writes goes where ours does.
pub(super) fn inside(inside: &Inside) -> anyhow::Result<()> {
    attach(&inside.place)?.inside(&inside.command)?;
    Ok(())
}
