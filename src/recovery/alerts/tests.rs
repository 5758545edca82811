use super::*;
use crate::model::time::Timestamp;

/// The zero lies at 100 s and takes half a second; the clocks are one.
fn span(restored: i64) -> Span {
    Span {
        zero: Zero {
            issued: Timestamp::from_millis(100_000),
            done: Timestamp::from_millis(100_500),
        },
        restored: restored * 1_000_000,
        clock: Clock {
            offset: 0,
            epsilon: 0,
        },
    }
}

fn alert(name: &str, episodes: &[(Millis, Option<Millis>, Option<Millis>)]) -> Alert {
    let episodes = episodes.iter();
    let episodes = episodes.map(|(pending, fired, over)| Episode {
        pending: pending * 1_000,
        fired: fired.map(|at| at * 1_000),
        over: over.map(|at| at * 1_000),
    });
    Alert {
        name: name.to_owned(),
        severity: "warning".to_owned(),
        lacks: BTreeSet::new(),
        reach: 60_000,
        hold: 10_000,
        interval: 5_000,
        late: 10_000,
        stored: false,
        episodes: episodes.collect(),
    }
}

fn alerts(all: Vec<Alert>) -> Alerts {
    Alerts {
        all,
        over: (0, 200_000),
    }
}

fn lacking(name: &str) -> Alert {
    let lacks = ["m".to_owned()].into();
    Alert {
        lacks,
        ..alert(name, &[])
    }
}

#[test]
fn what_fired_after_the_zero_is_known_to_the_evaluations_around_it() {
    let alerts = alerts(vec![
        alert("Late", &[(120, Some(140), None)]),
        alert(
            "Down",
            &[(110, Some(120), Some(150)), (160, Some(170), Some(180))],
        ),
        alert("Silent", &[(130, None, Some(135))]),
    ]);
    let said = alerts.said(span(1_000));
    let names: Vec<_> = said
        .fired
        .iter()
        .map(|fired| fired.alert.as_str())
        .collect();
    assert_eq!(names, ["Down", "Late"]);
    let between = |lower: i64, upper: i64| Interval {
        lower: lower * 100_000,
        upper: Some(upper * 100_000),
    };
    assert_eq!(said.fired[0].after, between(145, 300));
    assert_eq!(said.fired[0].ended, Some(between(745, 900)));
    assert_eq!(said.fired[1].ended, None);
    assert_eq!(said.unknown, []);
    let first = alerts.first(span(1_000));
    assert_eq!(first, Measured::between(14_500_000, Some(30_000_000)));
}

#[test]
fn what_was_pending_at_the_zero_or_fires_after_the_restoration_is_not_for_the_fault() {
    let before = alert("Before", &[(99, Some(109), None)]);
    let after = alert("After", &[(110, Some(120), None)]);
    let alerts = alerts(vec![before, after]);
    let said = alerts.said(span(119));
    let unknown: Vec<_> = said
        .unknown
        .iter()
        .map(|unknown| unknown.because.code.as_str())
        .collect();
    assert_eq!(unknown, ["alert_active_before"]);
    assert_eq!(said.fired.len(), 1);
    // Nothing fired until the restoration, to one evaluation.
    assert_eq!(alerts.first(span(119)), Measured::between(13_500_000, None));
    let first = alerts.first(span(120));
    assert_eq!(first, Measured::between(14_500_000, Some(30_000_000)));
}

#[test]
fn an_alert_without_its_series_may_have_fired_as_soon_as_its_hold_was_over() {
    let fired = || alert("Down", &[(110, Some(120), None)]);
    let both = alerts(vec![lacking("Lacking"), fired()]);
    assert_eq!(
        both.first(span(1_000)),
        Measured::between(9_500_000, Some(30_000_000))
    );
    let said = both.said(span(1_000));
    assert_eq!(said.unknown[0].because.with["metrics"], "`m`");
    let mut slow = lacking("Slow");
    slow.hold = 60_000;
    let slow = alerts(vec![slow, fired()]);
    assert_eq!(
        slow.first(span(1_000)),
        Measured::between(14_500_000, Some(30_000_000))
    );
    let nothing = alerts(vec![lacking("Lacking"), alert("Silent", &[])]);
    assert!(
        matches!(nothing.first(span(1_000)), Measured::Unknown { because } if because.code == "alerts_not_replayed")
    );
}

#[test]
fn an_alert_that_looks_back_beyond_the_samples_is_left_out() {
    let mut deep = alert("Deep", &[(110, Some(111), None)]);
    deep.reach = 95_000;
    let known = alerts(vec![deep.clone()]).said(span(1_000));
    assert_eq!((known.fired.len(), known.unknown.len()), (1, 0));
    deep.reach = 95_001;
    // Nor does it count that its series are missing, too.
    deep.lacks = ["m".to_owned()].into();
    deep.hold = 0;
    let alerts = alerts(vec![deep, alert("Down", &[(110, Some(120), None)])]);
    let said = alerts.said(span(1_000));
    assert_eq!(said.fired.len(), 1);
    assert_eq!(said.unknown[0].because.code, "alert_looks_back");
    let first = alerts.first(span(1_000));
    assert_eq!(first, Measured::between(14_500_000, Some(30_000_000)));
}

#[test]
fn what_the_server_stored_is_known_from_that_evaluation_until_the_next_one() {
    let stored = Alert {
        interval: 0,
        late: 5_000,
        reach: 0,
        stored: true,
        ..alert("Down", &[(110, Some(120), None)])
    };
    let said = alerts(vec![stored]).said(span(1_000));
    let after = Interval {
        lower: 19_500_000,
        upper: Some(25_000_000),
    };
    assert_eq!((said.fired[0].after, said.fired[0].stored), (after, true));
}
