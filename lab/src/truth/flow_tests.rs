use super::*;

const SECOND: i64 = 1_000_000;

/// Records every 100 ms from 0, acknowledged at once, that arrive 10 ms later or when `held` says.
fn ledger(records: u64, held: impl Fn(u64) -> Option<i64>) -> Ledger {
    let events = (0..records).flat_map(|sequence| {
        let sent = i64::try_from(sequence).unwrap() * 100_000;
        let arrival = held(sequence).map(|arrived| format!("R,0,{sequence},{arrived}\n"));
        let acknowledged = format!("A,0,{sequence},{}\n", sent + 1_000);
        [
            Some(format!("S,0,{sequence},{sent}\n")),
            Some(acknowledged),
            arrival,
        ]
    });
    let text: String = events.flatten().collect();
    Ledger::parse(&format!("{text}T,{}\n", records * 100_000))
}

fn soon(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap() * 100_000 + 10_000
}

#[test]
fn a_steady_flow_has_no_outage() {
    let truth = judge(
        &ledger(50, |sequence| Some(soon(sequence))),
        Window::ALL,
        SECOND,
    );
    assert!(truth.partitions[0].outages.is_empty() && !truth.open);
    assert_eq!(truth.worst_exposure_us, 110_000);
    assert_eq!(truth.oldest_undelivered_us, 10_000);
    assert_eq!(truth.undelivered_peak, 1);
}

#[test]
fn an_outage_lasts_from_the_oldest_record_owed_to_the_next_first_arrival() {
    let held = |sequence: u64| {
        Some(if (10..30).contains(&sequence) {
            3 * SECOND
        } else {
            soon(sequence)
        })
    };
    let truth = judge(&ledger(50, held), Window::ALL, SECOND);
    assert_eq!(
        truth.partitions[0].outages,
        [Outage {
            stopped_us: SECOND,
            flowed_again_us: Some(3 * SECOND)
        }]
    );
    assert_eq!(truth.flowed_again_us, Some(3 * SECOND));
    assert_eq!(truth.worst_exposure_us, 3 * SECOND - 900_000);
    assert_eq!(truth.undelivered_peak, 20);
}

#[test]
fn an_arrival_just_before_moves_the_start() {
    // Record 9 comes late, at 1.5 s, while 10 to 29 are owed since 1 s.
    let held = |sequence: u64| {
        Some(match sequence {
            9 => 1_500_000,
            10..30 => 3 * SECOND,
            _ => soon(sequence),
        })
    };
    let truth = judge(&ledger(50, held), Window::ALL, SECOND);
    assert_eq!(
        truth.partitions[0].outages,
        [Outage {
            stopped_us: 1_500_000,
            flowed_again_us: Some(3 * SECOND)
        }]
    );
}

#[test]
fn duplicates_that_come_first_close_nothing() {
    let mut ledger = ledger(50, |sequence| {
        Some(if (10..30).contains(&sequence) {
            3 * SECOND
        } else {
            soon(sequence)
        })
    });
    for sequence in 5..9 {
        ledger
            .partitions
            .get_mut(&0)
            .unwrap()
            .get_mut(&sequence)
            .unwrap()
            .arrivals_us
            .push(2 * SECOND);
    }
    let truth = judge(&ledger, Window::ALL, SECOND);
    assert_eq!(truth.duplicates, 4);
    assert_eq!(truth.partitions[0].outages.len(), 1);
    assert_eq!(truth.flowed_again_us, Some(3 * SECOND));
}

#[test]
fn a_flow_that_never_came_back_is_open() {
    let truth = judge(
        &ledger(50, |sequence| (sequence < 10).then(|| soon(sequence))),
        Window::ALL,
        SECOND,
    );
    assert!(truth.open && truth.flowed_again_us.is_none());
    assert_eq!(
        truth.partitions[0].outages,
        [Outage {
            stopped_us: SECOND,
            flowed_again_us: None
        }]
    );
    assert_eq!(truth.partitions[0].pending, 40);
    assert_eq!(truth.lost, 0);
}

#[test]
fn a_record_that_is_overtaken_for_ever_is_lost_and_holds_nothing_up() {
    let truth = judge(
        &ledger(50, |sequence| (sequence != 20).then(|| soon(sequence))),
        Window::ALL,
        SECOND,
    );
    assert_eq!(truth.partitions[0].lost, [20]);
    assert!(!truth.open && truth.partitions[0].outages.is_empty());
    assert!(truth.worst_exposure_us < SECOND);
}

#[test]
fn a_window_leaves_earlier_outages_out() {
    let held = |sequence: u64| {
        Some(if (10..30).contains(&sequence) {
            3 * SECOND
        } else {
            soon(sequence)
        })
    };
    let window = Window {
        from_us: 3 * SECOND + 500_000,
        to_us: i64::MAX,
    };
    let truth = judge(&ledger(50, held), window, SECOND);
    assert!(truth.flowed_again_us.is_none());
    assert!(truth.worst_exposure_us < SECOND);
    assert_eq!(truth.undelivered_peak, 1);
}

#[test]
fn a_record_that_is_not_acknowledged_is_not_owed() {
    let mut ledger = ledger(50, |sequence| (sequence < 40).then(|| soon(sequence)));
    for record in ledger
        .partitions
        .get_mut(&0)
        .unwrap()
        .values_mut()
        .filter(|record| record.arrivals_us.is_empty())
    {
        record.acknowledged_us = None;
    }
    let truth = judge(&ledger, Window::ALL, 500_000);
    assert!(!truth.open && truth.partitions[0].pending == 0);
}
