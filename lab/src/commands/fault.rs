//! `lab fault`: what was done, as JSON.

use super::{attach, print};
use crate::cli::{FaultArguments, What};

/// Does it and prints when.
pub(super) fn run(arguments: &FaultArguments) -> anyhow::Result<()> {
    let lab = attach(&arguments.place)?;
    let text = match (arguments.what.action(), &arguments.what) {
        (Some((action, worker)), _) => serde_json::to_string_pretty(&lab.fault(action, worker)?)?,
        (None, What::FailTask) => serde_json::to_string_pretty(&lab.fail_task()?)?,
        (None, _) => serde_json::to_string_pretty(&lab.heal_task()?)?,
    };
    Ok(print(&text)?)
}
