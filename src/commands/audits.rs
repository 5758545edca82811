//! The audits of a drill: what the inventory names, found in the exporter's configuration.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};

use super::audit::{cluster, names};
use crate::audit::asked::Asked;
use crate::audit::content::{Part, Parts};
use crate::audit::{Isolation, Options};
use crate::clock;
use crate::config::{self, Config};
use crate::model::flow::Flow;
use crate::recovery::inventory::{self, Audit, Ignored, Inventory};
use crate::recovery::scenario::{Measure, Scenario};

/// As `mirrorwatch audit` has them unless told otherwise.
const SETTLE: Duration = Duration::from_secs(10);
const MEMORY: usize = 2_000_000;

/// An audit of each topic that the inventory at `path` names; none where it has no `audit`.
pub(super) fn named(inventory: &Inventory, path: &Path) -> anyhow::Result<Vec<Options>> {
    let Some(audit) = &inventory.audit else {
        return Ok(Vec::new());
    };
    let file = path.parent().unwrap_or(Path::new("")).join(&audit.config);
    let options = config::load(&file)
        .map_err(Into::into)
        .and_then(|config| of_config(&config, &inventory.flow, audit));
    options.with_context(|| {
        let (inventory, config) = (path.display(), file.display());
        format!("{inventory}: audit.config: {config}")
    })
}

/// What audits find must be a criterion of the scenario: else it would be reported and judge nothing.
pub(super) fn are_judged(audits: &[Options], scenario: &Scenario) -> anyhow::Result<()> {
    let mut criteria = scenario.criteria.iter();
    if audits.is_empty() || criteria.any(|one| one.measure == Measure::LostRecords) {
        return Ok(());
    }
    bail!(
        "the inventory's `audit` compares topics, and scenario `{}` has no criterion that judges what is found: give it one with \
         `measure: lost_records`, or leave `audit` out",
        scenario.name
    )
}

fn of_config(
    config: &Config,
    flow: &inventory::Flow,
    audit: &Audit,
) -> anyhow::Result<Vec<Options>> {
    let flow = found(config, flow)?;
    let (source, target) = (
        cluster(config, &flow.source)?,
        cluster(config, &flow.target)?,
    );
    let options = |topic: &String| Options {
        source: source.clone(),
        target: target.clone(),
        topic: topic.clone(),
        remote_topic: flow.remote_topic(topic),
        // The drill knows its own.
        asked: Asked::Times {
            from: None,
            to: None,
        },
        asked_at: clock::wall(),
        ignored: parts(&audit.ignore),
        isolation: Isolation::default(),
        settle: SETTLE,
        memory: MEMORY,
        state: None,
        terminal: Some(io::stderr().is_terminal()),
    };
    Ok(audit.topics.iter().map(options).collect())
}

pub(super) fn found<'a>(config: &'a Config, wanted: &inventory::Flow) -> anyhow::Result<&'a Flow> {
    let mut flows = config.flows.iter().map(|flow| &flow.flow);
    let found = flows.find(|flow| flow.source == wanted.source && flow.target == wanted.target);
    found.ok_or_else(|| {
        anyhow!(
            "there is no flow {}->{}, which the inventory's `flow` names; there are {}",
            wanted.source,
            wanted.target,
            names(config)
        )
    })
}

fn parts(ignored: &[Ignored]) -> Parts {
    let part = |ignored: &Ignored| match ignored {
        Ignored::Headers => Part::Headers,
        Ignored::Timestamp => Part::Timestamp,
    };
    ignored.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};
    use crate::recovery::scenario::Criterion;
    use crate::recovery::{read, shipped};

    /// What an inventory with this `audit` names beside this `mirrorwatch.yml`.
    fn options(audit: &str, flow: &str) -> Result<Vec<Options>, String> {
        let dir = tempfile::tempdir().unwrap();
        let config = "connect: { workers: [{ url: 'http://w:1' }] }\nclusters: { a: { bootstrap.servers: x }, b: { bootstrap.servers: y } }\n\
                      flows: [{ source: a, target: b, connector: m, separator: '-' }]\n";
        std::fs::write(dir.path().join("mirrorwatch.yml"), config).unwrap();
        let text = format!(
            "site: s\nprometheus: {{ url: 'http://p', scrape_interval: 1s }}\nflow: {flow}\nconnectors: {{ m: 1 }}\nworkers: []\n{audit}\n"
        );
        let inventory = read::inventory("site.yml", &text).unwrap();
        named(&inventory, &dir.path().join("site.yml")).map_err(|error| format!("{error:#}"))
    }

    const FLOW: &str = "{ source: a, target: b, connector: m }";

    #[test]
    fn topics_are_found_at_both_ends_of_the_flow() {
        let found = options("audit: { topics: [t, u], ignore: [headers] }", FLOW).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|one| (one.topic.as_str(), one.remote_topic.as_str()))
            .collect();
        assert_eq!(names, [("t", "a-t"), ("u", "a-u")]);
        assert_eq!((&*found[0].source.0, &*found[0].target.0), ("a", "b"));
        assert_eq!(found[0].source.1["bootstrap.servers"], "x");
        assert!(found[0].ignored.contains(Part::Headers));
        assert_eq!(found[0].ignored.len(), 1);
        assert!(options("", FLOW).unwrap().is_empty());
    }

    #[test]
    fn what_the_configuration_does_not_have_is_refused_before_the_drill() {
        let other = "{ source: a, target: c, connector: m }";
        let error = options("audit: { topics: [t] }", other).unwrap_err();
        assert!(error.contains("site.yml: audit.config: "), "{error}");
        assert!(error.contains("no flow a->c"), "{error}");
        assert!(error.ends_with("there are a->b"), "{error}");
        let error = options("audit: { config: no.yml, topics: [t] }", FLOW).unwrap_err();
        assert!(error.contains("no.yml"), "{error}");
    }

    #[test]
    fn audits_that_no_criterion_judges_are_refused() {
        let text = shipped::scenario("worker-loss").unwrap();
        let mut scenario = read::scenario("worker-loss", text).unwrap();
        let audits = options("audit: { topics: [t] }", FLOW).unwrap();
        assert!(are_judged(&audits, &scenario).is_ok());
        let is_other = |one: &Criterion| one.measure != Measure::LostRecords;
        scenario.criteria.retain(is_other);
        assert!(are_judged(&[], &scenario).is_ok());
        let error = are_judged(&audits, &scenario).unwrap_err().to_string();
        assert!(error.contains("measure: lost_records"), "{error}");
    }

    #[test]
    fn a_drill_audits_as_the_command_does() {
        let command = ["mirrorwatch", "audit", "t", "--config", "c.yml"];
        let Command::Audit(asked) = Cli::try_parse_from(command).unwrap().command else {
            panic!("it is no audit")
        };
        let settle = humantime::parse_duration(&asked.settle).ok();
        assert_eq!((settle, asked.memory), (Some(SETTLE), MEMORY));
        let isolation = serde_json::to_value(Isolation::default()).unwrap();
        assert_eq!(isolation, asked.isolation);
    }
}
