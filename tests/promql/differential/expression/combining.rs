//! Aggregations and operators.

use super::{scalar, selector, vector};
use crate::differential::functions::{AGGREGATIONS, ARITHMETIC, COMPARISONS, SETS};
use crate::differential::random::Random;
use crate::differential::tree::{Kind, Tree};

/// How two vectors are matched, and the word for it.
const MATCHING: [(&str, &str); 10] = [
    ("", ""),
    ("", ""),
    ("on", " on (job, instance)"),
    ("on", " on (job)"),
    ("ignoring", " ignoring (zone)"),
    ("ignoring", " ignoring (le, zone, version)"),
    ("group_left", " on (job) group_left ()"),
    ("group_left", " on (job) group_left (version)"),
    ("group_right", " on (job) group_right (zone)"),
    ("group_right", " ignoring (zone, le) group_right ()"),
];

/// `by`, `without` or nothing.
fn grouping(random: &mut Random) -> (&'static str, &'static str) {
    *random.one_of(&[
        ("", ""),
        ("by", "by (job)"),
        ("by", "by (job, le)"),
        ("by", "by ()"),
        ("by", "by (zone, absent)"),
        ("without", "without (instance)"),
        ("without", "without ()"),
        ("without", "without (job, zone)"),
    ])
}

pub(super) fn aggregation(random: &mut Random, depth: u32) -> Tree {
    let name = *random.one_of(&AGGREGATIONS);
    let (feature, grouping) = grouping(random);
    let inner = vec![vector(random, depth)];
    let features = [name, feature];
    let pattern = if random.once_in(2) {
        format!("{name} {grouping} ($)")
    } else {
        format!("{name}($) {grouping}")
    };
    Tree::new(Kind::Vector, present(&features), pattern, inner)
}

pub(super) fn parameterised(random: &mut Random, depth: u32) -> Tree {
    let name = *random.one_of(&["topk", "bottomk", "quantile", "count_values"]);
    let (feature, grouping) = grouping(random);
    let parameter = match name {
        "count_values" => Tree::leaf(Kind::Fixed, &[], r#""value""#),
        "quantile" => parameter(random, depth.min(1)),
        _ => Tree::leaf(
            Kind::Scalar,
            &[],
            *random.one_of(&["1", "2", "3", "0", "-1", "100"]),
        ),
    };
    let inner = match name {
        // The last digit of a value is a label then, and among equal values the order of Prometheus' maps decides: only values that nothing
        // was computed of.
        "bottomk" | "count_values" | "topk" => selector(random),
        _ => vector(random, depth),
    };
    let inner = vec![parameter, inner];
    let features = [name, feature];
    Tree::new(
        Kind::Vector,
        present(&features),
        format!("{name} {grouping} ($, $)"),
        inner,
    )
}

/// A number that may be another at each step, and is the same to the last digit on every machine: warnings tell it. Prometheus 3.16 leaves `@` out
/// of account in parameters of aggregations.
pub(super) fn parameter(random: &mut Random, depth: u32) -> Tree {
    loop {
        let parameter = scalar(random, depth);
        let features = parameter.all_features();
        let is_sound = |word: &str| !word.starts_with('@') && word != "atan2";
        if features.into_iter().all(is_sound) {
            return parameter;
        }
    }
}

/// Features without an empty last one.
fn present<'a>(features: &'a [&'static str; 2]) -> &'a [&'static str] {
    if features[1].is_empty() {
        &features[..1]
    } else {
        features
    }
}

pub(super) fn between_vectors(random: &mut Random, depth: u32) -> Tree {
    let compares = random.once_in(2);
    let name = *if compares {
        random.one_of(&COMPARISONS)
    } else {
        random.one_of(&ARITHMETIC)
    };
    let (mut features, mut op) = (vec![name], name.to_owned());
    if compares && random.once_in(2) {
        features.push("bool");
        op += " bool";
    }
    let (feature, matching) = *random.one_of(&MATCHING);
    features.extend([feature].iter().filter(|feature| !feature.is_empty()));
    let mut sides = vec![vector(random, depth), vector(random, depth)];
    let one = match feature {
        "group_left" => Some(1),
        "group_right" => Some(0),
        _ => None,
    };
    if let Some(one) = one.filter(|_| !random.once_in(4)) {
        // It has one element for each job, mostly.
        sides[one] = Tree::leaf(Kind::Vector, &[], "info");
    }
    Tree::new(
        Kind::Vector,
        &features,
        format!("($) {op}{matching} ($)"),
        sides,
    )
}

pub(super) fn set(random: &mut Random, depth: u32) -> Tree {
    let op = *random.one_of(&SETS);
    let matching = *random.one_of(&["", "", " on (job)", " ignoring (zone)", " on ()"]);
    let sides = vec![vector(random, depth), vector(random, depth)];
    Tree::new(
        Kind::Vector,
        &[op],
        format!("($) {op}{matching} ($)"),
        sides,
    )
}

/// A vector and a number, now and then without parentheses.
pub(super) fn with_scalar(random: &mut Random, depth: u32) -> Tree {
    let (op, comparison) = if random.once_in(2) {
        (*random.one_of(&ARITHMETIC), false)
    } else {
        (*random.one_of(&COMPARISONS), true)
    };
    let (mut features, mut text) = (vec![op], op.to_owned());
    if comparison && random.once_in(3) {
        features.push("bool");
        text += " bool";
    }
    let mut sides = vec![vector(random, depth), scalar(random, depth)];
    if random.once_in(2) {
        sides.reverse();
    }
    let pattern = if random.once_in(3) && !comparison {
        format!("$ {text} $")
    } else {
        format!("($) {text} ($)")
    };
    Tree::new(Kind::Vector, &features, pattern, sides)
}
