//! Random histories, the ledger beside the model.

use mirrorwatch::canary::tracker::Tracker;
use mirrorwatch::model::canary::PartitionView;
use mirrorwatch::model::time::Timestamp;
use proptest::prelude::*;

use crate::model::{Model, gap_start};
use crate::{Event, History, advance, apply, intended, settings, spans, time, view};

fn put(history: &mut History, at: i64, event: Event) {
    let mut free = at;
    while history.contains_key(&free) {
        free += 1;
    }
    history.insert(free, event);
}

fn replay(history: &History, end: i64) -> PartitionView {
    let mut tracker = Tracker::new(settings(), 1);
    for (&at, &event) in history {
        apply(&mut tracker, at, event);
    }
    advance(&mut tracker, end);
    view(&tracker, end)
}

fn last_eight<T>(all: &[T]) -> &[T] {
    &all[all.len().saturating_sub(8)..]
}

/// For each record: delay of its acknowledgement (`None` = never), delay of its arrivals, in milliseconds.
type Fates = Vec<(Option<i64>, Vec<i64>)>;

fn fates() -> impl Strategy<Value = Fates> {
    let delay = prop_oneof![4 => 0..60i64, 2 => 60..500i64, 2 => 500..3_000i64];
    let ack = prop::option::weighted(0.6, delay.clone());
    prop::collection::vec((ack, prop::collection::vec(delay, 0..2)), 1..30)
}

fn history(fates: &Fates, in_order: bool) -> (History, i64) {
    let mut history = History::new();
    let mut answered = 0;
    for (n, (ack, arrivals)) in fates.iter().enumerate() {
        put(&mut history, intended(n), Event::Sent(n));
        let sent = intended(n) + 2_000;
        if let Some(delay) = ack {
            let at = sent + delay * 1_000;
            answered = if in_order { answered.max(at) } else { at };
            put(&mut history, answered, Event::Acknowledged(n));
        }
        for delay in arrivals {
            put(&mut history, sent + delay * 1_000, Event::Arrived(n));
        }
    }
    let end = intended(fates.len()) + 4_000_000;
    for at in (1_000_000..end).step_by(37_000) {
        put(&mut history, at, Event::Tick);
    }
    (history, end)
}

proptest! {
    // The model goes through the whole history for every answer.
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn whatever_comes_in_whatever_order_the_outages_are_those_of_the_definition(fates in fates(), cut in 0..1_000i64) {
        let (mut history, end) = history(&fates, false);
        let end = 1_000_000 + (end - 1_000_000) * cut / 1_000;
        history.split_off(&end);
        let model = Model::new(&history);
        let seen = replay(&history, end);
        let expected = model.outages(end);
        prop_assert_eq!(spans(&seen.outages), last_eight(&expected));
        prop_assert_eq!(seen.outage_count, expected.len() as u64);
        let total: i64 = expected.iter().map(|(a, b)| b.unwrap_or(end) - a).sum();
        prop_assert_eq!(seen.outage_total, time(total));
        prop_assert_eq!(seen.delivered_through.map(Timestamp::as_micros), model.through(end));
        prop_assert_eq!(seen.received, model.arrivals.len() as u64);
        prop_assert_eq!(seen.duplicates, model.duplicates);
        prop_assert_eq!(seen.acknowledged, model.stands.len() as u64);
        prop_assert_eq!(seen.undelivered, model.owed(end).len() as u64);
        prop_assert_eq!((seen.lost, seen.corrupt), (0, 0));
    }

    #[test]
    fn an_outage_owns_the_exposure_and_backlog_until_the_next_one_starts(fates in fates()) {
        let (history, end) = history(&fates, true);
        let model = Model::new(&history);
        let seen = replay(&history, end);
        let starts: Vec<i64> = seen.outages.iter().map(|o| o.start.as_micros()).collect();
        for (index, outage) in seen.outages.iter().enumerate() {
            let until = match starts.get(index + 1) {
                Some(next) => *next,
                // What may yet become an outage of its own is not held against a closed one.
                None if outage.end.is_some() => gap_start(&model, end).unwrap_or(end),
                None => end,
            };
            let (exposure, backlog) = model.suffered(starts[index], until);
            prop_assert_eq!(outage.worst_exposure, time(exposure), "outage {}", outage.number);
            prop_assert_eq!(outage.undelivered_peak, backlog, "outage {}", outage.number);
        }
    }

    #[test]
    fn a_clean_history_has_no_outage(delays in prop::collection::vec((0..50i64, 50..199i64), 1..100)) {
        let fates = delays.iter().map(|&(ack, arrival)| (Some(ack), vec![arrival])).collect();
        let (history, end) = history(&fates, true);
        prop_assert_eq!(replay(&history, end).outage_count, 0);
    }
}
