//! Whether what is replicated still would be with the configurations that the steps put: without the canary nothing would be measured.

use std::collections::{BTreeMap, BTreeSet};

use super::row::{Row, Standing};
use crate::drill::configure::{self, Change, Configuration};
use crate::drill::deed::Deed;
use crate::drill::page::{Entry, Page};
use crate::drill::schedule::Step;
use crate::model::checkpoint::CheckpointConnector;
use crate::model::filter::{ConnectorFacts, filter_problem, group_problem};
use crate::recovery::inventory::Inventory;

/// What the page says is replicated.
#[derive(Debug, Default)]
struct Replicated {
    canary: Option<String>,
    topics: BTreeSet<String>,
    groups: BTreeSet<String>,
}

/// A row for each step that puts a configuration.
pub(super) async fn rows(
    http: &reqwest::Client,
    steps: &[Step],
    page: &Page,
    inventory: &Inventory,
) -> Vec<Row> {
    let replicated = Replicated::read(page, inventory);
    let mut present: BTreeMap<&str, Configuration> = BTreeMap::new();
    let mut rows = Vec::new();
    for step in steps {
        let Deed::Configure(change) = &step.deed else {
            continue;
        };
        let what = format!("step {}", step.name);
        let before = match present.remove(change.connector.as_str()) {
            Some(before) => Ok(before),
            None => configure::present(http, &change.urls).await,
        };
        match before {
            Ok(before) => {
                let after = change.merged(&before);
                let (standing, found) = replicated.judged(change, inventory, &before, &after);
                rows.push(Row::new(&what, standing, &found));
                present.insert(&change.connector, after);
            }
            Err(error) => {
                let found = format!(
                    "the configuration of `{}` cannot be read: {error}",
                    change.connector
                );
                rows.push(Row::new(&what, Standing::Refused, &found));
            }
        }
    }
    rows
}

impl Replicated {
    fn read(page: &Page, inventory: &Inventory) -> Self {
        let flow = &inventory.flow;
        let of_flow = |entry: &&Entry| {
            entry.label("source") == flow.source && entry.label("target") == flow.target
        };
        let topic = |entry: &Entry| entry.label("topic").to_owned();
        let groups = page.named("mm2_consumer_group_offset");
        let groups = groups.filter(|entry| entry.label("alias") == flow.source);
        Self {
            canary: page.named("mm2_canary_info").find(of_flow).map(topic),
            topics: page
                .named("mm2_replication_lag_records")
                .filter(of_flow)
                .map(topic)
                .collect(),
            groups: groups
                .map(|entry| entry.label("group").to_owned())
                .collect(),
        }
    }

    fn judged(
        &self,
        change: &Change,
        inventory: &Inventory,
        before: &Configuration,
        after: &Configuration,
    ) -> (Standing, String) {
        let name = change.connector.as_str();
        let class = after.get("connector.class").map_or("", String::as_str);
        if class.ends_with("MirrorCheckpointConnector") {
            let lost = self.groups.iter().filter(|group| {
                let problem = |of| group_problem(group, &translator(name, of)).is_some();
                problem(after) && !problem(before)
            });
            return no_longer("translated", lost);
        }
        if name != inventory.flow.connector {
            let found = format!("`{name}` copies nothing of this flow");
            return (Standing::Ok, found);
        }
        let Some(canary) = &self.canary else {
            let found = "the page names no canary of this flow, so whether it would still be replicated cannot be told";
            return (Standing::NotKnown, found.to_owned());
        };
        if let Some(problem) = filter_problem(canary, &facts(name, after)) {
            let found = format!("with what it puts, {problem}; nothing could be measured");
            return (Standing::Refused, found);
        }
        let lost = self.topics.iter().filter(|topic| {
            let problem = |of| filter_problem(topic, &facts(name, of)).is_some();
            problem(after) && !problem(before)
        });
        no_longer("replicated", lost)
    }
}

