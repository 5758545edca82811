//! Generated expressions, well-typed, of every function, aggregation, operator and modifier.

mod combining;
mod selecting;

use combining::{aggregation, between_vectors, parameter, parameterised, set, with_scalar};
use selecting::{range, selector};

use super::functions::{ARITHMETIC, COMPARISONS, OF_RANGE, OF_VECTOR};
use super::random::Random;
use super::tree::{Kind, Tree};

/// An expression that a query may have, nested at most this deeply.
pub(crate) fn expression(random: &mut Random, depth: u32) -> Tree {
    if random.once_in(15) {
        scalar(random, depth)
    } else {
        vector(random, depth)
    }
}

fn scalar(random: &mut Random, depth: u32) -> Tree {
    let number = *random.one_of(&[
        "0", "1", "-1", "0.5", "2", "3.5", "10", "100", "NaN", "Inf", "-Inf", "0x1F", "1e-3",
    ]);
    if depth == 0 {
        return Tree::leaf(Kind::Scalar, &[], number);
    }
    match random.below(7) {
        0 => Tree::leaf(Kind::Scalar, &["time"], "time()"),
        1 => Tree::leaf(Kind::Scalar, &["pi"], "pi()"),
        2 => Tree::new(
            Kind::Scalar,
            &["scalar"],
            "scalar($)",
            vec![vector(random, depth - 1)],
        ),
        3 => {
            let op = *random.one_of(&ARITHMETIC);
            let sides = vec![scalar(random, depth - 1), scalar(random, depth - 1)];
            Tree::new(Kind::Scalar, &[op], format!("($) {op} ($)"), sides)
        }
        4 => {
            let op = *random.one_of(&COMPARISONS);
            let sides = vec![scalar(random, depth - 1), scalar(random, depth - 1)];
            Tree::new(
                Kind::Scalar,
                &[op, "bool"],
                format!("($) {op} bool ($)"),
                sides,
            )
        }
        5 => Tree::new(
            Kind::Scalar,
            &["unary -"],
            "-($)",
            vec![scalar(random, depth - 1)],
        ),
        _ => Tree::leaf(Kind::Scalar, &[], number),
    }
}

fn vector(random: &mut Random, depth: u32) -> Tree {
    if depth == 0 {
        return selector(random);
    }
    match random.below(24) {
        0 | 1 | 20..24 => of_vector(random, depth - 1),
        2..6 => of_range(random, depth - 1),
        6..9 => aggregation(random, depth - 1),
        9 => parameterised(random, depth - 1),
        10 | 11 => between_vectors(random, depth - 1),
        12 => set(random, depth - 1),
        13 | 14 => with_scalar(random, depth - 1),
        15 => labelled(random, depth - 1),
        16 => histogram(random, depth - 1),
        17 => with_numbers(random, depth - 1),
        18 => {
            let inner = vec![vector(random, depth - 1)];
            Tree::new(Kind::Vector, &["unary -"], "-($)", inner)
        }
        _ => selector(random),
    }
}

