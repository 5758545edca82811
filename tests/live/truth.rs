//! What the lab knows to be true of a drill, held against its judgement.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use mirrorwatch::recovery::judgement::{Interval, Judgement, Measured};
use mirrorwatch_lab::truth::{Truth, Window};

use crate::site::{Site, wait_until};

/// D, as the lab's readers apply it.
const THRESHOLD_US: i64 = 1_000_000;
/// Between two records of a canary partition.
const PERIOD_US: i64 = 100_000;

/// Whether every measure must have come out as a number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Demand {
    /// A measure that is not a number is a failure of the test.
    Numbers,
    /// A number, where there is one, must not be wrong.
    NothingWrong,
}

/// The lab's own truth against the judgement's intervals: first the canary's records as the lab's reader saw them arrive, then the load.
/// The exposure at an arrival is the age of that record and at most one period more. The load lies in other partitions of the same tasks,
/// which flow again one after the other; what they differ by is less than what would be an outage of its own.
pub(crate) fn truth_inside(site: &Site, judgement: &Judgement, demand: Demand) {
    let whole = truth_of_the_load(site, window(judgement));
    let load = truth_of_the_fault(site, judgement);
    let fault = fault_of(site, judgement);
    let scrape = format!("{} µs scrape", judgement.sampling.interval);
    let arrivals = site
        .lab
        .arrivals(window(judgement))
        .expect("the lab notes arrivals");
    let silences = arrivals.silences(of_fault(judgement), THRESHOLD_US);
    let after = silences.iter().filter_map(|silence| silence.first_after_us);
    let canary = after
        .filter(|us| *us > fault)
        .max()
        .expect("the lab saw the canary's records come back");
    let age = arrivals
        .greatest_age(window(judgement))
        .expect("the lab saw the canary's records arrive");
    let again = load
        .flowed_again_us
        .expect("the lab saw its load come back");
    let lost = i64::try_from(whole.lost).expect("few are lost");
    let holds = |measure: &str, truth: i64, slack: i64, whose: &str| {
        contains(
            judgement,
            demand,
            measure,
            truth,
            slack,
            &format!("{whose}, {scrape}"),
        );
    };
    holds("recovery_time", canary - fault, 0, "the canary's topic");
    // The lab's reader is another consumer than the canary's: on a busy machine one had the first record by 0.2 s before the other.
    let apart = 3 * PERIOD_US;
    holds("recovery_point_seconds", age, apart, "the canary's topic");
    holds("recovery_time", again - fault, THRESHOLD_US, "the load");
    holds(
        "recovery_point_seconds",
        whole.worst_exposure_us,
        THRESHOLD_US,
        "the load",
    );
    holds("lost_records", lost, 0, "the load");
}

fn contains(
    judgement: &Judgement,
    demand: Demand,
    measure: &str,
    truth: i64,
    slack: i64,
    how: &str,
) {
    let Some((interval, _)) = within(judgement, measure) else {
        assert!(
            demand == Demand::NothingWrong,
            "{measure} ({how}) is no number: {:?}",
            judgement.measures.get(measure)
        );
        return;
    };
    let inside = interval.lower - slack <= truth
        && interval.upper.is_none_or(|upper| truth <= upper + slack);
    assert!(
        inside,
        "{measure} ({how}): the truth {truth} is outside {interval:?}"
    );
}

pub(crate) fn within<'a>(
    judgement: &'a Judgement,
    measure: &str,
) -> Option<(Interval, &'a BTreeMap<String, i64>)> {
    match judgement.measures.get(measure) {
        Some(Measured::Within { interval, parts }) => Some((*interval, parts)),
        _ => None,
    }
}

/// What belongs to the fault: what the restoration does is another event.
fn of_fault(judgement: &Judgement) -> Window {
    let whole = window(judgement);
    let restored = judgement.restored.map(|zero| zero.issued.as_micros());
    Window {
        to_us: restored.unwrap_or(i64::MAX).min(whole.to_us),
        ..whole
    }
}

fn window(judgement: &Judgement) -> Window {
    let (_, end) = judgement.window.expect("there was a window");
    Window {
        from_us: judgement
            .zero
            .expect("the fault was issued")
            .issued
            .as_micros(),
        to_us: end.as_micros(),
    }
}

/// The same of the restoration, where the drill watched it: when the last of the canary's partitions came back after it, at the lab's reader.
pub(crate) fn truth_of_the_restoration_inside(site: &Site, judgement: &Judgement) {
    let restored = judgement.restored.expect("the restoration was watched");
    let whole = window(judgement);
    let after = Window {
        from_us: restored.issued.as_micros(),
        ..whole
    };
    let arrivals = site.lab.arrivals(whole).expect("the lab notes arrivals");
    let silences = arrivals.silences(after, THRESHOLD_US);
    let again = silences.iter().filter_map(|silence| silence.first_after_us);
    let again = again
        .max()
        .expect("the lab saw the canary's records come back");
    let measured = &judgement.after_restore["recovery_time"];
    let Measured::Within { interval, .. } = measured else {
        panic!("it is a number: {measured:?}")
    };
    // The lab's link was mended somewhere in the zero of the restoration. Its reader is another consumer than the canary's, and may have
    // got a record that was there already by a fetch later: a period is far more than that takes, and a tenth of the least outage.
    let earliest = again - restored.done.as_micros() - PERIOD_US;
    let latest = again - restored.issued.as_micros();
    assert!(
        interval.lower <= latest && interval.upper.is_some_and(|upper| earliest <= upper),
        "the truth lies between {earliest} and {latest}, outside {interval:?}"
    );
}

/// What the lab knows of its load from the fault until the restoration.
pub(crate) fn truth_of_the_fault(site: &Site, judgement: &Judgement) -> Truth {
    truth_of_the_load(site, of_fault(judgement))
}

fn truth_of_the_load(site: &Site, window: Window) -> Truth {
    site.lab
        .truth(window, Duration::from_secs(1))
        .expect("the lab notes the truth")
}

/// When the lab issued the fault, by its own clock.
fn fault_of(site: &Site, judgement: &Judgement) -> i64 {
    let zero = judgement.zero.expect("the fault was issued");
    let faults =
        fs::read_to_string(site.file("truth/faults.jsonl")).expect("the lab notes its faults");
    let stamps = faults
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut instants = stamps.filter_map(|fault| fault["before_us"].as_i64());
    let at = instants.find(|us| (zero.issued.as_micros()..=zero.done.as_micros()).contains(us));
    at.expect("the fault lies within the zero of the clock")
}

/// Waits until the load has stopped and flowed again; returns when it flowed.
pub(crate) fn await_outage_of_the_load(site: &Site) -> i64 {
    let mut again = None;
    await_stop_of_the_load(site);
    wait_until("the load flows again", Duration::from_secs(90), || {
        let truth = recent(site);
        again = truth.flowed_again_us.filter(|_| !truth.open);
        again.is_some()
    });
    again.expect("it was waited for")
}

/// Waits until nothing of the load is being withheld any more.
pub(crate) fn await_flow_of_the_load(site: &Site) {
    wait_until("the load flows", Duration::from_mins(1), || {
        !recent(site).open
    });
}

pub(crate) fn await_stop_of_the_load(site: &Site) {
    wait_until("the load stops", Duration::from_mins(2), || {
        recent(site).open
    });
}

fn recent(site: &Site) -> Truth {
    let now = mirrorwatch::clock::wall().as_micros();
    site.lab
        .truth(
            Window {
                from_us: now - 60_000_000,
                to_us: now - 1_500_000,
            },
            Duration::from_secs(2),
        )
        .expect("the lab notes the truth")
}