fn no_longer<'a>(what: &str, lost: impl Iterator<Item = &'a String>) -> (Standing, String) {
    let lost: Vec<_> = lost.map(|name| format!("`{name}`")).collect();
    if lost.is_empty() {
        return (Standing::Ok, format!("all that is {what} still will be"));
    }
    let found = format!("until it is undone, no longer {what}: {}", lost.join(", "));
    (Standing::Warning, found)
}

fn facts(connector: &str, of: &Configuration) -> ConnectorFacts {
    ConnectorFacts {
        connector: connector.to_owned(),
        topics: of.get("topics").cloned(),
        exclude: of.get("topics.exclude").cloned(),
        tasks: None,
    }
}

fn translator(connector: &str, of: &Configuration) -> CheckpointConnector {
    CheckpointConnector {
        connector: connector.to_owned(),
        groups: of.get("groups").cloned(),
        groups_exclude: of.get("groups.exclude").cloned(),
        ..CheckpointConnector::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration(pairs: &[(&str, &str)]) -> Configuration {
        let pairs = pairs.iter();
        pairs
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    /// What a change of `connector` comes to, of a site with a canary, a topic and a group.
    fn of(connector: &str, present: &[(&str, &str)], set: &[(&str, &str)]) -> (Standing, String) {
        let inventory = serde_json::from_str(
            r#"{"site":"s","prometheus":{"url":"http://p","scrape_interval":"1s"},"flow":{"source":"a","target":"b","connector":"mirror"},
                "connectors":{},"workers":[]}"#,
        );
        let inventory = inventory.unwrap();
        let page = Page::parse(
            "mm2_canary_info{source=\"a\",target=\"b\",topic=\"test-mirrorwatch-canary\"} 1\n\
             mm2_canary_info{source=\"a\",target=\"x\",topic=\"other\"} 1\n\
             mm2_replication_lag_records{source=\"a\",target=\"b\",topic=\"orders\"} 0\n\
             mm2_consumer_group_offset{alias=\"a\",group=\"app\"} 5\n",
        );
        let change = Change {
            connector: connector.to_owned(),
            urls: vec![],
            set: configuration(set),
        };
        let before = configuration(present);
        let after = change.merged(&before);
        Replicated::read(&page, &inventory).judged(&change, &inventory, &before, &after)
    }

    const PRESENT: [(&str, &str); 1] = [("topics", "test-.*, orders")];

    #[test]
    fn what_would_no_longer_carry_the_canary_is_refused() {
        let (standing, found) = of("mirror", &PRESENT, &[("topics", "prod-.*, orders")]);
        assert_eq!(standing, Standing::Refused);
        assert!(
            found.contains("does not match the canary's topic `test-mirrorwatch-canary`"),
            "{found}"
        );
        let (standing, _) = of("mirror", &PRESENT, &[("topics.exclude", ".*canary")]);
        assert_eq!(standing, Standing::Refused);
    }

    #[test]
    fn what_carries_it_is_well_and_what_drops_a_topic_of_the_users_is_a_warning() {
        let (standing, _) = of(
            "mirror",
            &PRESENT,
            &[("topics", "test-.*, orders, prod-.*")],
        );
        assert_eq!(standing, Standing::Ok);
        assert_eq!(
            of("mirror", &PRESENT, &[("tasks.max", "5")]).0,
            Standing::Ok
        );
        let (standing, found) = of("mirror", &PRESENT, &[("topics", "test-.*|prod-.*")]);
        assert_eq!(standing, Standing::Warning);
        assert_eq!(found, "until it is undone, no longer replicated: `orders`");
    }

    #[test]
    fn a_checkpoint_connector_is_asked_for_groups_and_not_for_the_canary() {
        let class = (
            "connector.class",
            "org.apache.kafka.connect.mirror.MirrorCheckpointConnector",
        );
        let present = [class, ("topics", "none")];
        let off = [("sync.group.offsets.enabled", "false")];
        assert_eq!(of("checkpoint", &present, &off).0, Standing::Ok);
        let (standing, found) = of("checkpoint", &present, &[("groups.exclude", "app")]);
        assert_eq!(
            (standing, found.as_str()),
            (
                Standing::Warning,
                "until it is undone, no longer translated: `app`"
            )
        );
    }
}
