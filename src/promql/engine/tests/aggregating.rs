use super::{ask, at, load, over};
use crate::promql::SeriesSet;

fn data() -> SeriesSet {
    load(&[
        "a{i=\"1\",j=\"x\"} 1 2 NaN",
        "a{i=\"2\",j=\"x\"} 3 _ 5",
        "a{i=\"3\",j=\"y\"} 4 1 7",
    ])
}

#[test]
fn groups_are_made_of_the_labels_that_stay() {
    let data = data();
    assert_eq!(at("sum(a)", &data, 0), ["{} 8"]);
    assert_eq!(
        at("sum by(j) (a)", &data, 0),
        ["{j=\"x\"} 4", "{j=\"y\"} 4"]
    );
    assert_eq!(
        at("sum by(j, none) (a)", &data, 0),
        ["{j=\"x\"} 4", "{j=\"y\"} 4"]
    );
    assert_eq!(
        at("sum without(i) (a)", &data, 0),
        ["{j=\"x\"} 4", "{j=\"y\"} 4"]
    );
    assert_eq!(
        at("count by(__name__) (a)", &data, 0),
        ["{__name__=\"a\"} 3"]
    );
    assert_eq!(at("sum(nothing)", &data, 0), [] as [&str; 0]);
}

#[test]
fn every_aggregation_has_its_value() {
    let data = data();
    for (text, value) in [
        ("avg(a)", "2.6666666666666665"),
        ("min(a)", "1"),
        ("max(a)", "4"),
        ("count(a)", "3"),
        ("group(a)", "1"),
        ("stdvar(a{j=\"x\"})", "1"),
        ("stddev(a{j=\"x\"})", "1"),
    ] {
        assert_eq!(at(text, &data, 0), [format!("{{}} {value}")], "{text}");
    }
    assert_eq!(over("max(a)", &data, 20), ["{} 4@0 3@10 7@20"]);
    assert_eq!(
        over("sum by(j) (a)", &data, 20)[0],
        "{j=\"x\"} 4@0 5@10 NaN@20"
    );
}

#[test]
fn the_best_come_first_and_keep_all_labels() {
    let data = data();
    assert_eq!(
        at("topk(2, a)", &data, 0),
        [
            "{__name__=\"a\", i=\"3\", j=\"y\"} 4",
            "{__name__=\"a\", i=\"2\", j=\"x\"} 3"
        ]
    );
    assert_eq!(at("bottomk by(j) (1, a)", &data, 0).len(), 2);
    assert_eq!(
        at("topk(1, a)", &data, 20),
        ["{__name__=\"a\", i=\"3\", j=\"y\"} 7"]
    );
    assert_eq!(at("topk(0, a)", &data, 0), [] as [&str; 0]);
    assert_eq!(
        over(
            "topk(scalar(a{i=\"1\"}), a)",
            &load(&["a{i=\"1\"} 1 2", "b{i=\"3\"} 5 5"]),
            10
        )
        .len(),
        1
    );
    assert_eq!(
        over("topk(1, a)", &data, 10),
        [
            "{__name__=\"a\", i=\"2\", j=\"x\"} 3@10",
            "{__name__=\"a\", i=\"3\", j=\"y\"} 4@0"
        ]
    );
    assert_eq!(
        ask("topk(NaN, a)", &data, 0).unwrap_err().to_string(),
        "Parameter value is NaN"
    );
    assert!(
        ask("topk(1e300, a)", &data, 0)
            .unwrap_err()
            .to_string()
            .ends_with("overflows int64")
    );
}

#[test]
fn undefined_values_are_the_last_choice() {
    let data = load(&["a{i=\"1\"} NaN", "a{i=\"2\"} 1", "a{i=\"3\"} 2"]);
    let order = |text| {
        let lines = at(text, &data, 0);
        lines
            .iter()
            .map(|l| l.rsplit(' ').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(order("topk(3, a)"), ["2", "1", "NaN"]);
    assert_eq!(order("bottomk(3, a)"), ["1", "2", "NaN"]);
    assert_eq!(order("topk(2, a)"), ["2", "1"]);
    assert_eq!(order("sort(a)"), ["1", "2", "NaN"]);
    assert_eq!(order("sort_desc(a)"), ["2", "1", "NaN"]);
}

#[test]
fn values_are_counted_by_their_printed_form() {
    let data = load(&["a{i=\"1\"} 1 2", "a{i=\"2\"} 1 1", "a{i=\"3\"} 0.5 1"]);
    assert_eq!(
        at("count_values(\"v\", a)", &data, 0),
        ["{v=\"1\"} 2", "{v=\"0.5\"} 1"]
    );
    assert_eq!(
        over("count_values(\"v\", a)", &data, 10),
        ["{v=\"0.5\"} 1@0", "{v=\"1\"} 2@0 2@10", "{v=\"2\"} 1@10"]
    );
    assert_eq!(at("count_values without(i) (\"i\", a)", &data, 0).len(), 1);
    assert_eq!(at("count_values by(i) (\"v\", a)", &data, 0).len(), 3);
}
