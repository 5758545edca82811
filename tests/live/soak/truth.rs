//! What the lab knows of the run: silences of its watcher, records that are missing, records of its load that are lost.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

use mirrorwatch::model::time::Timestamp;
use mirrorwatch_lab::Lab;
use mirrorwatch_lab::truth::Window;

use super::judge::{Losses, SHORTEST};
use super::spans::Span;
use super::told::Told;
use crate::standing::Standing;

/// Longer than a record takes that flows.
const ON_ITS_WAY: Duration = Duration::from_secs(10);

/// When no record of the canary arrived for about D or longer, by partition.
pub(super) fn silences(lab: &Lab, span: Span) -> BTreeMap<String, Vec<Span>> {
    let arrivals = lab.arrivals(window(span)).expect("the lab notes arrivals");
    let seconds = |us| Duration::from_micros(u64::try_from(us).unwrap_or(0)).as_secs_f64();
    let mut all: BTreeMap<String, Vec<Span>> = BTreeMap::new();
    for silence in arrivals.silences(window(span), micros(SHORTEST)) {
        let to = silence.first_after_us.unwrap_or(arrivals.through_us);
        let spans = all.entry(silence.partition.to_string()).or_default();
        spans.push(Span {
            from: seconds(silence.last_before_us),
            to: seconds(to),
        });
    }
    all
}

/// What the last page says is lost, and what a reader of both topics misses.
pub(super) fn losses(lab: &Lab, told: &Told) -> Losses {
    let ledger = &told.last.as_ref().expect("pages have the canary").ledger;
    let clusters = &lab.description().clusters;
    let owed = Standing::read(&clusters["source"].bootstrap, &ledger.topic, ledger);
    sleep(ON_ITS_WAY);
    let there = Standing::read(&clusters["target"].bootstrap, &ledger.remote_topic, ledger);
    Losses {
        told: ledger.lost,
        told_and_came: ledger.late_after_loss,
        missing: owed.missing_among(&there),
        runs: told.runs.len(),
    }
}

/// Records of the load that MM2 has lost.
pub(super) fn lost_of_the_load(lab: &Lab, span: Span) -> u64 {
    let truth = lab.truth(window(span), Duration::from_secs(1));
    truth.expect("the lab notes the truth").lost
}

fn window(span: Span) -> Window {
    Window {
        from_us: micros(span.from),
        to_us: micros(span.to),
    }
}

fn micros(seconds: f64) -> i64 {
    let instant = Timestamp::from_seconds(seconds);
    instant.expect("it is of our time").as_micros()
}
