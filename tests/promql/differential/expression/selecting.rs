//! Selectors, ranges and subqueries, with their modifiers.

use super::vector;
use crate::differential::random::Random;
use crate::differential::tree::{Kind, Tree};

/// The name of a metric and matchers.
fn selected(random: &mut Random) -> (String, Vec<&'static str>) {
    let name = *random.one_of(&[
        "gauge",
        "gauge",
        "other",
        "requests_total",
        "latency_bucket",
        "info",
        "missing",
    ]);
    let (matchers, feature) = *random.one_of(&[
        ("", ""),
        ("", ""),
        ("", ""),
        (r#"{job="a"}"#, "="),
        (r#"{job!="a"}"#, "!= matcher"),
        (r#"{job=~"a|c"}"#, "=~"),
        (r#"{job=~".*",instance="1"}"#, "=~"),
        (r#"{instance!~"[12]"}"#, "!~"),
        (r#"{zone=""}"#, "= empty"),
    ]);
    if random.once_in(12) {
        return (r#"{__name__=~"gauge|other"}"#.to_owned(), vec!["=~"]);
    }
    let features = [feature].into_iter().filter(|f| !f.is_empty()).collect();
    (format!("{name}{matchers}"), features)
}

pub(super) fn selector(random: &mut Random) -> Tree {
    let (mut text, mut features) = selected(random);
    text += &modifiers(random, &mut features);
    Tree::leaf(Kind::Vector, &features, text)
}

/// `offset` and `@`, in any order.
fn modifiers(random: &mut Random, features: &mut Vec<&'static str>) -> String {
    let offsets = [
        ("offset 1m", "offset"),
        ("offset 30s", "offset"),
        ("offset -1m", "offset -"),
        ("offset 7m", "offset"),
    ];
    let times = [
        ("@ 600", "@"),
        ("@ 599.999", "@"),
        ("@ start()", "@ start()"),
        ("@ end()", "@ end()"),
        ("@ 1800", "@"),
    ];
    let (offset, at) = (*random.one_of(&offsets), *random.one_of(&times));
    let (text, words) = match random.below(12) {
        0 => (format!(" {}", offset.0), vec![offset.1]),
        1 => (format!(" {}", at.0), vec![at.1]),
        2 => (format!(" {} {}", at.0, offset.0), vec![offset.1, at.1]),
        3 => (format!(" {} {}", offset.0, at.0), vec![offset.1, at.1]),
        _ => (String::new(), Vec::new()),
    };
    features.extend(words);
    text
}

pub(super) fn range(random: &mut Random, depth: u32) -> Tree {
    let length = *random.one_of(&["30s", "1m", "2m", "5m", "5m", "10m", "1m30s", "15s"]);
    if depth == 0 || !random.once_in(4) {
        let (text, mut features) = selected(random);
        let modifiers = modifiers(random, &mut features);
        return Tree::leaf(
            Kind::Range,
            &features,
            format!("{text}[{length}]{modifiers}"),
        );
    }
    let step = *random.one_of(&["", "1m", "30s", "45s", "7s"]);
    let mut features = vec!["subquery"];
    let modifiers = modifiers(random, &mut features);
    let inner = vec![vector(random, depth - 1)];
    Tree::new(
        Kind::Range,
        &features,
        format!("($)[{length}:{step}]{modifiers}"),
        inner,
    )
}
