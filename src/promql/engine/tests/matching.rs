use super::{ask, at, load, over, ranged};
use crate::promql::{EvalError, SeriesSet};

const NONE: [&str; 0] = [];

fn data() -> SeriesSet {
    load(&[
        "a{i=\"1\",j=\"x\"} 1 2 3",
        "a{i=\"2\",j=\"x\"} 10 20 30",
        "b{i=\"1\"} 2 2 2",
        "b{i=\"2\"} 3 3 _",
        "c{j=\"x\",k=\"y\"} 100 100 100",
    ])
}

#[test]
fn a_comparison_filters_and_keeps_the_left_value_and_name() {
    let data = data();
    assert_eq!(at("b > 2", &data, 0), ["{__name__=\"b\", i=\"2\"} 3"]);
    assert_eq!(at("2 < b", &data, 0), ["{__name__=\"b\", i=\"2\"} 3"]);
    assert_eq!(at("b > bool 2", &data, 0), ["{i=\"1\"} 0", "{i=\"2\"} 1"]);
    assert_eq!(at("b == 7", &data, 0), NONE);
    assert_eq!(
        over("a{i=\"1\"} >= 2", &data, 20),
        ["{__name__=\"a\", i=\"1\", j=\"x\"} 2@10 3@20"]
    );
    assert_eq!(at("a > on(i) b", &data, 0), ["{i=\"2\"} 10"]);
    assert_eq!(
        at("a > ignoring(j) b", &data, 0),
        ["{__name__=\"a\", i=\"2\"} 10"]
    );
}

#[test]
fn one_to_one_matches_by_the_labels_that_are_named_or_not_ignored() {
    let data = data();
    assert_eq!(at("a - b", &data, 0), NONE);
    assert_eq!(
        at("a - ignoring(j) b", &data, 0),
        ["{i=\"1\"} -1", "{i=\"2\"} 7"]
    );
    assert_eq!(
        at("a * on(i) b", &data, 10),
        ["{i=\"1\"} 4", "{i=\"2\"} 60"]
    );
    assert_eq!(at("-b", &data, 0), ["{i=\"1\"} -2", "{i=\"2\"} -3"]);
    assert_eq!(at("b ^ 2 % 5", &data, 0), ["{i=\"1\"} 4", "{i=\"2\"} 4"]);
    assert_eq!(
        at("vector(1) atan2 vector(0)", &data, 0),
        ["{} 1.5707963267948966"]
    );
}

#[test]
fn grouping_takes_labels_over_from_the_one_side() {
    let data = data();
    let both = [
        "{i=\"1\", j=\"x\", k=\"y\"} 0.01",
        "{i=\"2\", j=\"x\", k=\"y\"} 0.1",
    ];
    assert_eq!(at("a / on(j) group_left(k) c", &data, 0), both);
    let swapped = ["{i=\"1\", j=\"x\"} 100", "{i=\"2\", j=\"x\"} 10"];
    assert_eq!(at("c / on(j) group_right() a", &data, 0), swapped);
    assert_eq!(
        at("c > on(j) group_right a", &data, 0),
        [
            "{__name__=\"a\", i=\"1\", j=\"x\"} 100",
            "{__name__=\"a\", i=\"2\", j=\"x\"} 100"
        ]
    );
}

#[test]
fn ambiguous_matches_are_errors_where_both_exist() {
    let data = data();
    let error = |text| ask(text, &data, 0).unwrap_err();
    assert_eq!(error("a / on(j) c"), EvalError::ManyToOne);
    assert_eq!(
        error("c / on(j) a").to_string(),
        "found duplicate series for the match group {j=\"x\"} on the right hand-side of the operation: [{__name__=\"a\", i=\"1\", j=\"x\"}, {__name__=\"a\", i=\"2\", j=\"x\"}];many-to-many matching not allowed: matching labels must be unique on one side"
    );
    assert_eq!(
        error("sum without(i) (a) < on(j) group_left() a").to_string()[..5],
        *"found"
    );
    assert_eq!(
        error("a / on(j) group_left(i) c"),
        EvalError::GroupingNotUnique
    );
    assert_eq!(at("nothing / on(j) a", &data, 0), NONE);
}

#[test]
fn ambiguity_counts_per_step() {
    let data = load(&["l 1 1 1", "r{x=\"1\"} 1 _ stale", "r{x=\"2\"} _ stale 1"]);
    assert_eq!(over("l + on() r", &data, 0), ["{} 2@0"]);
    assert_eq!(over("l + on() r", &data, 20), ["{} 2@0 2@10 2@20"]);
    let data = load(&["l 1 1 1", "r{x=\"1\"} 1 1 1", "r{x=\"2\"} _ _ 1"]);
    assert_eq!(over("l + on() r", &data, 10), ["{} 2@0 2@10"]);
    assert!(matches!(
        ranged("l + on() r", &data, 20),
        Err(EvalError::ManyToMany { .. })
    ));
    let data = load(&["l{x=\"1\"} 1 stale", "l{x=\"2\"} _ 1 1", "r 1 1 1"]);
    assert_eq!(over("l + on() r", &data, 20), ["{} 2@0 2@10 2@20"]);
    assert_eq!(over("l + on() group_left r", &data, 20).len(), 2);
}

#[test]
fn set_operators_look_at_presence_only() {
    let data = data();
    assert_eq!(over("b and on(i) a{i=\"2\"}", &data, 20).len(), 1);
    assert_eq!(at("b unless a", &data, 0).len(), 2);
    assert_eq!(
        at("b unless on(i) a{i=\"2\"}", &data, 0),
        ["{__name__=\"b\", i=\"1\"} 2"]
    );
    assert_eq!(at("b unless nothing", &data, 0).len(), 2);
    assert_eq!(at("b and nothing", &data, 0), NONE);
    let or = [
        "{__name__=\"b\", i=\"1\"} 2",
        "{__name__=\"b\", i=\"2\"} 3",
        "{__name__=\"c\", j=\"x\", k=\"y\"} 100",
    ];
    assert_eq!(at("b or c", &data, 0), or);
    assert_eq!(at("b or on() c", &data, 0), or[..2]);
    let data = load(&["a 1 stale 3", "b _ 2 2"]);
    assert_eq!(
        over("a or on() b", &data, 20),
        ["{__name__=\"a\"} 1@0 3@20", "{__name__=\"b\"} 2@10"]
    );
}

#[test]
fn labels_that_coincide_after_the_name_is_gone_are_an_error_only_at_one_step() {
    let data = load(&["a 1 stale", "b _ 1"]);
    assert_eq!(over("-{__name__=~'a|b'}", &data, 10), ["{} -1@0 -1@10"]);
    let data = load(&["a 1 1", "b _ 1"]);
    assert_eq!(
        ranged("-{__name__=~'a|b'}", &data, 10),
        Err(EvalError::DuplicateLabels)
    );
    assert_eq!(
        ask(
            "rate({__name__=~'a|b'}[1m])",
            &load(&["a 1 1", "b 1 1"]),
            10
        ),
        Err(EvalError::DuplicateLabels)
    );
}
