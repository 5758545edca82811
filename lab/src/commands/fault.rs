//! `lab fault`: what was done, as JSON.

use super::{attach, print};
use crate::cli::FaultArguments;

/// Does it and prints what and when.
pub(super) fn run(arguments: &FaultArguments) -> anyhow::Result<()> {
    let lab = attach(&arguments.place)?;
    let text = match arguments.what.action() {
        Ok((action, worker)) => serde_json::to_string_pretty(&lab.fault(action, worker)?)?,
        Err(deed) => serde_json::to_string_pretty(&lab.act(deed)?)?,
    };
    Ok(print(&text)?)
}
