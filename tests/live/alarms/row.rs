//! What a fault of the fault table fires.

use super::alarm::Alarm;
use super::group::Group;
use crate::fault_table::{self, Act};

/// A fault and its alerts.
pub(super) struct Row {
    /// As the fault table calls it.
    pub(super) fault: &'static str,
    pub(super) group: Group,
    /// What it fires while it lasts.
    pub(super) fires: Vec<Alarm>,
    /// What fires or not, by luck or by how long the machine needs to catch up.
    pub(super) perhaps: Vec<Alarm>,
    /// Whether it is as calm as a lab without a fault, and held as long.
    pub(super) is_calm: bool,
}

/// A fault that fires nothing.
pub(super) fn row(fault: &'static str, group: Group) -> Row {
    Row {
        fault,
        group,
        fires: Vec::new(),
        perhaps: Vec::new(),
        is_calm: false,
    }
}

impl Row {
    /// Alerts without `MirrorMaker`, then c for critical or w for warning.
    pub(super) fn fires(mut self, alarms: &[&str]) -> Self {
        self.fires
            .extend(alarms.iter().map(|text| Alarm::short(text)));
        self
    }

    pub(super) fn perhaps(mut self, alarms: &[&str]) -> Self {
        self.perhaps
            .extend(alarms.iter().map(|text| Alarm::short(text)));
        self
    }

    pub(super) fn calm(self) -> Self {
        Self {
            is_calm: true,
            ..self
        }
    }

    /// What is done, the mending last.
    pub(super) fn acts(&self) -> Vec<Act> {
        let mut rows = faults().into_iter();
        let row = rows.find(|row| row.fault == self.fault);
        row.expect("the fault table has it").acts()
    }
}

/// The fault table, with those that only root can lay.
pub(super) fn faults() -> Vec<fault_table::Row> {
    let mut rows = fault_table::all();
    rows.extend(fault_table::of_root());
    rows
}
