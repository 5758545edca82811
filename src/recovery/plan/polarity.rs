//! Conditions that hold, or do not, whatever there is: filters that say the contrary of what was meant, and minima that absence satisfies.

use super::Plan;
use super::Problem;
use super::bound::{Bound, Test};
use crate::promql::{Comparison, Query, SeriesSet, Settings, Value};

/// Series that are 1 for what is, and absent for what is not: Connect's states as other exporters have them, and what only informs.
const PRESENT: [&str; 2] = [
    "kafka_connect_connector_task_status",
    "kafka_connect_connector_status",
];
const INFORMS: &str = "_info";

/// Series that are there for every state, 0 for each that is not the present one.
const STATE_SETS: [&str; 3] = ["mm2_task_state", "mm2_connector_state", "mm2_flow_state"];

/// What is wrong so in a scenario.
pub(super) fn problems(plan: &Plan) -> Vec<Problem> {
    let mut found = Vec::new();
    for (key, bound) in named(plan) {
        let witness = bound
            .witness
            .iter()
            .filter(|witness| answers_nothing(witness, 1));
        found.extend(witness.map(|_| Problem {
            key: format!("{key}.witness"),
            what: "it has an element where there is nothing at all, so it witnesses nothing: let it select a series".to_owned(),
        }));
        found.extend(of(bound).map(|what| Problem {
            key: format!("{key}.expr"),
            what,
        }));
    }
    found
}

/// Every condition with its key.
fn named(plan: &Plan) -> Vec<(String, &Bound)> {
    let steady = plan.steady.iter().enumerate();
    let mut all: Vec<_> = steady
        .map(|(i, bound)| (format!("steady_state[{i}]"), bound))
        .collect();
    all.push(("effect".to_owned(), &plan.effect));
    all.extend(
        plan.detection
            .iter()
            .map(|bound| ("detection".to_owned(), bound)),
    );
    let awaited = plan.awaited.iter();
    all.extend(awaited.map(|(step, bound)| (format!("steps: {step}.do.until"), bound)));
    for (i, timed) in plan.times.iter().enumerate() {
        all.extend(
            timed
                .until
                .iter()
                .map(|bound| (format!("times[{i}].until"), bound)),
        );
    }
    for (i, expected) in plan.expectations.iter().enumerate() {
        all.push((format!("expectations[{i}].shows"), &expected.shows));
    }
    for (i, judged) in plan.criteria.iter().enumerate() {
        if let Some((never, witness)) = &judged.samples {
            all.push((format!("criteria[{i}].never"), never));
            all.push((format!("criteria[{i}].witness"), witness));
        }
    }
    all
}

fn of(bound: &Bound) -> Option<String> {
    match &bound.test {
        Test::Comparison(comparison) => of_comparison(comparison, bound.series),
        Test::Query(query) => of_query(query, bound.series),
    }
}

fn of_comparison(comparison: &Comparison, series: usize) -> Option<String> {
    let selector = &comparison.selector;
    let metric = selector.metric().unwrap_or_default();
    let is_present = PRESENT.contains(&metric) || metric.ends_with(INFORMS);
    let holds_of = |value| comparison.is_true_of(value);
    if STATE_SETS.contains(&metric) && holds_of(0.0) == holds_of(1.0) {
        return Some(format!(
            "`{metric}` is there for every state, 0 for each that is not the present one, and this does not tell 0 from 1: compare it, `== 1`"
        ));
    }
    if is_present && !holds_of(1.0) && series > 0 {
        return Some(format!(
            "never holds: `{metric}` is 1 for what is and absent for what is not; that nothing is so is written with `series: \"0\"`"
        ));
    }
    if is_present && holds_of(1.0) && series == 0 {
        return Some(format!(
            "always holds: `{metric}` is 1 for what is and absent for what is not, and `series: \"0\"` asks for none; that nothing is so is \
             written `== 0`"
        ));
    }
    let negative = selector
        .matchers()
        .iter()
        .find(|matcher| matcher.is_negative());
    negative.filter(|_| series == 0).map(|matcher| {
        format!(
            "holds where there is no series at all: what is gone is not selected by `{matcher}` either. Ask that what should be there is \
             there, as `…{{status=\"running\"}} == 1` with `series: tasks`"
        )
    })
}

fn of_query(query: &Query, series: usize) -> Option<String> {
    if series == 0 {
        return Some("always holds: `series: \"0\"` of an expression asks for no element; say how many it must have".to_owned());
    }
    if query.is_never() {
        return Some(
            "never holds: in PromQL a count of nothing is nothing, not 0. Compare the selector itself with 0 and write `series: \"0\"`, or \
             add `or 0 * count(…)` of series that are there in any case"
                .to_owned(),
        );
    }
    if answers_nothing(query, series) {
        return Some(
            "holds where there is nothing at all (`absent(…)`, `or vector(0)`, a number, `bool` of one): an exporter that has just started \
             satisfies it, and so does a scrape at which nothing was read. Ask for series that are there, be it with `… and on () SERIES`"
                .to_owned(),
        );
    }
    let mut counted = query.counted().into_iter();
    let set = counted.find_map(|selector| {
        selector
            .metric()
            .filter(|metric| STATE_SETS.contains(metric))
    })?;
    Some(format!(
        "counts the series of `{set}`, which is there for every state, whatever the present one is: count those that are 1, `count({set}{{…}} == 1)`"
    ))
}

