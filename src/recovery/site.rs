//! What is wrong in an inventory, beyond its form.

use std::collections::BTreeSet;

use super::inventory::Inventory;
use super::plan::Problem;
use crate::promql::parse_duration;

const NO_HTTP: &str = "must begin with http:// or https://";

/// Everything that is wrong in an inventory.
pub fn problems(inventory: &Inventory) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut problem = |key: &str, what: String| {
        found.push(Problem {
            key: key.to_owned(),
            what,
        });
    };
    if !is_http(&inventory.prometheus.url) {
        problem("prometheus.url", NO_HTTP.to_owned());
    }
    if inventory
        .exporter
        .as_deref()
        .is_some_and(|url| !is_http(url))
    {
        problem("exporter", NO_HTTP.to_owned());
    }
    match parse_duration(&inventory.prometheus.scrape_interval) {
        Ok(interval) if interval.is_zero() => problem(
            "prometheus.scrape_interval",
            "must be longer than 0".to_owned(),
        ),
        Ok(_) => {}
        Err(error) => problem("prometheus.scrape_interval", error.to_string()),
    }
    if !inventory.connectors.contains_key(&inventory.flow.connector) {
        let connector = &inventory.flow.connector;
        problem(
            "connectors",
            format!("`{connector}`, the flow's connector, is missing: say how many tasks it has"),
        );
    }
    if inventory.workers.is_empty() {
        problem(
            "workers",
            "none: list every worker of the Connect cluster".to_owned(),
        );
    }
    let mut seen = BTreeSet::new();
    for (i, worker) in inventory.workers.iter().enumerate() {
        if worker.url.as_deref().is_some_and(|url| !is_http(url)) {
            problem(&format!("workers[{i}].url"), NO_HTTP.to_owned());
        }
        let port = worker
            .id
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse::<u16>().ok());
        if port.is_none() {
            problem(
                &format!("workers[{i}].id"),
                format!("`{}` is not `host:port` as Connect prints it", worker.id),
            );
        }
        if !seen.insert(&worker.id) {
            problem(
                &format!("workers[{i}].id"),
                format!("`{}` is there twice", worker.id),
            );
        }
    }
    found
}

fn is_http(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}
