//! `lab status`: two tables, or JSON.

use anyhow::Context as _;
use mirrorwatch_lab::{Connector, Process};

use super::{attach, print};
use crate::cli::{Address, Show};

/// Prints how everything is.
pub(super) fn show(show: &Show) -> anyhow::Result<()> {
    let lab = attach(&show.place)?;
    let status = lab.status()?;
    if show.json {
        return Ok(print(&serde_json::to_string_pretty(&status)?)?);
    }
    let about = lab.description();
    let leader = status.leader.as_deref();
    print(&format!(
        "{:<15} {:>8} {:<8} {:>7}  {:<26} state",
        "process", "pid", "role", "MiB", "address"
    ))?;
    for process in &status.processes {
        let is_leader = about
            .worker(&process.name)
            .is_some_and(|worker| leader == Some(worker.id.as_str()));
        print(&line(process, if is_leader { "leader" } else { "" }))?;
    }
    let sum: u64 = status
        .processes
        .iter()
        .map(|process| process.resident_kib)
        .sum();
    print(&format!("{:<33} {:>7}\n", "all", sum / 1024))?;
    print(&format!(
        "{:<20} {:<11} {}",
        "connector, task", "state", "worker"
    ))?;
    status
        .connectors
        .iter()
        .flat_map(rows)
        .try_for_each(|row| print(&row))?;
    for link in &status.hurt {
        print(&format!(
            "link of {} to {}: {}",
            link.worker, link.cluster, link.state
        ))?;
    }
    Ok(())
}

/// Prints one address.
pub(super) fn address(address: &Address) -> anyhow::Result<()> {
    let lab = attach(&address.place)?;
    let found = lab.description().address(&address.name);
    let name = &address.name;
    Ok(print(
        found.with_context(|| format!("the lab has no `{name}`"))?,
    )?)
}

fn line(process: &Process, role: &str) -> String {
    let mib = process.resident_kib / 1024;
    format!(
        "{:<15} {:>8} {role:<8} {mib:>7}  {:<26} {}",
        process.name, process.pid, process.address, process.state
    )
}

fn rows(connector: &Connector) -> Vec<String> {
    let row = |name: &str, state: &str, worker: &str| format!("{name:<20} {state:<11} {worker}");
    let mut rows = vec![row(&connector.name, &connector.state, &connector.worker)];
    rows.extend(
        connector
            .tasks
            .iter()
            .map(|task| row(&format!("  {}", task.id), &task.state, &task.worker)),
    );
    rows
}
