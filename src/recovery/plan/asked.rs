//! Properties of the connector, and what the workers that are left can carry.

use super::Capacity;
use super::compiler::Compiler;
use crate::recovery::scenario::{Event, Scenario};

impl Compiler<'_> {
    /// Each has a name of its own.
    pub(super) fn properties(&mut self, scenario: &Scenario) {
        let names = scenario.properties.iter();
        self.unique("properties", names.map(|property| property.name.as_str()));
    }

    /// Its row of `times` counts from the fault.
    #[expect(clippy::option_option, reason = "a mistake is not the same as nothing")]
    pub(super) fn capacity(&mut self, scenario: &Scenario) -> Option<Option<Capacity>> {
        let Some(row) = &scenario.capacity else {
            return Some(None);
        };
        let mut times = scenario.times.iter();
        if !times.any(|time| time.id == row.from && time.after == Event::Fault) {
            let what = format!(
                "`{}` is no row of `times` that counts from the fault",
                row.from
            );
            self.problem("capacity.from", &what);
        }
        let offered = self.query("capacity.offered", &row.offered);
        let taken = self.query("capacity.taken", &row.taken);
        let lag = self.query("capacity.lag", &row.lag);
        Some(Some(Capacity {
            row: row.clone(),
            offered: offered?,
            taken: taken?,
            lag: lag?,
        }))
    }
}