/// Whether so many elements are there where no series is.
fn answers_nothing(query: &Query, elements: usize) -> bool {
    let answer = query.instant(&SeriesSet::default(), 0, &Settings::default());
    match answer.map(|answer| answer.value) {
        Ok(Value::Vector(vector)) => vector.len() >= elements,
        // A number is one element for the judge.
        Ok(Value::Scalar(_)) => elements <= 1,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::recovery::plan;
    use crate::recovery::{read, shipped};

    /// What is said of a condition of the steady state.
    fn said(expr: &str, series: &str) -> String {
        let text = shipped::scenario("worker-loss").unwrap();
        let mut scenario = read::scenario("s", text).unwrap();
        let condition = &mut scenario.steady_state[0];
        expr.clone_into(&mut condition.expr);
        condition.series = Some(series.to_owned());
        let problems = plan::polarity(&scenario);
        let said: Vec<_> = problems.iter().map(ToString::to_string).collect();
        said.join("\n")
    }

    const STATUS: &str = "kafka_connect_connector_task_status";

    #[test]
    fn that_no_task_is_in_another_state_says_nothing_of_a_task_that_is_gone() {
        let others = format!("{STATUS}{{status!=\"running\"}} == 0");
        assert!(
            said(&others, "0").starts_with("steady_state[0].expr: holds where there is no series"),
            "{}",
            said(&others, "0")
        );
        let all = format!("{STATUS}{{status=\"running\"}} == 1");
        assert_eq!(said(&all, "tasks"), "");
        let failed = format!("{STATUS}{{status=\"failed\"}} == 0");
        assert_eq!(said(&failed, "0"), "");
    }

    #[test]
    fn what_is_one_or_absent_is_neither_zero_nor_held_by_none() {
        let failed = format!("{STATUS}{{status=\"failed\"}} == 0");
        assert!(said(&failed, "1").contains("never holds"));
        let running = format!("{STATUS}{{status=\"running\"}} == 1");
        assert!(said(&running, "0").contains("always holds"));
        assert!(said("mm2_connect_leader_info == 0", "1").contains("never holds"));
        assert_eq!(said("mm2_connect_assignment_withheld == 0", "0"), "");
    }

    #[test]
    fn a_set_of_states_is_compared() {
        assert!(said("mm2_task_state{state=\"running\"}", "1").contains("does not tell 0 from 1"));
        assert!(
            said("mm2_task_state{state=\"running\"} >= 0", "1").contains("does not tell 0 from 1")
        );
        assert_eq!(said("mm2_task_state{state=\"running\"} == 1", "1"), "");
        assert!(
            said("count(mm2_task_state{state=\"running\"}) == 3", "1")
                .contains("counts the series of `mm2_task_state`")
        );
        assert_eq!(
            said("count(mm2_task_state{state=\"running\"} == 1) == 3", "1"),
            ""
        );
    }

    #[test]
    fn what_absence_satisfies_is_no_evidence() {
        for expr in [
            "absent(mm2_worker_up)",
            "(count(mm2_worker_up == 0) or vector(0)) == 0",
            "vector(1)",
            "count(mm2_worker_up == 0) or vector(0)",
            "scalar(count(mm2_worker_up)) > bool 0",
        ] {
            assert!(
                said(expr, "1").contains("holds where there is nothing at all"),
                "{expr}: {}",
                said(expr, "1")
            );
        }
        assert!(said("count(mm2_worker_up == 0) == 0", "1").contains("never holds"));
        assert!(said("sum(mm2_worker_up) == 3", "0").contains("always holds"));
        assert_eq!(said("sum(mm2_worker_up) == 3", "1"), "");
        let or_none = "(count(mm2_worker_up == 0) or 0 * count(mm2_worker_up)) == 0";
        assert_eq!(said(or_none, "1"), "");
    }

    #[test]
    fn what_vanishes_may_end_a_time_where_something_else_was_read() {
        let text = shipped::scenario("worker-loss").unwrap();
        let mut scenario = read::scenario("s", text).unwrap();
        assert_eq!(plan::polarity(&scenario), []);
        let until = scenario.times[0].until.as_mut().unwrap();
        let gone = until.expr.split_once(" and on () ").unwrap().0;
        assert!(gone.starts_with("absent("));
        until.expr = gone.to_owned();
        let problems = plan::polarity(&scenario);
        assert_eq!(problems[0].key, "times[0].until.expr");
    }

    #[test]
    fn a_witness_that_is_always_there_witnesses_nothing() {
        let text = shipped::scenario("worker-loss").unwrap();
        let mut scenario = read::scenario("s", text).unwrap();
        scenario.effect.witness = Some("vector(1)".to_owned());
        let problems = plan::polarity(&scenario);
        assert_eq!(problems[0].key, "effect.witness");
        scenario.effect.witness = Some("mm2_worker_up".to_owned());
        assert_eq!(plan::polarity(&scenario), []);
    }
}
