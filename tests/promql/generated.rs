//! Generated queries, asked of both engines: how often every word of the language had an answer that is not empty, and every case that
//! differs, shrunk, as a line of JSON.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use mirrorwatch::promql::SeriesSet;

use crate::differential::case::{self, Case};
use crate::differential::compare::{difference, largest, messages};
use crate::differential::functions::words;
use crate::differential::oracle::{self, Oracle};
use crate::differential::random::Random;
use crate::differential::shrink::shrink;
use crate::differential::wire::{Request, WireAnswer};
use crate::differential::{data, expression};
use crate::promqltest::Times;
use crate::told;

/// Queries on the same series.
const BATCH: usize = 50;
/// Of how many answers of a word more would say little.
const ENOUGH: usize = 50;
/// Most cases that are shrunk and shown.
const MOST_SHOWN: usize = 20;
/// Most of those that differ only in warnings or infos.
const MOST_MESSAGES: usize = 5;

#[test]
#[ignore = "needs Go and Prometheus' module: make conformance"]
fn generated_queries_have_the_answers_of_prometheus_engine() {
    let number = |variable, otherwise| {
        let told = std::env::var(variable).ok();
        told.map_or(otherwise, |told| told.parse().expect("a number"))
    };
    let queries = usize::try_from(number("QUERIES", 20_000)).expect("a number of queries");
    let different = ask(&told("ORACLE"), number("SEED", 1), queries).unwrap();
    assert_eq!(different, 0);
}

/// Asks, and says how many cases differ.
fn ask(program: &Path, seed: u64, queries: usize) -> Result<usize, oracle::Error> {
    let mut oracle = Oracle::start(program)?;
    let mut random = Random::seeded(seed);
    let mut answered: BTreeMap<&str, usize> = words().into_iter().map(|word| (word, 0)).collect();
    let (mut asked, mut different, mut in_messages) = (0, 0, 0);
    let mut out = std::io::stdout().lock();
    while asked < queries {
        let cases = batch(&mut random);
        let request = Request {
            series: cases[0].series.iter().map(Into::into).collect(),
            queries: cases.iter().map(Case::query).collect(),
        };
        let theirs = oracle.ask(&request)?.answers;
        for (case, theirs) in cases.into_iter().zip(&theirs) {
            asked += 1;
            if !theirs.result.is_empty() {
                for feature in case.expr.all_features() {
                    *answered.entry(feature).or_default() += 1;
                }
            }
            let found = found(&case, theirs);
            let (count, most) = match found {
                None => continue,
                Some(Found::Value(_)) => (&mut different, MOST_SHOWN),
                Some(Found::Messages(_)) => (&mut in_messages, MOST_MESSAGES),
            };
            *count += 1;
            if *count <= most {
                show(case, &mut oracle, &mut out)?;
            }
        }
    }
    for (word, count) in &answered {
        writeln!(out, "{count:7} {word}")?;
    }
    let rare: Vec<_> = answered
        .iter()
        .filter(|(_, count)| **count < ENOUGH)
        .collect();
    writeln!(
        out,
        "fewer than {ENOUGH} answers that are not empty: {rare:?}"
    )?;
    writeln!(
        out,
        "{asked} asked, {different} differ, {in_messages} only in warnings or infos"
    )?;
    Ok(different + in_messages)
}

fn batch(random: &mut Random) -> Vec<Case> {
    let series = data::series(random);
    let one = |random: &mut Random| {
        let depth = 1 + random.below(4);
        Case {
            series: series.clone(),
            expr: expression::expression(random, depth),
            when: case::times(random),
        }
    };
    (0..BATCH).map(|_| one(random)).collect()
}

/// What differs.
enum Found {
    /// The value or the error.
    Value(String),
    /// Only warnings or infos.
    Messages(String),
}

fn found(case: &Case, theirs: &WireAnswer) -> Option<Found> {
    let data: SeriesSet = case.series.iter().cloned().collect();
    let ours = case::ask(&data, &case.query());
    let root = case.expr.features.first();
    let sorts = matches!(root, Some(&("sort" | "sort_desc")));
    let ordered = sorts && matches!(case.when, Times::Instant(_));
    let value = difference(&ours, theirs, largest(&case.series), ordered).map(Found::Value);
    value.or_else(|| messages(&ours, theirs).map(Found::Messages))
}

/// Shrinks a case and prints it with what differs.
fn show(case: Case, oracle: &mut Oracle, out: &mut impl Write) -> Result<(), oracle::Error> {
    let mut differs = |case: &Case| -> Result<Option<Found>, oracle::Error> {
        let response = oracle.ask(&case.request())?;
        let theirs = response.answers.first();
        Ok(theirs.and_then(|theirs| found(case, theirs)))
    };
    let of_value = matches!(differs(&case)?, Some(Found::Value(_)));
    let smallest = shrink(case, 400, |case| {
        differs(case).map(|found| match found {
            Some(Found::Value(_)) => of_value,
            Some(Found::Messages(_)) => !of_value,
            None => false,
        })
    })?;
    let message = match differs(&smallest)? {
        Some(Found::Value(message) | Found::Messages(message)) => message,
        None => String::new(),
    };
    let (expr, when) = (&smallest.expr, smallest.when);
    let request = serde_json::to_string(&smallest.request())?;
    writeln!(out, "differs: {expr}\n  {when:?}\n  {message}\n  {request}")?;
    Ok(())
}
