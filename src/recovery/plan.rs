//! A scenario compiled: durations, limits and expressions read once, variables bound. What is invalid does not get past here;
//! [`problems`] is what `mirrorwatch check` prints.

use std::collections::BTreeSet;

use super::inventory::Inventory;
use super::scenario::{Action, Condition, Criterion, Measure, Scenario, Step, Text};
use crate::model::time::micros;
use crate::promql::{Comparison, parse_duration};

/// Something wrong in a scenario or an inventory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {what}")]
pub struct Problem {
    /// The key, `criteria[1].limit`.
    pub key: String,
    /// What is wrong, and the remedy.
    pub what: String,
}

/// A compiled scenario.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How long the steady state must have lasted, in microseconds.
    pub steady_for: i64,
    /// H, in microseconds.
    pub hold: i64,
    /// What must hold before.
    pub steady: Vec<Bound>,
    /// What proves the fault.
    pub effect: Bound,
    /// What counts as detection.
    pub detection: Bound,
    /// What is judged.
    pub criteria: Vec<Judged>,
}

/// A condition with its variables bound.
#[derive(Clone, Debug)]
pub struct Bound {
    /// What it means.
    pub text: Text,
    /// The selector and its comparison.
    pub comparison: Comparison,
    /// How many series must match at least.
    pub series: usize,
}

/// A criterion with its limit read.
#[derive(Clone, Debug)]
pub struct Judged {
    /// As written.
    pub criterion: Criterion,
    /// Limit: microseconds or a count.
    pub limit: i64,
    /// For `samples`: the bad state and its witness.
    pub samples: Option<(Bound, Bound)>,
}

/// What the variables of a scenario stand for.
#[derive(Clone, Copy, Debug)]
pub struct Variables<'a> {
    /// The site.
    pub inventory: &'a Inventory,
    /// Worker id of the victim.
    pub victim: &'a str,
}

impl Plan {
    /// Compile a scenario for a victim at a site.
    pub fn compile(scenario: &Scenario, variables: Variables<'_>) -> Result<Self, Vec<Problem>> {
        let mut compiler = Compiler {
            variables,
            problems: Vec::new(),
        };
        let plan = compiler.plan(scenario);
        match plan {
            Some(plan) if compiler.problems.is_empty() => Ok(plan),
            _ => Err(compiler.problems),
        }
    }

    /// The recovery-time limit that bounds the window, in microseconds: the longest of the criteria that measure times.
    pub fn longest_limit(&self) -> i64 {
        let times = self
            .criteria
            .iter()
            .filter(|c| is_time(c.criterion.measure))
            .map(|c| c.limit);
        times.max().unwrap_or(60_000_000)
    }

    /// Every condition.
    pub fn conditions(&self) -> impl Iterator<Item = &Bound> {
        let criteria = self.criteria.iter().filter_map(|c| c.samples.as_ref());
        let criteria = criteria.flat_map(|(never, witness)| [never, witness]);
        self.steady
            .iter()
            .chain([&self.effect, &self.detection])
            .chain(criteria)
    }
}

/// Everything that is wrong in a scenario, whatever the site.
pub fn problems(scenario: &Scenario) -> Vec<Problem> {
    let flow = super::inventory::Flow {
        source: "a".into(),
        target: "b".into(),
        connector: "c".into(),
    };
    let prometheus = super::inventory::Prometheus {
        url: String::new(),
        access: None,
        scrape_interval: String::new(),
        job: String::new(),
    };
    let inventory = Inventory {
        site: String::new(),
        prometheus,
        exporter: None,
        connectors: [(flow.connector.clone(), 1)].into(),
        flow,
        workers: Vec::new(),
        settings: std::collections::BTreeMap::new(),
        audit: None,
        commands: std::collections::BTreeMap::new(),
    };
    let variables = Variables {
        inventory: &inventory,
        victim: "w:1",
    };
    Plan::compile(scenario, variables).err().unwrap_or_default()
}

/// Whether a measure is a time (else it is a count).
pub fn is_time(measure: Measure) -> bool {
    matches!(
        measure,
        Measure::RecoveryTime | Measure::RecoveryPointSeconds
    )
}

struct Compiler<'a> {
    variables: Variables<'a>,
    problems: Vec<Problem>,
}

