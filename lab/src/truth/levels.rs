//! How many acknowledged records are not there, over time.

use std::collections::BTreeMap;

use super::Window;
use super::ledger::Record;

/// How many records are acknowledged and not there, as steps in time.
#[derive(Default)]
pub(super) struct Levels {
    steps: BTreeMap<i64, i64>,
}

impl Levels {
    pub(super) fn note(&mut self, record: &Record, lost: bool) {
        let Some(acknowledged) = record.acknowledged_us else {
            return;
        };
        let arrived = record.arrivals_us.first().copied();
        if lost || arrived.is_some_and(|arrived| arrived <= acknowledged) {
            return;
        }
        *self.steps.entry(acknowledged).or_default() += 1;
        if let Some(arrived) = arrived {
            *self.steps.entry(arrived).or_default() -= 1;
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (us, step) in &other.steps {
            *self.steps.entry(*us).or_default() += step;
        }
    }

    pub(super) fn peak(&self, window: Window) -> u64 {
        let (mut level, mut peak) = (0_i64, 0_i64);
        for (us, step) in &self.steps {
            // What stands when the window begins counts as well.
            if *us > window.to_us {
                break;
            }
            if *us >= window.from_us {
                peak = peak.max(level);
            }
            level += step;
            if *us >= window.from_us {
                peak = peak.max(level);
            }
        }
        u64::try_from(peak).unwrap_or(0)
    }
}
