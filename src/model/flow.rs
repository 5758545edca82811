//! Replication flows, named by `MirrorMaker` 2's cluster aliases.

/// One direction of replication and the connector that carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Alias of the source cluster.
    pub source: String,
    /// Alias of the target cluster.
    pub target: String,
    /// Name of the `MirrorSourceConnector`.
    pub connector: String,
}

/// The source alias of a remote topic on `target`, where the MBean does not tell it (Kafka 3.5 to 3.9 by default).
///
/// With several flows into one target the topic's `alias.` prefix decides; `None` when nothing does.
pub fn source_of<'a>(flows: &'a [Flow], target: &str, remote_topic: &str) -> Option<&'a str> {
    let into: Vec<&Flow> = flows.iter().filter(|flow| flow.target == target).collect();
    if let [only] = into[..] {
        return Some(&only.source);
    }
    into.into_iter()
        .filter(|flow| has_prefix(remote_topic, &flow.source))
        .max_by_key(|flow| flow.source.len())
        .map(|flow| flow.source.as_str())
}

fn has_prefix(topic: &str, alias: &str) -> bool {
    topic
        .strip_prefix(alias)
        .is_some_and(|rest| rest.starts_with('.'))
}

#[cfg(test)]
fn flow(source: &str, target: &str) -> Flow {
    Flow {
        source: source.to_owned(),
        target: target.to_owned(),
        connector: "mirror-source".to_owned(),
    }
}

#[test]
fn the_only_flow_into_a_target_gives_the_source() {
    let flows = [flow("a", "c"), flow("x", "y")];
    assert_eq!(source_of(&flows, "c", "orders"), Some("a"));
    assert_eq!(source_of(&flows, "other", "orders"), None);
}

#[test]
fn several_flows_into_a_target_are_told_apart_by_the_longest_prefix() {
    let flows = [flow("a", "c"), flow("a.b", "c")];
    assert_eq!(source_of(&flows, "c", "a.orders"), Some("a"));
    assert_eq!(source_of(&flows, "c", "a.b.orders"), Some("a.b"));
    assert_eq!(source_of(&flows, "c", "orders"), None);
}
