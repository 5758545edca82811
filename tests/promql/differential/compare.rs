//! Whether two answers are the same: values within 1e-9 relative to the largest input, labels, order where it is defined, errors
//! alike; and, apart from these, warnings and infos.

use std::collections::BTreeSet;

use mirrorwatch::promql::{Sample, Series};

use super::wire::WireAnswer;

/// How far two values may differ, relative to the largest of them and of the inputs.
const EPSILON: f64 = 1e-9;

/// Errors of one kind, by words that both engines say.
const ERRORS: [&str; 7] = [
    "many-to-many matching not allowed",
    "many-to-one matching must be explicit",
    "grouping labels must ensure unique matches",
    "the same labelset",
    "invalid label name",
    "destination label name",
    "Parameter value",
];

/// The size of the largest finite number of some series.
pub(crate) fn largest<'a>(series: impl IntoIterator<Item = &'a Series>) -> f64 {
    let samples = series.into_iter().flat_map(|series| &series.samples);
    let sizes = samples.map(|sample| sample.value.abs());
    sizes.filter(|size| size.is_finite()).fold(0.0, f64::max)
}

/// What differs; `ordered` says that the order of a vector is defined.
pub(crate) fn difference(
    ours: &WireAnswer,
    theirs: &WireAnswer,
    largest: f64,
    ordered: bool,
) -> Option<String> {
    if !ours.error.is_empty() || !theirs.error.is_empty() {
        let same = !ours.error.is_empty() && kind(&ours.error) == kind(&theirs.error);
        return (!same)
            .then(|| format!("errors: ours {:?}, theirs {:?}", ours.error, theirs.error));
    }
    if ours.kind != theirs.kind || ours.text != theirs.text {
        return Some(format!("ours is a {}, theirs a {}", ours.kind, theirs.kind));
    }
    let (Some(a), Some(b)) = (read(ours), read(theirs)) else {
        return Some("an answer holds what is no number".to_owned());
    };
    if ordered && let Some(message) = order(&a, &b, largest) {
        return Some(message);
    }
    values(a, b, largest)
}

/// What differs in the warnings and infos of two answers.
pub(crate) fn messages(ours: &WireAnswer, theirs: &WireAnswer) -> Option<String> {
    let pairs = [
        (&ours.warnings, &theirs.warnings),
        (&ours.infos, &theirs.infos),
    ];
    let different = pairs.into_iter().find(|(a, b)| set(a) != set(b));
    different.map(|(a, b)| format!("messages: ours {a:?}, theirs {b:?}"))
}

/// Of two forbidden matches Prometheus tells that of the earliest step, and our engine that of the whole range: they are of one kind.
fn kind(error: &str) -> &str {
    if ERRORS[..3].iter().any(|words| error.contains(words)) {
        return "matching";
    }
    let known = ERRORS.into_iter().find(|words| error.contains(words));
    known.unwrap_or(error)
}

fn read(answer: &WireAnswer) -> Option<Vec<Series>> {
    answer
        .result
        .iter()
        .map(super::wire::WireSeries::read)
        .collect()
}

/// Messages without the count of samples in a hint on buckets: Prometheus 3.16 doubles it whenever it joins two hints, until it
/// overflows.
fn set(messages: &[String]) -> BTreeSet<String> {
    let counted = |message: &String| match message.split_once(", over ") {
        Some((before, after)) => {
            let rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-');
            format!("{before}, over{rest}")
        }
        None => message.clone(),
    };
    messages.iter().map(counted).collect()
}

/// The values of elements in their order; elements of the same value may change places.
fn order(a: &[Series], b: &[Series], largest: f64) -> Option<String> {
    let values = |all: &[Series]| {
        all.iter()
            .flat_map(|s| s.samples.iter().map(|s| s.value))
            .collect::<Vec<_>>()
    };
    let (a, b) = (values(a), values(b));
    let same = a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| is_same(*a, *b, largest));
    (!same).then(|| format!("order: ours {a:?}, theirs {b:?}"))
}

fn values(mut a: Vec<Series>, mut b: Vec<Series>, largest: f64) -> Option<String> {
    a.sort_by(|a, b| a.labels.cmp(&b.labels));
    b.sort_by(|a, b| a.labels.cmp(&b.labels));
    let labels = |all: &[Series]| all.iter().map(|s| s.labels.clone()).collect::<Vec<_>>();
    if labels(&a) != labels(&b) {
        return Some(format!(
            "labels: ours {:?}, theirs {:?}",
            labels(&a),
            labels(&b)
        ));
    }
    let same = |a: &Sample, b: &Sample| a.at == b.at && is_same(a.value, b.value, largest);
    a.iter().zip(&b).find_map(|(a, b)| {
        let pairs = a.samples.iter().zip(&b.samples);
        if a.samples.len() != b.samples.len() {
            let (ours, theirs) = (a.samples.len(), b.samples.len());
            return Some(format!(
                "{}: ours has {ours} samples, theirs {theirs}",
                a.labels
            ));
        }
        let (ours, theirs) = pairs.into_iter().find(|(a, b)| !same(a, b))?;
        Some(format!("{}: ours {ours:?}, theirs {theirs:?}", a.labels))
    })
}

fn is_same(a: f64, b: f64, largest: f64) -> bool {
    if a.is_nan() || b.is_nan() {
        return a.is_nan() && b.is_nan();
    }
    if a.is_infinite() || b.is_infinite() {
        return a.is_infinite() && b.is_infinite() && a.signum() == b.signum();
    }
    (a - b).abs() <= EPSILON * a.abs().max(b.abs()).max(largest)
}

#[test]
fn answers_differ_in_values_labels_times_order_messages_and_errors() {
    let answer = |value: f64, job: &str, warning: &str| {
        let series = Series {
            labels: [("job", job)].into_iter().collect(),
            samples: vec![Sample { at: 1, value }],
        };
        WireAnswer {
            kind: "vector".to_owned(),
            result: vec![(&series).into()],
            warnings: vec![warning.to_owned()],
            ..WireAnswer::default()
        }
    };
    let one = answer(1.0, "a", "w");
    let differs = |other: &WireAnswer| difference(&one, other, 1.0, true).is_some();
    assert!(!differs(&answer(1.0 + 1e-10, "a", "w")));
    assert!(differs(&answer(1.0 + 1e-8, "a", "w")));
    assert!(differs(&answer(f64::NAN, "a", "w")));
    assert!(differs(&answer(1.0, "b", "w")));
    assert_eq!(messages(&one, &one), None);
    assert!(messages(&one, &answer(1.0, "a", "v")).is_some());
    let error = |error: &str| WireAnswer {
        error: error.to_owned(),
        ..WireAnswer::default()
    };
    assert!(differs(&error("some")));
    let (ours, theirs) = (error("x: the same labelset"), error("y the same labelset"));
    assert_eq!(difference(&ours, &theirs, 1.0, false), None);
    assert!(difference(&ours, &error("other"), 1.0, false).is_some());
}

#[test]
fn the_order_of_a_sorted_vector_matters() {
    let series = |value: f64, job: &str| Series {
        labels: [("job", job)].into_iter().collect(),
        samples: vec![Sample { at: 1, value }],
    };
    let answer = |all: [Series; 2]| WireAnswer {
        kind: "vector".to_owned(),
        result: all.iter().map(Into::into).collect(),
        ..WireAnswer::default()
    };
    let up = answer([series(1.0, "a"), series(2.0, "b")]);
    let down = answer([series(2.0, "b"), series(1.0, "a")]);
    assert_eq!(difference(&up, &down, 1.0, false), None);
    assert!(difference(&up, &down, 1.0, true).is_some());
}
