//! What is wrong in an inventory, beyond its form.

use std::collections::BTreeSet;

use super::inventory::{Audit, Inventory};
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
    let alertmanager = inventory.alertmanager.as_ref();
    if alertmanager.is_some_and(|alertmanager| !is_http(&alertmanager.url)) {
        problem("alertmanager.url", NO_HTTP.to_owned());
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
    found.extend(inventory.audit.iter().flat_map(of_audit));
    found
}

fn of_audit(audit: &Audit) -> Vec<Problem> {
    let topics = &audit.topics;
    let problem = |key: String, what: String| Problem { key, what };
    let twice = |(i, topic): (usize, &String)| {
        let what = format!("`{topic}` is there twice: what it lost would count twice");
        topics[..i]
            .contains(topic)
            .then(|| problem(format!("audit.topics[{i}]"), what))
    };
    let none = topics.is_empty().then(|| {
        let what = "none: name the topics of the load, or leave `audit` out";
        problem("audit.topics".to_owned(), what.to_owned())
    });
    let twice = topics.iter().enumerate().filter_map(twice);
    none.into_iter().chain(twice).collect()
}

fn is_http(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

#[test]
fn an_audit_names_each_of_its_topics_once_and_one_at_least() {
    let wrong = |topics: &str| {
        let text = format!(
            "site: s\nprometheus: {{ url: 'http://p', scrape_interval: 1s }}\nflow: {{ source: a, target: b, connector: c }}\n\
             connectors: {{ c: 1 }}\nworkers: [{{ id: 'w:1' }}]\naudit: {{ topics: {topics} }}\n"
        );
        let problems = problems(&super::read::inventory("i", &text).unwrap());
        let said: Vec<_> = problems.iter().map(ToString::to_string).collect();
        said.join("\n")
    };
    assert_eq!(wrong("[orders, bills]"), "");
    assert!(wrong("[]").starts_with("audit.topics: none: name"));
    assert!(wrong("[orders, bills, orders]").starts_with("audit.topics[2]: `orders`"));
}
