//! The scenarios that come with mirrorwatch, embedded in the binary.

const SCENARIOS: [(&str, &str); 1] = [(
    "worker-loss",
    include_str!("../../rules/scenarios/worker-loss.yml"),
)];

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
    }
}
