//! The properties of the connector that the plan gives values: what was found when the drill began.

use super::events::What;
use super::judge::Case;
use super::judgement::{FoundProperty, PropertyResult};
use super::remark::remark;

/// One row for each, in the scenario's order. The last reading counts: what the drill went on with.
pub(super) fn properties(case: Case<'_>) -> Vec<PropertyResult> {
    let read = case
        .log
        .events
        .iter()
        .rev()
        .find_map(|event| match &event.what {
            What::ConfigurationRead { properties, .. } => Some(properties),
            _ => None,
        });
    let rows = case.scenario.properties.iter();
    rows.map(|row| PropertyResult {
        name: row.name.clone(),
        planned: row.plan.clone(),
        default: row.default.clone(),
        found: match read.and_then(|read| read.get(&row.name)) {
            Some(Some(value)) => FoundProperty::Set {
                value: value.clone(),
            },
            Some(None) => FoundProperty::Unset,
            None => FoundProperty::Unknown {
                because: remark("configuration_not_read", &[]),
            },
        },
        note: row.note.clone(),
    })
    .collect()
}
