//! The clusters of an inventory's flow, as the exporter's configuration has them.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::{audits, rights};
use crate::config::{self, Config};
use crate::drill::clusters::Clusters;
use crate::model::time::micros;
use crate::recovery::inventory::Inventory;

/// Where the configuration is unless the inventory says so.
const BESIDE: &str = "mirrorwatch.yml";

/// The clusters, or why they cannot be asked. A configuration that the inventory names must be there and be in order.
pub(super) fn of(inventory: &Inventory, path: &Path) -> anyhow::Result<Result<Clusters, String>> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let audited = inventory.audit.as_ref().map(|audit| &audit.config);
    let Some(named) = inventory.config.as_ref().or(audited) else {
        return Ok(beside(inventory, folder));
    };
    let file = folder.join(named);
    let read = config::load(&file).map_err(Into::into);
    let clusters = read.and_then(|config| of_config(&config, inventory));
    let clusters =
        clusters.with_context(|| format!("{}: config: {}", path.display(), file.display()));
    clusters.map(Ok)
}

/// By the configuration that lies beside the inventory, if one does.
fn beside(inventory: &Inventory, folder: &Path) -> Result<Clusters, String> {
    let file: PathBuf = folder.join(BESIDE);
    if !file.exists() {
        return Err(format!(
            "the clusters cannot be asked: name the exporter's configuration in the inventory, `config: {BESIDE}`"
        ));
    }
    let config = config::load(&file).map_err(|error| error.to_string())?;
    of_config(&config, inventory).map_err(|error| format!("{}: {error}", file.display()))
}

fn of_config(config: &Config, inventory: &Inventory) -> anyhow::Result<Clusters> {
    let flow = audits::found(config, &inventory.flow)?;
    let mut flows = config.flows.iter();
    let canary = flows
        .find(|one| one.flow == *flow)
        .and_then(|one| one.canary.as_ref());
    let group = config.group.as_ref();
    let properties = config.clusters.iter();
    Ok(Clusters {
        properties: properties
            .map(|(alias, of)| (alias.clone(), of.0.clone()))
            .collect(),
        flow: flow.clone(),
        canary: canary.map(|canary| canary.topic.clone()),
        group_cluster: group.map(|group| group.cluster.clone()),
        status_topic: group.and_then(|group| group.status_topic.clone()),
        polled_each: micros(config.schedule.interval),
        rights: rights::needed(
            config,
            flow,
            inventory.audit.as_ref().map_or(&[], |audit| &audit.topics),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recovery::read;

    const CONFIG: &str = "connect: { workers: [{ url: 'http://w:1' }], group: g, status_topic: states }\nclusters: { a: { bootstrap.servers: x }, b: { bootstrap.servers: y } }\n\
                          flows: [{ source: a, target: b, connector: m, canary: { topic: test-c } }]\n";

    /// Of an inventory with these lines, beside a configuration of this name.
    fn clusters(lines: &str, name: &str) -> Result<Result<Clusters, String>, String> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(name), CONFIG).unwrap();
        let text = format!(
            "site: s\nprometheus: {{ url: 'http://p', scrape_interval: 1s }}\nflow: {{ source: a, target: b, connector: m }}\nconnectors: {{ m: 1 }}\nworkers: []\n{lines}\n"
        );
        let inventory = read::inventory("site.yml", &text).unwrap();
        of(&inventory, &dir.path().join("site.yml")).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn the_clusters_are_those_of_the_configuration_that_is_named_or_lies_beside() {
        for (lines, name) in [("", "mirrorwatch.yml"), ("config: other.yml", "other.yml")] {
            let found = clusters(lines, name).unwrap().unwrap();
            assert_eq!(found.properties["a"]["bootstrap.servers"], "x");
            assert_eq!(found.canary.as_deref(), Some("test-c"));
            assert_eq!(found.group_cluster.as_deref(), Some("b"));
            assert_eq!(found.status_topic.as_deref(), Some("states"));
            assert!(!format!("{found:?}").contains("bootstrap"), "{found:?}");
        }
    }

    #[test]
    fn what_is_named_must_be_there_and_what_is_not_is_not_known() {
        let error = clusters("config: other.yml", "mirrorwatch.yml").unwrap_err();
        assert!(error.contains("other.yml"), "{error}");
        let unknown = clusters("", "elsewhere.yml").unwrap().unwrap_err();
        assert!(unknown.contains("`config: mirrorwatch.yml`"), "{unknown}");
    }
}
