//! The scenarios that come with mirrorwatch, embedded in the binary.

const SCENARIOS: [(&str, &str); 14] = [
    (
        "worker-loss",
        include_str!("../../rules/scenarios/worker-loss.yml"),
    ),
    (
        "two-workers-loss",
        include_str!("../../rules/scenarios/two-workers-loss.yml"),
    ),
    (
        "two-workers-loss-loaded",
        include_str!("../../rules/scenarios/two-workers-loss-loaded.yml"),
    ),
    (
        "connector-restart",
        include_str!("../../rules/scenarios/connector-restart.yml"),
    ),
    (
        "connector-restart-tasks",
        include_str!("../../rules/scenarios/connector-restart-tasks.yml"),
    ),
    (
        "connector-pause",
        include_str!("../../rules/scenarios/connector-pause.yml"),
    ),
    (
        "task-access-denied",
        include_str!("../../rules/scenarios/task-access-denied.yml"),
    ),
    (
        "task-failed",
        include_str!("../../rules/scenarios/task-failed.yml"),
    ),
    (
        "task-supervised",
        include_str!("../../rules/scenarios/task-supervised.yml"),
    ),
    (
        "source-cut",
        include_str!("../../rules/scenarios/source-cut.yml"),
    ),
    (
        "target-cut",
        include_str!("../../rules/scenarios/target-cut.yml"),
    ),
    (
        "config-tasks-max",
        include_str!("../../rules/scenarios/config-tasks-max.yml"),
    ),
    (
        "config-topics",
        include_str!("../../rules/scenarios/config-topics.yml"),
    ),
    (
        "config-group-offsets",
        include_str!("../../rules/scenarios/config-group-offsets.yml"),
    ),
];

/// The text of a shipped scenario.
pub fn scenario(name: &str) -> Option<&'static str> {
    SCENARIOS
        .iter()
        .find(|(shipped, _)| *shipped == name)
        .map(|(_, text)| *text)
}

/// Names of the shipped scenarios.
pub fn names() -> impl Iterator<Item = &'static str> {
    SCENARIOS.iter().map(|(name, _)| *name)
}

#[test]
fn every_shipped_scenario_is_valid() {
    for (name, text) in SCENARIOS {
        let scenario = super::read::scenario(name, text).unwrap();
        assert_eq!(scenario.name, name);
        assert_eq!(super::plan::problems(&scenario), []);
        assert_eq!(super::plan::polarity(&scenario), []);
    }
}
