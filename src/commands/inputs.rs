//! Reads the files that several subcommands take: scenarios by name or path, inventories.

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

use anyhow::{Context, bail};

use crate::exposition::catalogue;
use crate::promql::Selector;
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
    refuse(name, &plan::polarity(&scenario))?;
    refuse(name, &unknown_metrics(&scenario))?;
    Ok((scenario, text))
}

/// Names that look like the exporter's and are none: they would be absent for ever, and an absent series proves nothing.
fn unknown_metrics(scenario: &Scenario) -> Vec<Problem> {
    let known: BTreeSet<&str> = catalogue::all().iter().map(|metric| metric.name).collect();
    let is_known = |name: &str| {
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|part| name.strip_suffix(part));
        known.contains(name) || family.is_some_and(|family| known.contains(family))
    };
    let selectors = plan::selectors(scenario);
    let names: BTreeSet<&str> = selectors.iter().filter_map(Selector::metric).collect();
    let ours = |name: &&str| name.starts_with("mm2_") || name.starts_with("kafka_");
    let unknown = names
        .into_iter()
        .filter(ours)
        .filter(|name| !is_known(name));
    let problem = |name: &str| Problem {
        key: "expr".to_owned(),
        what: format!("there is no metric `{name}`; `mirrorwatch metrics` lists what there is"),
    };
    unknown.map(problem).collect()
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

#[test]
fn a_metric_that_nobody_exposes_is_named() {
    let text = shipped::scenario("source-cut").unwrap();
    let scenario = |text: &str| read::scenario("s", text).unwrap();
    assert_eq!(unknown_metrics(&scenario(text)), []);
    let wrong = text.replace("mm2_flow_state", "mm2_flow_estate");
    let problems = unknown_metrics(&scenario(&wrong));
    assert_eq!(problems.len(), 1);
    let expected =
        "expr: there is no metric `mm2_flow_estate`; `mirrorwatch metrics` lists what there is";
    assert_eq!(problems[0].to_string(), expected);
}
