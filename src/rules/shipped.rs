//! The rules and alerts that come with mirrorwatch, embedded in the binary.

use std::path::Path;

use super::file::{Group, RuleFile};
use crate::yaml;

const FILES: [(&str, &str); 2] = [
    (
        "rules/mm2.rules.yml",
        include_str!("../../rules/mm2.rules.yml"),
    ),
    (
        "alerts/mm2.alerts.yml",
        include_str!("../../alerts/mm2.alerts.yml"),
    ),
];

/// Their groups, in the order in which they look at each other.
pub fn shipped() -> Result<Vec<Group>, yaml::Error> {
    let mut groups = Vec::new();
    for (path, text) in FILES {
        groups.extend(RuleFile::parse(Path::new(path), text)?.groups);
    }
    Ok(groups)
}
