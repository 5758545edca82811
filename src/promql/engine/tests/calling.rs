use super::{ask, at, load, over, ranged};
use crate::promql::EvalError;

const NONE: [&str; 0] = [];

#[test]
fn absent_has_the_labels_that_are_asked_for_once_by_equality() {
    let data = load(&["a 1 stale 1"]);
    assert_eq!(at("absent(a)", &data, 0), NONE);
    assert_eq!(over("absent(a)", &data, 20), ["{} 1@10"]);
    assert_eq!(
        at("absent(b{x=\"1\",y=\"2\",y=\"3\",z=~\"4\"})", &data, 0),
        ["{x=\"1\"} 1"]
    );
    assert_eq!(at("absent(sum(b{x=\"1\"}))", &data, 0), ["{} 1"]);
    assert_eq!(at("absent(a > 1)", &data, 0), ["{} 1"]);
}

#[test]
fn absent_over_time_fires_only_if_the_whole_range_is_empty() {
    let data = load(&["a 1 _ _ _ 1"]);
    assert_eq!(
        over("absent_over_time(a{x=\"\"}[20s])", &data, 40),
        ["{} 1@20 1@30"]
    );
    assert_eq!(
        at("absent_over_time(b{x=\"1\"}[20s])", &data, 0),
        ["{x=\"1\"} 1"]
    );
    assert_eq!(
        at("absent_over_time(sum(b{x=\"1\"})[20s:])", &data, 0),
        ["{} 1"]
    );
}

#[test]
fn the_last_value_of_a_range_keeps_its_name_and_needs_no_lookback() {
    let data = load(&["a 1 2"]);
    assert_eq!(
        at("last_over_time(a[1h])", &data, 1000),
        ["{__name__=\"a\"} 2"]
    );
}

#[test]
fn labels_are_replaced_where_the_whole_value_matches() {
    let data = load(&["a{x=\"b-1\"} 1", "a{x=\"c\"} 2"]);
    assert_eq!(
        at(
            "label_replace(a, \"y\", \"$1\", \"x\", \"(.*)-.*\")",
            &data,
            0
        ),
        [
            "{__name__=\"a\", x=\"b-1\", y=\"b\"} 1",
            "{__name__=\"a\", x=\"c\"} 2"
        ]
    );
    let error = |text| ask(text, &data, 0).unwrap_err();
    assert_eq!(
        error("label_replace(a, \"x\", \"\", \"x\", \".*\")"),
        EvalError::DuplicateLabels
    );
    assert_eq!(
        error("label_replace(a, \"\", \"\", \"x\", \".*\")").to_string(),
        "invalid destination label name in label_replace(): "
    );
    assert!(matches!(
        error("label_replace(a, \"y\", \"\", \"x\", \"(\")"),
        EvalError::Regex(_)
    ));
}

#[test]
fn sorting_over_a_range_is_in_vain_and_says_so() {
    let data = load(&["a 1 1"]);
    let warnings = ranged("sort(a)", &data, 10).unwrap().warnings;
    assert_eq!(warnings.len(), 1);
    assert!(ask("sort(a)", &data, 10).unwrap().warnings.is_empty());
}

#[test]
fn over_a_subquery_only_the_hint_on_counters_loses_its_place() {
    let data = load(&["a 1 2 3"]);
    let rate = ask("1 + rate(a[30s:10s])", &data, 20).unwrap();
    assert!(rate.infos[0].ends_with("(1:1)"), "{:?}", rate.infos);
    let quantile = ask("quantile_over_time(2, a[30s:10s])", &data, 20).unwrap();
    assert!(quantile.warnings[0].ends_with("(1:20)"), "{quantile:?}");
}
