//! The criteria of a scenario: measures and limits.

use super::compiler::Compiler;
use super::{Judged, is_time};
use crate::recovery::scenario::{Criterion, Event, Measure, Scenario};

impl Compiler<'_> {
    pub(super) fn criteria(&mut self, scenario: &Scenario) -> Option<Vec<Judged>> {
        self.unique("criteria", scenario.criteria.iter().map(|c| c.id.as_str()));
        if scenario.criteria.is_empty() {
            self.problem(
                "criteria",
                "at least one is needed: a drill without a criterion proves nothing",
            );
        }
        let criteria = scenario.criteria.iter().enumerate();
        let criteria: Vec<_> = criteria
            .map(|(i, c)| self.criterion(&format!("criteria[{i}]"), c, scenario))
            .collect();
        criteria.into_iter().collect()
    }

    fn criterion(
        &mut self,
        key: &str,
        criterion: &Criterion,
        scenario: &Scenario,
    ) -> Option<Judged> {
        let limit = self.limit(&format!("{key}.limit"), criterion);
        self.event(&format!("{key}.after"), criterion.after, scenario);
        self.row(key, criterion, scenario);
        if criterion.measure == Measure::Detection && scenario.detection.is_none() {
            self.problem(key, "`measure: detection` needs the scenario's `detection`");
        }
        let samples = match (criterion.measure, &criterion.never, &criterion.witness) {
            (Measure::Samples, Some(never), Some(witness)) => {
                let never = self.condition(&format!("{key}.never"), never);
                let witness = self.condition(&format!("{key}.witness"), witness);
                Some((never?, witness?))
            }
            (Measure::Samples, _, _) => {
                return self.refuse(
                    key,
                    "`measure: samples` needs `never` and `witness`: absence alone is no evidence",
                );
            }
            (_, None, None) => None,
            _ => return self.refuse(key, "`never` and `witness` belong to `measure: samples`"),
        };
        Some(Judged {
            criterion: criterion.clone(),
            limit: limit?,
            samples,
        })
    }

    /// A criterion of a time names its row, and counts from the same event.
    fn row(&mut self, key: &str, criterion: &Criterion, scenario: &Scenario) {
        let named = criterion.time.as_deref();
        match (criterion.measure, named) {
            (Measure::Time, None) => self.problem(key, "`measure: time` needs `time: ID`"),
            (Measure::Time, Some(id)) => match scenario.times.iter().find(|row| row.id == id) {
                None => self.problem(&format!("{key}.time"), &format!("`{id}` is not in `times`")),
                Some(row) if row.after != criterion.after => self.problem(
                    &format!("{key}.after"),
                    &format!("`{id}` counts from another event; say the same here and there"),
                ),
                Some(_) => {}
            },
            (_, Some(_)) => self.problem(&format!("{key}.time"), "belongs to `measure: time`"),
            (_, None) => {}
        }
    }

    /// What counts from the restoration needs one that is watched.
    pub(super) fn event(&mut self, key: &str, after: Event, scenario: &Scenario) {
        if after == Event::Restore && scenario.watch_restore.is_none() {
            self.problem(
                key,
                "the restoration is not measured: say for how long at most, `watch_restore`",
            );
        }
    }

    fn limit(&mut self, key: &str, criterion: &Criterion) -> Option<i64> {
        if is_time(criterion.measure) {
            return self.duration(key, &criterion.limit);
        }
        match criterion.limit.parse::<u32>() {
            Ok(count) if count > 0 => Some(i64::from(count)),
            _ => self.refuse(
                key,
                &format!(
                    "`{}` is not a count above 0; \"none\" is written `1`: less than one",
                    criterion.limit
                ),
            ),
        }
    }
}
