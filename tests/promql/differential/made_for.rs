//! Series that a given query selects.

use std::collections::BTreeMap;

use mirrorwatch::promql::{Labels, Query, Selector, Series};

use super::data;
use super::random::Random;

/// Labels that series of mirrors have, and values of them.
const LABELS: [(&str, [&str; 2]); 8] = [
    ("source", ["a", "b"]),
    ("target", ["b", "a"]),
    ("topic", ["orders", "bills"]),
    ("partition", ["0", "1"]),
    ("job", ["mirror", "kafka"]),
    ("instance", ["one:1", "two:2"]),
    ("connector", ["heartbeat", "source"]),
    ("state", ["RUNNING", "FAILED"]),
];

/// Two or three series for every selector: the labels that it asks for, and some others.
pub(crate) fn series(query: &Query, random: &mut Random) -> Vec<Series> {
    let mut all: BTreeMap<Labels, Series> = BTreeMap::new();
    for footprint in query.selectors() {
        for turn in 0..3 {
            let labels = labels(&footprint.selector, turn);
            if footprint.selector.matches(&labels) {
                let counts = labels.name().ends_with("_total");
                let made = data::of_labels(labels.clone(), counts, random);
                all.entry(labels).or_insert(made);
            }
        }
    }
    all.into_values().collect()
}

fn labels(selector: &Selector, turn: usize) -> Labels {
    let others = LABELS.map(|(name, values)| (name.to_owned(), values[turn % 2].to_owned()));
    let mut pairs: BTreeMap<String, String> = others.into();
    if turn == 2 {
        pairs.insert("partition".to_owned(), "2".to_owned());
    }
    for matcher in selector.matchers() {
        let text = matcher.to_string();
        let name = text.split(['=', '!']).next().unwrap_or_default();
        pairs.insert(name.to_owned(), first_choice(matcher.value(), turn));
    }
    let text = selector.to_string();
    if let Some(name) = text.split('{').next().filter(|name| !name.is_empty()) {
        pairs.insert("__name__".to_owned(), name.to_owned());
    }
    pairs.into_iter().collect()
}

/// One of the alternatives of a pattern like `a|b`.
fn first_choice(value: &str, turn: usize) -> String {
    let choices: Vec<_> = value.split('|').collect();
    choices[turn % choices.len()].to_owned()
}

#[test]
fn every_selector_has_series() {
    let query = Query::parse(r#"sum(rate(a_total{topic="x"}[5m])) / b{state=~"UP|DOWN"}"#);
    let made = series(&query.unwrap(), &mut Random::seeded(1));
    let names: Vec<_> = made.iter().map(|series| series.labels.name()).collect();
    assert!(
        names.contains(&"a_total") && names.contains(&"b"),
        "{names:?}"
    );
    assert!(made.iter().all(|series| !series.samples.is_empty()));
}
