//! Reads the files that several subcommands take: scenarios by name or path, inventories.

use std::path::Path;
use std::{fs, io};

use anyhow::{Context, bail};

use crate::recovery::inventory::Inventory;
use crate::recovery::plan::Problem;
use crate::recovery::scenario::Scenario;
use crate::recovery::{plan, read, shipped, site};

/// A shipped scenario by its name, or the one in a file; checked, with its text.
pub(super) fn scenario(name: &str) -> anyhow::Result<(Scenario, String)> {
    let text = match shipped::scenario(name) {
        Some(text) => text.to_owned(),
        None => fs::read_to_string(name).map_err(|error| unread(name, &error))?,
    };
    let scenario = read::scenario(name, &text)?;
    refuse(name, &plan::problems(&scenario))?;
    Ok((scenario, text))
}

fn unread(name: &str, error: &io::Error) -> anyhow::Error {
    if error.kind() != io::ErrorKind::NotFound {
        return anyhow::anyhow!("{name}: {error}");
    }
    let shipped = shipped::names().collect::<Vec<_>>().join(", ");
    anyhow::anyhow!("{name}: neither a file nor a shipped scenario; shipped: {shipped}")
}

/// The inventory in a file; checked, with its text.
pub(super) fn inventory(path: &Path) -> anyhow::Result<(Inventory, String)> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path).with_context(|| name.clone())?;
    let inventory = read::inventory(&name, &text)?;
    refuse(&name, &site::problems(&inventory))?;
    Ok((inventory, text))
}

fn refuse(name: &str, problems: &[Problem]) -> anyhow::Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    let listed: Vec<String> = problems
        .iter()
        .map(|problem| format!("{name}: {problem}"))
        .collect();
    bail!("{}", listed.join("\n"))
}