fn of_vector(random: &mut Random, depth: u32) -> Tree {
    let name = *random.one_of(&OF_VECTOR);
    // Most vectors have elements, and of these nothing is absent.
    let inner = if name == "absent" && random.once_in(2) {
        Tree::leaf(Kind::Vector, &[], r#"missing{job="a",zone!="z"}"#)
    } else {
        vector(random, depth)
    };
    let inner = match name {
        // Of both at once no time is told.
        "timestamp" if has(&inner, "@") && has(&inner, "offset") => {
            Tree::leaf(Kind::Vector, &["@"], "gauge @ 600")
        }
        _ => inner,
    };
    let pattern = match name {
        // Of a large number the last digit decides on all of the result.
        "cos" | "sin" | "tan" => format!("{name}(clamp($, -100, 100))"),
        _ => format!("{name}($)"),
    };
    Tree::new(Kind::Vector, &[name], pattern, vec![inner])
}

fn has(tree: &Tree, start: &str) -> bool {
    tree.all_features()
        .iter()
        .any(|word| word.starts_with(start))
}

fn of_range(random: &mut Random, depth: u32) -> Tree {
    if random.once_in(6) {
        let name = *random.one_of(&["predict_linear", "quantile_over_time"]);
        let pattern = if name == "predict_linear" {
            "predict_linear($, $)"
        } else {
            "quantile_over_time($, $)"
        };
        let (range, number) = (range(random, depth), parameter(random, depth.min(1)));
        let arguments = if name == "predict_linear" {
            vec![range, number]
        } else {
            vec![number, range]
        };
        return Tree::new(Kind::Vector, &[name], pattern, arguments);
    }
    let name = *random.one_of(&OF_RANGE);
    Tree::new(
        Kind::Vector,
        &[name],
        format!("{name}($)"),
        vec![range(random, depth)],
    )
}

fn labelled(random: &mut Random, depth: u32) -> Tree {
    let (name, rest) = *random.one_of(&[
        ("label_replace", r#""to", "x-$1", "job", "(.*)""#),
        ("label_replace", r#""job", "$2$1", "instance", "(.)(.*)""#),
        ("label_replace", r#""instance", "", "job", "a""#),
        (
            "label_replace",
            r#""__name__", "renamed_$1", "job", "(a|b)""#,
        ),
        ("label_join", r#""to", "-", "job", "instance""#),
        ("label_join", r#""instance", "/", "zone", "absent""#),
        ("label_join", r#""to", "+""#),
    ]);
    let rest = Tree::leaf(Kind::Fixed, &[], rest);
    Tree::new(
        Kind::Vector,
        &[name],
        format!("{name}($, $)"),
        vec![vector(random, depth), rest],
    )
}

fn histogram(random: &mut Random, depth: u32) -> Tree {
    let rate = *random.one_of(&[
        "rate(latency_bucket[5m])",
        "latency_bucket",
        "sum by (job, le) (rate(latency_bucket[2m]))",
        "increase(latency_bucket[10m])",
    ]);
    let buckets = if random.once_in(6) {
        vector(random, depth)
    } else {
        Tree::leaf(Kind::Vector, &[], rate)
    };
    if random.once_in(3) {
        let bounds = *random.one_of(&["0, 1", "0.05, 5", "-1, 100", "-Inf, Inf", "1, 0", "NaN, 1"]);
        let bounds = Tree::leaf(Kind::Fixed, &[], bounds);
        return Tree::new(
            Kind::Vector,
            &["histogram_fraction"],
            "histogram_fraction($, $)",
            vec![bounds, buckets],
        );
    }
    let q = Tree::leaf(
        Kind::Scalar,
        &[],
        *random.one_of(&["0.5", "0.9", "0.99", "0", "1", "1.5", "-1", "NaN"]),
    );
    Tree::new(
        Kind::Vector,
        &["histogram_quantile"],
        "histogram_quantile($, $)",
        vec![q, buckets],
    )
}

fn with_numbers(random: &mut Random, depth: u32) -> Tree {
    match random.below(5) {
        0 => Tree::new(
            Kind::Vector,
            &["vector"],
            "vector($)",
            vec![scalar(random, depth)],
        ),
        1 => {
            let arguments = vec![
                vector(random, depth),
                scalar(random, depth.min(1)),
                scalar(random, depth.min(1)),
            ];
            Tree::new(Kind::Vector, &["clamp"], "clamp($, $, $)", arguments)
        }
        n => {
            let name = ["clamp_min", "clamp_max", "round"][n as usize - 2];
            let arguments = vec![vector(random, depth), scalar(random, depth.min(1))];
            Tree::new(Kind::Vector, &[name], format!("{name}($, $)"), arguments)
        }
    }
}

#[test]
fn every_expression_is_one_that_the_engine_takes() {
    let mut random = Random::seeded(7);
    for _ in 0..500 {
        let text = expression(&mut random, 4).to_string();
        if let Err(error) = mirrorwatch::promql::Query::parse(&text) {
            panic!("{error}");
        }
    }
}
