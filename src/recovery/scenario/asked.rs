//! What a scenario wants known beside the plan's grids: properties of the connector, and what the workers that are left can carry.

use serde::Deserialize;

use super::Text;

/// A property of the flow's connector that the plan gives a value.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Property {
    /// Its name, `errors.tolerance`.
    pub name: String,
    /// What the plan sets.
    pub plan: String,
    /// What holds where nothing is set.
    pub default: String,
    /// What it does, and what it does not.
    pub note: Option<Text>,
}

/// What is offered to the workers that are left, what they take of it, and what stays behind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capacity {
    /// The row of `times` from whose end on they carry everything.
    pub from: String,
    /// A counter of the records at the source.
    pub offered: String,
    /// A counter of the records that the target took.
    pub taken: String,
    /// The records that stay behind.
    pub lag: String,
    /// Whose readings these rest on, by the beginning of the endpoint's name; of all unless given.
    pub read_from: Option<String>,
}
