use std::path::Path;

use super::*;
use crate::rules::RuleFile;

fn groups(text: &str) -> Vec<Group> {
    RuleFile::parse(Path::new("r.yml"), text).unwrap().groups
}

fn series(all: &[(&str, &[(Millis, f64)])]) -> SeriesSet {
    let mut set = SeriesSet::default();
    for (instance, samples) in all {
        let labels = [("__name__", "a"), ("instance", *instance)]
            .into_iter()
            .collect();
        set.add(
            labels,
            samples.iter().map(|(at, value)| Sample {
                at: *at,
                value: *value,
            }),
        );
    }
    set
}

/// The samples of a metric: series, time, value.
fn written(replay: &Replay, metric: &str) -> Vec<String> {
    let all = replay
        .series()
        .iter()
        .filter(|(labels, _)| labels.name() == metric);
    let told = all.flat_map(|(labels, samples)| {
        let labels = labels
            .to_string()
            .replace(&format!("__name__=\"{metric}\""), "")
            .replace("{, ", "{");
        samples.iter().map(move |sample| {
            let value = if sample.is_stale() {
                "stale".to_owned()
            } else {
                sample.value.to_string()
            };
            format!("{labels} {value}@{}", sample.at / 1_000)
        })
    });
    told.collect()
}

fn replayed(rules: &str, data: SeriesSet, to: Millis) -> Replay {
    let mut replay = Replay::new(groups(rules), data, Settings::default());
    replay.over(0, to, 10_000);
    replay
}

#[test]
fn a_rule_sees_what_the_rules_before_it_recorded_at_the_same_evaluation() {
    let rules = "groups:\n  - name: g\n    rules:\n      - { record: b, expr: a * 2, labels: { x: 'y' } }\n      - { record: c, expr: b + 1 }\n";
    let replay = replayed(rules, series(&[("i", &[(0, 1.0), (10_000, 5.0)])]), 10_000);
    assert_eq!(
        written(&replay, "b"),
        [
            "{instance=\"i\", x=\"y\"} 2@0",
            "{instance=\"i\", x=\"y\"} 10@10"
        ]
    );
    assert_eq!(
        written(&replay, "c"),
        [
            "{instance=\"i\", x=\"y\"} 3@0",
            "{instance=\"i\", x=\"y\"} 11@10"
        ]
    );
}

#[test]
fn a_recorded_series_ends_where_its_rule_yields_it_no_more() {
    let rules = "groups:\n  - { name: g, rules: [{ record: b, expr: a > 1 }] }\n";
    let data = series(&[(
        "i",
        &[(0, 2.0), (10_000, 1.0), (20_000, 1.0), (30_000, 3.0)],
    )]);
    let expected = ["2@0", "stale@10", "3@30"].map(|sample| format!("{{instance=\"i\"}} {sample}"));
    assert_eq!(written(&replayed(rules, data, 30_000), "b"), expected);
}

#[test]
fn an_alert_is_pending_for_its_time_then_fires_then_ends() {
    let rules = "groups:\n  - { name: g, rules: [{ alert: A, expr: a > 1, for: 20s, labels: { severity: page }, annotations: { s: 'is {{ $value }}' } }] }\n";
    let data = series(&[(
        "i",
        &[(0, 2.0), (10_000, 3.0), (20_000, 4.0), (30_000, 1.0)],
    )]);
    let replay = replayed(rules, data, 40_000);
    let of = |state: &str, sample: &str| {
        format!(
            "{{alertname=\"A\", alertstate=\"{state}\", instance=\"i\", severity=\"page\"}} {sample}"
        )
    };
    let expected = [
        of("firing", "1@20"),
        of("firing", "stale@30"),
        of("pending", "1@0"),
        of("pending", "1@10"),
        of("pending", "stale@20"),
    ];
    assert_eq!(written(&replay, "ALERTS"), expected);
    assert_eq!(written(&replay, "ALERTS_FOR_STATE").len(), 4);
    let told: Vec<_> = replay
        .transitions
        .iter()
        .map(|one| (one.at, one.state, one.annotations.get("s").cloned()))
        .collect();
    assert_eq!(
        told,
        [
            (0, Some(State::Pending), Some("is 2".to_owned())),
            (20_000, Some(State::Firing), Some("is 4".to_owned())),
            (30_000, None, None)
        ]
    );
}

#[test]
fn an_evaluation_that_fails_writes_nothing_and_ends_nothing() {
    let rules =
        "groups:\n  - { name: g, rules: [{ record: b, expr: 'a * on () group_left () a' }] }\n";
    let data = series(&[
        ("i", &[(0, 2.0), (10_000, 2.0), (20_000, 3.0)]),
        ("j", &[(10_000, 1.0), (11_000, Sample::stale(0).value)]),
    ]);
    let replay = replayed(rules, data, 20_000);
    assert_eq!(
        written(&replay, "b"),
        ["{instance=\"i\"} 4@0", "{instance=\"i\"} 9@20"]
    );
    let [problem] = &replay.problems[..] else {
        panic!("{:?}", replay.problems)
    };
    assert_eq!(
        (problem.at, problem.group.as_str(), problem.rule.as_str()),
        (10_000, "g", "b")
    );
    assert!(problem.why.contains("many-to-many"), "{}", problem.why);
}

#[test]
fn results_that_a_rule_makes_the_same_are_refused() {
    let rules = "groups:\n  - { name: g, rules: [{ record: b, expr: a, labels: { instance: x } }, { alert: A, expr: a, labels: { instance: x } }] }\n";
    let replay = replayed(rules, series(&[("i", &[(0, 1.0)]), ("j", &[(0, 1.0)])]), 0);
    let why: Vec<_> = replay
        .problems
        .iter()
        .map(|problem| problem.why.as_str())
        .collect();
    assert_eq!(
        why,
        [
            "vector contains metrics with the same labelset after applying rule labels",
            "vector contains metrics with the same labelset after applying alert labels"
        ]
    );
}

#[test]
fn more_than_the_limit_is_refused_and_as_many_are_not() {
    let rules = "groups:\n  - { name: g, limit: 1, rules: [{ record: b, expr: a }, { alert: A, expr: a }] }\n";
    let two = replayed(rules, series(&[("i", &[(0, 1.0)]), ("j", &[(0, 1.0)])]), 0);
    assert_eq!(
        (
            two.problems.len(),
            written(&two, "b").len(),
            two.firing().len()
        ),
        (2, 0, 0)
    );
    let one = replayed(rules, series(&[("i", &[(0, 1.0)])]), 0);
    assert_eq!(
        (
            one.problems.len(),
            written(&one, "b").len(),
            one.firing().len()
        ),
        (0, 1, 1)
    );
}

#[test]
fn each_group_has_its_own_interval_and_offset() {
    let rules = "groups:\n  - { name: g, interval: 20s, query_offset: 5s, rules: [{ record: b, expr: time() }] }\n  - { name: h, rules: [{ record: c, expr: time() }] }\n";
    let replay = replayed(rules, SeriesSet::default(), 40_000);
    assert_eq!(written(&replay, "b"), ["{} -5@-5", "{} 15@15", "{} 35@35"]);
    assert_eq!(written(&replay, "c").len(), 5);
}
