//! `GET /connectors/{name}/tasks` of a `MirrorCheckpointConnector`: which groups it translates, and from where to where.

use serde::Deserialize;

use crate::model::checkpoint::CheckpointConnector;

/// `target.cluster.alias` of a connector that does not set it; the other alias has no default.
const DEFAULT_TARGET: &str = "target";

#[derive(Deserialize)]
struct ListedTask {
    config: TaskConfig,
}

/// The only keys of a task's configuration that are kept.
#[derive(Deserialize)]
struct TaskConfig {
    #[serde(rename = "task.assigned.groups")]
    assigned: Option<String>,
    #[serde(rename = "source.cluster.alias")]
    source: Option<String>,
    #[serde(rename = "target.cluster.alias")]
    target: Option<String>,
    topics: Option<String>,
    #[serde(rename = "topics.exclude")]
    topics_exclude: Option<String>,
    groups: Option<String>,
    #[serde(rename = "groups.exclude")]
    groups_exclude: Option<String>,
}

/// What the task list of `connector` says of the groups that it translates. Without a task that has groups it is another kind of
/// connector, or one that has found no group: `None`.
pub fn connector(
    connector: &str,
    body: &[u8],
) -> Result<Option<CheckpointConnector>, serde_json::Error> {
    let listed: Vec<ListedTask> = serde_json::from_slice(body)?;
    let mut found = None;
    for ListedTask { config } in listed {
        let (Some(assigned), Some(source)) = (config.assigned, config.source) else {
            continue;
        };
        // All tasks have the connector's own settings.
        let found = found.get_or_insert_with(|| CheckpointConnector {
            connector: connector.to_owned(),
            source,
            target: config.target.unwrap_or_else(|| DEFAULT_TARGET.to_owned()),
            topics: config.topics,
            topics_exclude: config.topics_exclude,
            groups: config.groups,
            groups_exclude: config.groups_exclude,
            assigned: Vec::new(),
        });
        found.assigned.push(assigned);
    }
    Ok(found)
}

#[test]
fn the_groups_of_all_tasks_and_the_filters_are_kept_and_nothing_else() {
    let body = br#"[
        {"id": {"connector": "c", "task": 0}, "config": {"task.assigned.groups": "orders,payments", "source.cluster.alias": "a",
            "target.cluster.alias": "b", "groups": ".*", "groups.exclude": "x", "topics": "t", "topics.exclude": "u",
            "source.cluster.sasl.jaas.config": "hunter2"}},
        {"id": {"connector": "c", "task": 1}, "config": {"task.assigned.groups": "shipping", "source.cluster.alias": "a"}}]"#;
    let found = connector("c", body).unwrap().unwrap();
    assert_eq!((&*found.source, &*found.target), ("a", "b"));
    let filters = [
        &found.groups,
        &found.groups_exclude,
        &found.topics,
        &found.topics_exclude,
    ];
    assert_eq!(
        filters.map(Option::as_deref),
        [".*", "x", "t", "u"].map(Some)
    );
    let has = ["orders", "payments", "shipping", "order", "orders,payments"];
    assert_eq!(
        has.map(|group| found.has(group)),
        [true, true, true, false, false]
    );
    assert!(!format!("{found:?}").contains("hunter2"));
}

#[test]
fn another_kind_of_connector_and_one_without_tasks_translate_nothing() {
    let of_source = include_bytes!("../../tests/fixtures/connect-4.3.1-tasks.json");
    assert_eq!(connector("mirror-source", of_source).unwrap(), None);
    assert_eq!(connector("c", b"[]").unwrap(), None);
    let unset = br#"[{"config": {"task.assigned.groups": "g", "source.cluster.alias": "a"}}]"#;
    assert_eq!(connector("c", unset).unwrap().unwrap().target, "target");
    assert!(connector("c", b"{}").is_err());
}