impl Compiler<'_> {
    fn plan(&mut self, scenario: &Scenario) -> Option<Plan> {
        self.steps(&scenario.steps);
        let steady_for = self.duration("steady_for", &scenario.steady_for);
        let hold = self.duration("hold", &scenario.hold);
        let conditions = scenario.steady_state.iter().enumerate();
        let steady: Vec<_> = conditions
            .map(|(i, c)| self.condition(&format!("steady_state[{i}]"), c))
            .collect();
        let effect = self.condition("effect", &scenario.effect);
        let detection = self.condition("detection", &scenario.detection);
        self.unique("criteria", scenario.criteria.iter().map(|c| c.id.as_str()));
        let criteria = scenario.criteria.iter().enumerate();
        let criteria: Vec<_> = criteria
            .map(|(i, c)| self.criterion(&format!("criteria[{i}]"), c))
            .collect();
        if scenario.criteria.is_empty() {
            self.problem(
                "criteria",
                "at least one is needed: a drill without a criterion proves nothing",
            );
        }
        if scenario.steady_state.is_empty() {
            self.problem(
                "steady_state",
                "at least one condition is needed: without a steady state a drill proves nothing",
            );
        }
        Some(Plan {
            steady_for: steady_for?,
            hold: hold?,
            steady: steady.into_iter().collect::<Option<_>>()?,
            effect: effect?,
            detection: detection?,
            criteria: criteria.into_iter().collect::<Option<_>>()?,
        })
    }

    fn steps(&mut self, steps: &[Step]) {
        match steps.iter().filter(|step| step.zero).count() {
            1 => {}
            n => self.problem(
                "steps",
                &format!("{n} are marked `zero: true`; exactly one must be"),
            ),
        }
        self.unique("steps", steps.iter().map(|step| step.name.as_str()));
        for (i, step) in steps.iter().enumerate() {
            let key = format!("steps[{i}]");
            self.action(&format!("{key}.do"), &step.action);
            if let Some(undo) = &step.undo {
                self.action(&format!("{key}.undo"), undo);
            } else if step.zero && changes_something(&step.action) {
                self.problem(
                    &format!("{key}.undo"),
                    "missing: the step at the zero changes the system, so say what undoes it",
                );
            }
            if let Some(timeout) = &step.timeout {
                self.duration(&format!("{key}.timeout"), timeout);
            }
        }
    }

    fn action(&mut self, key: &str, action: &Action) {
        let given = [
            action.command.is_some(),
            action.shell.is_some(),
            action.rest.is_some(),
        ];
        if given.iter().filter(|given| **given).count() != 1 {
            self.problem(
                key,
                "exactly one of `command`, `shell`, `rest` must be given",
            );
        }
        if let Some(rest) = &action.rest {
            if !["GET", "POST", "PUT", "DELETE", "PATCH"].contains(&rest.method.as_str()) {
                self.problem(
                    &format!("{key}.rest.method"),
                    &format!("`{}` is not GET, POST, PUT, DELETE or PATCH", rest.method),
                );
            }
            if !rest.path.starts_with('/') {
                self.problem(
                    &format!("{key}.rest.path"),
                    &format!("`{}` must begin with `/`", rest.path),
                );
            }
        }
    }

    fn condition(&mut self, key: &str, condition: &Condition) -> Option<Bound> {
        let comparison = self.comparison(&format!("{key}.expr"), &condition.expr);
        let series = self.series(&format!("{key}.series"), condition.series.as_deref());
        Some(Bound {
            text: condition.text.clone(),
            comparison: comparison?,
            series: series?,
        })
    }

    fn comparison(&mut self, key: &str, expr: &str) -> Option<Comparison> {
        let parsed = Comparison::parse(expr)
            .map_err(|error| self.problem(key, &error.to_string()))
            .ok()?;
        for matcher in parsed.selector.matchers() {
            if let Some(unknown) = unknown_variable(matcher.value()) {
                let known = "`$victim`, `$source`, `$target`, `$connector`";
                self.problem(
                    key,
                    &format!("`${unknown}` is not a variable; there are {known}"),
                );
            }
        }
        let flow = &self.variables.inventory.flow;
        let variables = [
            ("victim", self.variables.victim),
            ("source", flow.source.as_str()),
            ("target", flow.target.as_str()),
            ("connector", flow.connector.as_str()),
        ];
        parsed
            .substitute(&variables)
            .map_err(|error| self.problem(key, &error.to_string()))
            .ok()
    }

    fn series(&mut self, key: &str, series: Option<&str>) -> Option<usize> {
        let inventory = self.variables.inventory;
        match series {
            None => Some(1),
            Some("workers") => Some(inventory.workers.len()),
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
                    &format!("`{number}` is not a number, `workers` or `tasks`"),
                ),
            },
        }
    }

    fn criterion(&mut self, key: &str, criterion: &Criterion) -> Option<Judged> {
        let limit = self.limit(&format!("{key}.limit"), criterion);
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

    fn duration(&mut self, key: &str, text: &str) -> Option<i64> {
        match parse_duration(text) {
            Ok(duration) if !duration.is_zero() => Some(micros(duration)),
            Ok(_) => self.refuse(key, "must be longer than 0"),
            Err(error) => self.refuse(key, &error.to_string()),
        }
    }

    fn unique<'b>(&mut self, key: &str, names: impl Iterator<Item = &'b str>) {
        let mut seen = BTreeSet::new();
        for name in names {
            if !seen.insert(name) {
                self.problem(key, &format!("`{name}` is there twice; names are unique"));
            }
        }
    }

    fn refuse<T>(&mut self, key: &str, what: &str) -> Option<T> {
        self.problem(key, what);
        None
    }

    fn problem(&mut self, key: &str, what: &str) {
        self.problems.push(Problem {
            key: key.to_owned(),
            what: what.to_owned(),
        });
    }
}

fn changes_something(action: &Action) -> bool {
    action.command.is_some()
        || action.shell.is_some()
        || action
            .rest
            .as_ref()
            .is_some_and(|rest| rest.method != "GET")
}

fn unknown_variable(value: &str) -> Option<String> {
    value.split('$').skip(1).find_map(|rest| {
        let name: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
        let known = ["victim", "source", "target", "connector"]
            .iter()
            .any(|k| name.starts_with(k));
        (!name.is_empty() && !known).then_some(name)
    })
}
