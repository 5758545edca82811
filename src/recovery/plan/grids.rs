//! The grids of a scenario: times, metrics, expectations, procedure.

use super::compiler::Compiler;
use super::{Expected, Observed, Timed};
use crate::recovery::scenario::{self, Measure, Moment, Phase, Scenario};

/// Measures that have a place in the grid of times.
const TIMES: [Measure; 5] = [
    Measure::RecoveryTime,
    Measure::CatchUp,
    Measure::Detection,
    Measure::Alerted,
    Measure::OutageSeconds,
];

impl Compiler<'_> {
    pub(super) fn times(&mut self, scenario: &Scenario) -> Option<Vec<Timed>> {
        self.unique("times", scenario.times.iter().map(|row| row.id.as_str()));
        let rows = scenario.times.iter().enumerate();
        let rows: Vec<_> = rows
            .map(|(i, row)| self.timed(&format!("times[{i}]"), row, scenario))
            .collect();
        rows.into_iter().collect()
    }

    fn timed(&mut self, key: &str, row: &scenario::Timed, scenario: &Scenario) -> Option<Timed> {
        self.event(&format!("{key}.after"), row.after, scenario);
        let until = match (&row.until, row.measure) {
            (Some(until), None) => Some(self.condition(&format!("{key}.until"), until)?),
            (None, Some(measure)) if TIMES.contains(&measure) => None,
            (None, Some(_)) => {
                let known = "`recovery_time`, `catch_up`, `detection`, `alerted`, `outage_seconds`";
                return self.refuse(
                    &format!("{key}.measure"),
                    &format!("is not a time; there are {known}"),
                );
            }
            _ => return self.refuse(key, "exactly one of `until` and `measure` must be given"),
        };
        Some(Timed {
            row: row.clone(),
            until,
        })
    }

    pub(super) fn observations(&mut self, scenario: &Scenario) -> Option<Vec<Observed>> {
        let rows = &scenario.observations;
        self.unique("observations", rows.iter().map(|row| row.id.as_str()));
        let rows = rows.iter().enumerate();
        let rows: Vec<_> = rows
            .map(|(i, row)| {
                let query = match &row.not_applicable {
                    None => Some(self.query(&format!("observations[{i}].expr"), &row.expr)?),
                    Some(_) if row.expr.is_empty() => None,
                    Some(_) => {
                        let what = "is there beside `not_applicable`: give one of them";
                        return self.refuse(&format!("observations[{i}].expr"), what);
                    }
                };
                Some(Observed {
                    row: row.clone(),
                    query,
                })
            })
            .collect();
        rows.into_iter().collect()
    }

    pub(super) fn expectations(&mut self, scenario: &Scenario) -> Option<Vec<Expected>> {
        let rows = scenario.expectations.iter().enumerate();
        let rows: Vec<_> = rows
            .map(|(i, row)| {
                let key = format!("expectations[{i}]");
                if row.when == Phase::After && scenario.watch_restore.is_none() {
                    self.problem(
                        &format!("{key}.when"),
                        "nothing is watched after the restoration: `watch_restore`",
                    );
                }
                let shows = self.condition(&format!("{key}.shows"), &row.shows)?;
                Some(Expected {
                    row: row.clone(),
                    shows,
                })
            })
            .collect();
        rows.into_iter().collect()
    }

    /// Its moments must exist.
    pub(super) fn procedure(&mut self, scenario: &Scenario) {
        for (i, stage) in scenario.procedure.iter().enumerate() {
            let missing = match &stage.at {
                Moment::Step(name) => !scenario.steps.iter().any(|step| step.name == *name),
                Moment::Time(id) => !scenario.times.iter().any(|row| row.id == *id),
                _ => false,
            };
            if missing {
                let what = "names neither a step nor a row of `times` of this scenario";
                self.problem(&format!("procedure[{i}].at"), what);
            }
        }
    }
}
