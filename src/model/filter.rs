//! MM2's filters, and what they keep the canary's topic or the probe's group from, in one sentence.
//!
//! `topics` and `topics.exclude` are lists of regular expressions, each matched against the whole name; a name replicates if one
//! of the first and none of the second matches, and if it is not the name of an internal topic. `groups` and `groups.exclude` of a
//! `MirrorCheckpointConnector` are read in the same way.

use regex::Regex;

use super::checkpoint::CheckpointConnector;

/// What `topics.exclude` is when the connector does not set it (Kafka 2.4 to 4.x; `mm2.*\.internal` came with 3.x).
const DEFAULT_EXCLUDE: &str = r".*[\-\.]internal, .*\.replica, __.*";
/// What `groups.exclude` is when the connector does not set it.
const DEFAULT_GROUPS_EXCLUDE: &str = r"console-consumer-.*, connect-.*, __.*";
/// What `topics` and `groups` are when the connector does not set them.
const ALL: &str = ".*";

/// What is known of the connector that is to replicate the canary: no more than these keys of its configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectorFacts {
    /// Its name, for the sentence.
    pub connector: String,
    /// Its `topics`, if set.
    pub topics: Option<String>,
    /// Its `topics.exclude`, if set.
    pub exclude: Option<String>,
    /// Its `tasks.max`, or as many tasks as it has.
    pub tasks: Option<u32>,
}

/// Why this connector would not replicate `topic`; `None` if it would, or if its expressions cannot be judged here.
pub fn filter_problem(topic: &str, facts: &ConnectorFacts) -> Option<String> {
    if is_internal(topic) {
        return Some(format!(
            "the canary's topic `{topic}` has the name of an internal topic, which MM2 never replicates"
        ));
    }
    let connector = &facts.connector;
    let topics = facts.topics.as_deref().unwrap_or(ALL);
    if matches(topics, topic) == Some(false) {
        return Some(format!(
            "`topics` of connector `{connector}` does not match the canary's topic `{topic}`: add it there"
        ));
    }
    let exclude = facts.exclude.as_deref().unwrap_or(DEFAULT_EXCLUDE);
    (matches(exclude, topic) == Some(true)).then(|| {
        format!("`topics.exclude` of connector `{connector}` matches the canary's topic `{topic}`: it is not replicated")
    })
}

/// Why this connector would not translate the offsets of the probe's `group`; `None` if it would, or if its expressions cannot be
/// judged here.
pub fn group_problem(group: &str, by: &CheckpointConnector) -> Option<String> {
    let connector = &by.connector;
    if matches(by.groups.as_deref().unwrap_or(ALL), group) == Some(false) {
        return Some(format!(
            "`groups` of connector `{connector}` does not match the probe's group `{group}`: add it there"
        ));
    }
    let exclude = by.groups_exclude.as_deref();
    let exclude = exclude.unwrap_or(DEFAULT_GROUPS_EXCLUDE);
    (matches(exclude, group) == Some(true)).then(|| {
        format!("`groups.exclude` of connector `{connector}` matches the probe's group `{group}`: it is not translated")
    })
}

fn is_internal(topic: &str) -> bool {
    topic.starts_with("__")
        || topic.starts_with('.')
        || topic.ends_with("-internal")
        || topic.ends_with(".internal")
}

/// Whether one expression of a list matches the whole name; `None` if the list uses what only Java's dialect has.
fn matches(list: &str, name: &str) -> Option<bool> {
    let expressions: Vec<&str> = list
        .split(',')
        .map(str::trim)
        .filter(|e| !e.is_empty())
        .collect();
    if expressions.is_empty() {
        return Some(false);
    }
    // MM2 joins the list before it compiles it, so an expression with a comma in it is joined differently there, too.
    let joined = format!("^(?:{})$", expressions.join("|"));
    Regex::new(&joined).ok().map(|regex| regex.is_match(name))
}

#[cfg(test)]
fn facts(topics: Option<&str>, exclude: Option<&str>) -> ConnectorFacts {
    ConnectorFacts {
        connector: "mirror-source".into(),
        topics: topics.map(Into::into),
        exclude: exclude.map(Into::into),
        tasks: None,
    }
}

#[test]
fn lists_are_matched_as_mm2_does_whole_names_and_any_of_the_list() {
    let cases = [
        (Some("test-.*"), None, true),
        (Some("orders, test-.*"), None, true),
        (None, None, true),
        (Some("test-"), None, false),
        (Some("orders|payments"), None, false),
        (Some(""), None, false),
        (Some("test-.*"), Some("test-mirror.*"), false),
        (Some("test-.*"), Some(""), true),
        (Some("test-.*"), Some("mirrorwatch"), true),
        (Some("(?=test).*"), None, true),
    ];
    for (topics, exclude, flows) in cases {
        let problem = filter_problem("test-mirrorwatch-canary", &facts(topics, exclude));
        assert_eq!(
            problem.is_none(),
            flows,
            "{topics:?} {exclude:?}: {problem:?}"
        );
    }
}

#[test]
fn the_sentence_names_the_key_the_connector_and_the_topic() {
    let problem = filter_problem("canary", &facts(Some("test-.*"), None));
    assert_eq!(
        problem.as_deref(),
        Some(
            "`topics` of connector `mirror-source` does not match the canary's topic `canary`: add it there"
        )
    );
}

#[test]
fn names_of_internal_topics_and_default_excludes_do_not_flow() {
    for topic in [
        "__canary",
        ".canary",
        "canary-internal",
        "mm2.internal",
        "canary.replica",
    ] {
        assert!(
            filter_problem(topic, &facts(None, None)).is_some(),
            "{topic}"
        );
    }
}

#[test]
fn groups_are_matched_as_topics_are_and_the_sentence_names_the_key() {
    let group = "mirrorwatch-probe-source-target";
    let said = |groups: Option<&str>, exclude: Option<&str>| {
        let connector = CheckpointConnector {
            connector: "mirror-checkpoint".to_owned(),
            groups: groups.map(Into::into),
            groups_exclude: exclude.map(Into::into),
            ..CheckpointConnector::default()
        };
        group_problem(group, &connector)
    };
    let of_include = "`groups` of connector `mirror-checkpoint` does not match the probe's group `mirrorwatch-probe-source-target`: add it there";
    let of_exclude = "`groups.exclude` of connector `mirror-checkpoint` matches the probe's group `mirrorwatch-probe-source-target`: it is not translated";
    let cases = [
        (None, None, None),
        (Some("orders-app, mirrorwatch-.*"), None, None),
        (Some("orders-app"), None, Some(of_include)),
        (Some("mirrorwatch"), None, Some(of_include)),
        (Some(".*"), Some("mirrorwatch-.*"), Some(of_exclude)),
        (Some("(?=m).*"), Some(""), None),
    ];
    for (groups, exclude, problem) in cases {
        assert_eq!(
            said(groups, exclude).as_deref(),
            problem,
            "{groups:?} {exclude:?}"
        );
    }
}
