use super::{ask, at, load, over};
use crate::promql::{Query, Settings};

#[test]
fn a_sample_exactly_as_old_as_the_lookback_is_too_old() {
    let data = load(&["a 1"]);
    assert_eq!(at("a", &data, 299), ["{__name__=\"a\"} 1"]);
    assert!(at("a", &data, 300).is_empty());
    let settings = Settings {
        lookback: 1000,
        ..Settings::default()
    };
    let query = Query::parse("a").unwrap();
    let found = |ms| query.instant(&data, ms, &settings).unwrap().value;
    assert_ne!(found(999), found(1000));
}

#[test]
fn a_range_is_open_on_the_left() {
    let data = load(&["a 1 2 3"]);
    assert_eq!(at("a[10s]", &data, 20), ["{__name__=\"a\"} 3@20"]);
    assert_eq!(at("count_over_time(a[20s])", &data, 20), ["{} 2"]);
    assert_eq!(
        at("a[20s] offset 10s", &data, 30),
        ["{__name__=\"a\"} 2@10 3@20"]
    );
}

#[test]
fn a_marker_ends_a_series_at_once_and_is_no_sample_of_a_range() {
    let data = load(&["a 1 stale _ 4"]);
    assert_eq!(over("a", &data, 30), ["{__name__=\"a\"} 1@0 4@30"]);
    assert_eq!(at("count_over_time(a[1m])", &data, 30), ["{} 2"]);
    assert_eq!(at("a[1m]", &data, 20), ["{__name__=\"a\"} 1@0"]);
}

#[test]
fn an_undefined_value_is_a_value() {
    let data = load(&["a NaN NaN"]);
    assert_eq!(over("a", &data, 10), ["{__name__=\"a\"} NaN@0 NaN@10"]);
    assert_eq!(at("count_over_time(a[1m])", &data, 10), ["{} 2"]);
    assert_eq!(at("a == a", &data, 10), [] as [&str; 0]);
}

#[test]
fn at_comes_before_offset_whatever_their_order() {
    let data = load(&["a 0 1 2 3 4 5 6"]);
    for text in ["a @ 30 offset 10s", "a offset 10s @ 30"] {
        assert_eq!(at(text, &data, 60), ["{__name__=\"a\"} 2"]);
        assert_eq!(over(text, &data, 10), ["{__name__=\"a\"} 2@0 2@10"]);
    }
    assert_eq!(at("a offset -10s", &data, 30), ["{__name__=\"a\"} 4"]);
    assert_eq!(
        over("a @ start()", &data, 20),
        ["{__name__=\"a\"} 0@0 0@10 0@20"]
    );
    assert_eq!(
        over("a @ end()", &data, 20),
        ["{__name__=\"a\"} 2@0 2@10 2@20"]
    );
}

#[test]
fn times_are_those_of_samples_only_directly_on_a_selector() {
    let data = load(&["a 5 _ _ 5"]);
    assert_eq!(over("timestamp(a)", &data, 30), ["{} 0@0 0@10 0@20 30@30"]);
    assert_eq!(over("timestamp((a))", &data, 20), ["{} 0@0 0@10 0@20"]);
    assert_eq!(over("timestamp(a + 0)", &data, 20), ["{} 0@0 10@10 20@20"]);
    assert_eq!(over("timestamp(a @ 5)", &data, 20), ["{} 0@0 0@10 0@20"]);
    assert_eq!(
        over("timestamp(abs(a @ 5))", &data, 20),
        ["{} 0@0 10@10 20@20"]
    );
}

#[test]
fn times_of_samples_follow_the_offset() {
    let data = load(&["a 1 1 1"]);
    assert_eq!(at("timestamp(a offset 10s)", &data, 20), ["{} 10"]);
}

#[test]
fn names_are_dropped_late_if_that_is_asked_for() {
    let data = load(&["a_total{x=\"1\"} 1 2", "b_total{x=\"1\"} 1 3"]);
    let settings = Settings {
        delayed_name_removal: true,
        ..Settings::default()
    };
    let text =
        "label_replace(rate({__name__=~'.*_total'}[1m]), 'n', '$1', '__name__', '(.*)_total')";
    let query = Query::parse(text).unwrap();
    let names = |settings: &Settings| match query.instant(&data, 10_000, settings) {
        Ok(answer) => format!("{:?}", answer.value).matches("\"n\"").count(),
        Err(_) => 0,
    };
    assert_eq!((names(&settings), names(&Settings::default())), (2, 0));
}

#[test]
fn scalars_and_strings_are_answers_too() {
    let data = load(&[]);
    assert_eq!(at("1 + 2 * 3", &data, 7), ["7"]);
    assert_eq!(at("-time()", &data, 7), ["-7"]);
    assert_eq!(at("'a\\n'", &data, 7), ["a\n"]);
    assert_eq!(over("1", &data, 10), ["{} 1@0 1@10"]);
    assert_eq!(at("vector(1) == bool 1", &data, 0), ["{} 1"]);
    assert_eq!(at("scalar(vector(3))", &data, 0), ["3"]);
    assert_eq!(at("scalar(a)", &data, 0), ["NaN"]);
}

#[test]
fn a_regular_expression_matches_newlines_and_the_whole_value() {
    let data = load(&["a{x=\"b\\nc\"} 1", "a{x=\"bc\"} 2"]);
    assert_eq!(at("a{x=~'b.c'} * 1", &data, 0), ["{x=\"b\\nc\"} 1"]);
    assert_eq!(at("a{x=~'b'}", &data, 0), [] as [&str; 0]);
    assert_eq!(at("count({__name__=~'.+', x!=''})", &data, 0), ["{} 2"]);
}

#[test]
fn notes_come_with_the_answer() {
    let data = load(&["a 1 2", "b_total 1 2"]);
    let infos = |text| ask(text, &data, 10).unwrap().infos;
    assert_eq!(
        infos("rate(a[1m])"),
        [
            "PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"a\" (1:6)"
        ]
    );
    assert!(infos("rate(b_total[1m])").is_empty());
    assert!(infos("rate(a[1s])").is_empty());
}
