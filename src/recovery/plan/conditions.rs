//! Conditions and expressions, with their variables bound.

use super::bound::{Bound, Test};
use super::compiler::Compiler;
use crate::model::time::micros;
use crate::promql::{Comparison, Error, Matcher, Millis, Query, parse_duration};
use crate::recovery::scenario::Condition;

/// Variables that stand in label values.
const NAMES: [&str; 5] = ["victim", "second", "source", "target", "connector"];

impl Compiler<'_> {
    pub(super) fn condition(&mut self, key: &str, condition: &Condition) -> Option<Bound> {
        let test = self.test(&format!("{key}.expr"), &condition.expr);
        let series = self.series(&format!("{key}.series"), condition.series.as_deref());
        let witness = condition.witness.as_deref();
        let witness = witness.map(|witness| self.query(&format!("{key}.witness"), witness));
        Some(Bound {
            text: condition.text.clone(),
            test: test?,
            series: series?,
            witness: match witness {
                Some(witness) => Some(witness?),
                None => None,
            },
        })
    }

    /// A selector that may be compared with a number is one; whatever else `PromQL` has is asked of the engine.
    fn test(&mut self, key: &str, expr: &str) -> Option<Test> {
        match Comparison::parse(expr) {
            Ok(comparison) => self.comparison(key, &comparison).map(Test::Comparison),
            Err(Error::Unsupported { .. }) => self.query(key, expr).map(Test::Query),
            Err(error) => self.refuse(key, &error.to_string()),
        }
    }

    fn comparison(&mut self, key: &str, comparison: &Comparison) -> Option<Comparison> {
        self.known_variables(key, comparison.selector.matchers());
        comparison
            .substitute(&self.bindings())
            .map_err(|error| self.problem(key, &error.to_string()))
            .ok()
    }

    /// An expression.
    pub(super) fn query(&mut self, key: &str, expr: &str) -> Option<Query> {
        let moments = self.variables.moments;
        let expr = expr
            .replace("$zero", &seconds(moments.zero))
            .replace("$restore", &seconds(moments.restore));
        let query = Query::parse(&expr)
            .map_err(|error| self.problem(key, &error.to_string()))
            .ok()?;
        for footprint in query.selectors() {
            self.known_variables(key, footprint.selector.matchers());
            self.resolvable(key, footprint.range);
        }
        query
            .substitute(&self.bindings())
            .map_err(|error| self.problem(key, &error.to_string()))
            .ok()
    }

    fn known_variables(&mut self, key: &str, matchers: &[Matcher]) {
        for unknown in matchers.iter().filter_map(|m| unknown_variable(m.value())) {
            let known = NAMES.map(|name| format!("`${name}`")).join(", ");
            let what = format!("`${unknown}` is not a variable; there are {known}");
            self.problem(key, &what);
        }
    }

    /// Rule: a range has two scrapes at least, or what is asked of it has no answer.
    fn resolvable(&mut self, key: &str, range: Option<Millis>) {
        let interval = &self.variables.inventory.prometheus.scrape_interval;
        let Some((range, interval)) = range.zip(parse_duration(interval).ok()) else {
            return;
        };
        if micros(interval).saturating_mul(2) > range.saturating_mul(1_000) {
            let interval = humantime::format_duration(interval);
            let what = format!(
                "a range of {range} ms has less than two scrapes, one each {interval}: make it longer, or scrape more often"
            );
            self.problem(key, &what);
        }
    }

    fn bindings(&self) -> [(&'static str, &str); 5] {
        let flow = &self.variables.inventory.flow;
        [
            ("victim", self.variables.victim),
            ("second", self.variables.second),
            ("source", &flow.source),
            ("target", &flow.target),
            ("connector", &flow.connector),
        ]
    }

    fn series(&mut self, key: &str, series: Option<&str>) -> Option<usize> {
        let inventory = self.variables.inventory;
        match series {
            None => Some(1),
            Some("workers") => Some(inventory.workers.len()),
            Some("all_tasks") => {
                let all: u64 = inventory.connectors.values().copied().map(u64::from).sum();
                usize::try_from(all).ok()
            }
            // Whatever is no connector of the site has no tasks; only a check has no site.
            Some("victim_tasks") => {
                let tasks = inventory.connectors.get(self.variables.victim);
                usize::try_from(tasks.copied().unwrap_or(1)).ok()
            }
            Some("tasks") => match inventory.connectors.get(&inventory.flow.connector) {
                Some(tasks) => usize::try_from(*tasks).ok(),
                None => self.refuse(
                    key,
                    "the inventory does not say how many tasks the flow's connector has",
                ),
            },
            Some(number) => match number.parse() {
                Ok(number) => Some(number),
                Err(_) => self.refuse(
                    key,
                    &format!("`{number}` is not a number, `workers`, `tasks`, `all_tasks` or `victim_tasks`"),
                ),
            },
        }
    }
}

/// A time after `@`.
fn seconds(at: Millis) -> String {
    format!("{}.{:03}", at.div_euclid(1_000), at.rem_euclid(1_000))
}

fn unknown_variable(value: &str) -> Option<String> {
    value.split('$').skip(1).find_map(|rest| {
        let name: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
        let known = NAMES.iter().any(|known| name.starts_with(known));
        (!name.is_empty() && !known).then_some(name)
    })
}

#[test]
fn a_moment_is_seconds_with_milliseconds() {
    assert_eq!(seconds(1_795_423_512_045), "1795423512.045");
    assert_eq!(seconds(0), "0.000");
}
