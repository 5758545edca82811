//! The expressions of our rules, alerts, boards and scenarios, asked of both engines over series that are made for them: of every selector's
//! name and labels.

use std::collections::BTreeSet;
use std::io;

use mirrorwatch::promql::{Query, SeriesSet};
use mirrorwatch::recovery::shipped;

use crate::differential::compare::{difference, largest, messages};
use crate::differential::oracle::Oracle;
use crate::differential::random::Random;
use crate::differential::wire::Request;
use crate::differential::{case, data, made_for};
use crate::promqltest::Times;
use crate::queries;
use crate::told;

const FILES: [&str; 2] = ["rules/mm2.rules.yml", "alerts/mm2.alerts.yml"];
/// Each expression is asked with series of so many seeds.
const SEEDS: u64 = 3;

#[test]
#[ignore = "needs Go and Prometheus' module: make conformance"]
fn what_is_shipped_in_promql_has_the_answers_of_prometheus_engine() {
    let mut oracle = Oracle::start(&told("ORACLE")).unwrap();
    let (mut different, mut answered) = (Vec::new(), 0);
    let expressions = expressions();
    for expr in &expressions {
        let outcomes = (0..SEEDS).map(|seed| differs(&mut oracle, seed, expr).unwrap());
        let outcomes: Vec<_> = outcomes.collect();
        answered += usize::from(outcomes.iter().any(|one| matches!(one, Outcome::Same)));
        different.extend(outcomes.into_iter().filter_map(|outcome| match outcome {
            Outcome::Differs(message) => Some(format!("{expr}\n  {message}")),
            _ => None,
        }));
    }
    assert_eq!(different, Vec::<String>::new());
    assert!(answered > expressions.len() / 2, "{answered} had an answer");
}

/// Each once.
fn expressions() -> BTreeSet<String> {
    let mut expressions = BTreeSet::new();
    for file in FILES {
        let text = std::fs::read_to_string(file).expect("a shipped file");
        let rules: serde_json::Value = serde_saphyr::from_str(&text).expect("a file of rules");
        let groups = rules["groups"].as_array().expect("groups");
        let rules = groups
            .iter()
            .flat_map(|group| group["rules"].as_array().expect("rules"));
        expressions
            .extend(rules.map(|rule| rule["expr"].as_str().expect("an expression").to_owned()));
    }
    expressions.extend(queries::all().into_iter().map(|query| query.expr));
    expressions.extend(of_scenarios());
    expressions
}

/// What stands under `expr` in a scenario, its variables filled in.
fn of_scenarios() -> Vec<String> {
    let mut found = Vec::new();
    for name in shipped::names() {
        let text = shipped::scenario(name).expect("it is shipped");
        let scenario: serde_json::Value = serde_saphyr::from_str(text).expect("a scenario");
        collect(&scenario, &mut found);
    }
    assert!(!found.is_empty(), "scenarios hold PromQL");
    found
}

fn collect(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str().filter(|_| name == "expr") {
                    Some(expr) => found.push(filled_in(expr)),
                    None => collect(value, found),
                }
            }
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}

/// Its variables are times behind `@`; everywhere else they stand in label values, where any text will do.
fn filled_in(expr: &str) -> String {
    let time = regex::Regex::new(r"@ \$[a-z_.]+").expect("a constant");
    let text = regex::Regex::new(r"\$\{?[a-z_.]+\}?").expect("a constant");
    let timed = time.replace_all(expr, format!("@ {}", data::END / 2000));
    text.replace_all(&timed, "x").into_owned()
}

enum Outcome {
    Same,
    Empty,
    Differs(String),
}

fn differs(oracle: &mut Oracle, seed: u64, expr: &str) -> io::Result<Outcome> {
    let query = match Query::parse(expr) {
        Ok(query) => query,
        Err(error) => return Ok(Outcome::Differs(error.to_string())),
    };
    let mut random = Random::seeded(seed);
    let series = made_for::series(&query, &mut random);
    let times = [
        Times::Instant(data::END),
        case::times(&mut random),
        case::times(&mut random),
    ];
    let request = Request {
        series: series.iter().map(Into::into).collect(),
        queries: times
            .map(|times| case::query(expr.to_owned(), times))
            .into(),
    };
    let theirs = oracle.ask(&request).map_err(io::Error::other)?;
    let (largest, set): (_, SeriesSet) = (largest(&series), series.iter().cloned().collect());
    for (query, theirs) in request.queries.iter().zip(&theirs.answers) {
        let ours = case::ask(&set, query);
        let found = difference(&ours, theirs, largest, false).or_else(|| messages(&ours, theirs));
        if let Some(message) = found {
            return Ok(Outcome::Differs(format!("{query:?}: {message}")));
        }
    }
    let empty = theirs.answers.iter().all(|answer| answer.result.is_empty());
    Ok(if empty { Outcome::Empty } else { Outcome::Same })
}
