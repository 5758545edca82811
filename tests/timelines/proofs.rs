//! What a verdict rests on: taken away, or from the wrong place, it is never a PASS.

use mirrorwatch::promql::{Labels, Sample};
use mirrorwatch::recovery::judgement::{Measured, Verdict};

use crate::cases::{Drill, is, remarked};
use crate::page::offset;
use crate::world::SECOND;

/// A series without which the rest still proves everything: a coarser bound, or another series that says the same.
const SPARE: [&str; 3] = [
    "mm2_canary_calm_exposure_seconds",
    "mm2_canary_outage_calm_exposure_seconds",
    "mm2_canary_duplicate_records_total",
];

#[test]
fn without_any_one_of_the_canarys_series_a_drill_neither_passes_nor_fails() {
    let passing = Drill::passing();
    // What the restoration does is another event.
    let restored = passing.world.restored.unwrap() + offset(&passing.world, 1);
    let counts = |(labels, samples): &(&Labels, &[Sample])| {
        labels.name().starts_with("mm2_canary_") && samples[0].at * 1_000 < restored
    };
    for (gone, _) in passing.series.iter().filter(counts) {
        let drill = Drill::passing().samples(|labels, _, value| (labels != gone).then_some(value));
        let verdict = drill.judge().verdict;
        assert_ne!(verdict, Verdict::Fail, "without {gone:?}");
        let spare = SPARE.contains(&gone.name());
        assert!(verdict != Verdict::Pass || spare, "without {gone:?}");
    }
}

#[test]
fn a_partition_whose_ledger_is_not_whole_leaves_its_task_open() {
    let drill = Drill::passing().samples(|labels, _, value| {
        let gone = is(labels, "mm2_canary_outages_total") && labels.get("partition") == "1";
        (!gone).then_some(value)
    });
    let judgement = drill.judge();
    assert_eq!(judgement.verdict, Verdict::Inconclusive);
    assert!(remarked(&judgement, "partition_without_ledger"));
}

#[test]
fn a_state_of_which_every_reading_may_be_older_than_the_recovery_is_open() {
    let with_time_to_live = |seconds: f64| {
        let drill = Drill::passing().samples(|labels, _, value| match labels.name() {
            "mm2_exporter_endpoint_up" | "mm2_exporter_reading_age_seconds" => None,
            "mm2_exporter_reading_time_to_live_seconds" => Some(seconds),
            _ => Some(value),
        });
        drill.failed()
    };
    assert_eq!(with_time_to_live(1.0), Verdict::Pass);
    assert_eq!(with_time_to_live(60.0), Verdict::Inconclusive);
}

#[test]
fn across_a_jump_of_the_clock_nothing_is_known() {
    let mut drill = Drill::passing();
    drill.log.events.last_mut().unwrap().monotonic_us += SECOND;
    let judgement = drill.judge();
    assert_eq!(judgement.verdict, Verdict::Inconclusive);
    for (name, measured) in &judgement.measures {
        let unknown = matches!(measured, Measured::Unknown { .. });
        assert!(unknown, "{name}: {measured:?}");
    }
    assert!(
        judgement
            .criteria
            .iter()
            .all(|c| c.verdict == Verdict::Inconclusive)
    );
}

/// The drill with its `up` series in two, the second with one more label, from an instant on.
fn relabelled(from: i64, until: i64) -> Drill {
    let drill = Drill::passing();
    let server = offset(&drill.world, 1);
    let (_, ups) = drill
        .series
        .iter()
        .find(|(labels, _)| is(labels, "up"))
        .unwrap();
    let second: Vec<Sample> = ups
        .iter()
        .filter(|sample| sample.at * 1_000 - server >= from)
        .copied()
        .collect();
    let mut drill =
        drill.samples(|labels, at, value| (!is(labels, "up") || at < until).then_some(value));
    let labels = [
        ("__name__", "up"),
        ("job", "mirrorwatch"),
        ("instance", "h:9850"),
        ("zone", "b"),
    ];
    drill.series.add(labels.into_iter().collect(), second);
    drill
}

#[test]
fn a_target_whose_labels_change_is_still_one_exporter_and_two_at_once_are_an_error() {
    let middle = Drill::passing().world.zero.2 + 2 * SECOND;
    assert_eq!(relabelled(middle, middle).judge(), Drill::passing().judge());
    let both = relabelled(middle, middle + 3 * SECOND).verdict();
    assert_eq!(both, (Verdict::Error, "several_exporters".to_owned()));
}

#[test]
fn scrapes_closer_than_the_inventory_says_are_invalid() {
    let mut drill = Drill::passing();
    drill.world.interval = 2 * SECOND;
    let found = drill.verdict();
    assert_eq!(found, (Verdict::Invalid, "scraped_more_often".to_owned()));
}

#[test]
fn a_page_of_another_clock_than_the_one_compared_is_an_error() {
    let ahead = |seconds: f64| {
        let through = "mm2_canary_observed_through_timestamp_seconds";
        let drill = Drill::passing().samples(|labels, _, value| {
            Some(if is(labels, through) {
                value + seconds
            } else {
                value
            })
        });
        drill.verdict()
    };
    assert_eq!(
        ahead(1.0),
        (Verdict::Error, "page_from_the_future".to_owned())
    );
    assert_ne!(ahead(0.01).0, Verdict::Error);
}

#[test]
fn a_window_that_begins_before_the_first_page_says_why_the_lag_is_open() {
    let begin = |before: i64| {
        let from = Drill::passing().world.zero.0 - Drill::passing().world.steady;
        let first = from - before;
        let drill = Drill::passing().samples(|_, at, value| (at >= first).then_some(value));
        drill.judge()
    };
    let young = begin(-SECOND / 2);
    assert!(remarked(&young, "canary_young") && young.verdict != Verdict::Pass);
    assert!(!remarked(&begin(3 * SECOND), "canary_young"));
}

#[test]
fn a_series_that_nobody_asked_for_changes_nothing() {
    let mut drill = Drill::passing();
    let expected = drill.judge();
    let labels: Labels = [
        ("__name__", "mm2_canary_unheard_of"),
        ("source", "s"),
        ("target", "t"),
        ("job", "other"),
    ]
    .into_iter()
    .collect();
    drill.series.add(labels, [Sample { at: 5, value: 1.0 }]);
    assert_eq!(drill.judge(), expected);
}
