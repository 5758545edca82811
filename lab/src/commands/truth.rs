//! `lab truth`: the truth of a window, for people or as JSON.

use std::time::Duration;

use jiff::Timestamp;
use mirrorwatch_lab::truth::{Partition, Silence, Truth, Window};

use super::{attach, print};
use crate::cli::TruthArguments;

/// Prints the truth.
pub(super) fn show(arguments: &TruthArguments) -> anyhow::Result<()> {
    let lab = attach(&arguments.show.place)?;
    let window = Window {
        from_us: arguments.from,
        to_us: arguments.to,
    };
    let threshold = Duration::from_millis(arguments.threshold);
    let truth = lab.truth(window, threshold)?;
    let silences = lab.arrivals(window)?.silences(window, truth.threshold_us);
    if arguments.show.json {
        let json = serde_json::json!({ "load": truth, "silences": silences });
        return Ok(print(&serde_json::to_string_pretty(&json)?)?);
    }
    for partition in &truth.partitions {
        describe(partition)?;
    }
    for silence in &silences {
        print(&silent(silence))?;
    }
    print(&summary(&truth))?;
    Ok(())
}

fn describe(partition: &Partition) -> anyhow::Result<()> {
    print(&format!(
        "partition {}: sent {}, acknowledged {}, arrived {}, pending {}, lost {}, duplicates {}, worst exposure {}",
        partition.partition,
        partition.sent,
        partition.acknowledged,
        partition.arrived,
        partition.pending,
        partition.lost.len(),
        partition.duplicates,
        seconds(partition.worst_exposure_us),
    ))?;
    for outage in &partition.outages {
        let stopped = outage.stopped_us;
        let end = outage.flowed_again_us.map_or("lasts".to_owned(), |again| {
            format!(
                "flowed again {} after {}",
                instant(again),
                seconds(again - stopped)
            )
        });
        print(&format!("  stopped {}, {end}", instant(stopped)))?;
    }
    Ok(())
}

fn silent(silence: &Silence) -> String {
    let last = silence.last_before_us;
    let end = silence.first_after_us.map_or("lasts".to_owned(), |first| {
        format!("first after {} ({})", instant(first), seconds(first - last))
    });
    format!(
        "{} {}: last arrival {}, {end}",
        silence.topic,
        silence.partition,
        instant(last)
    )
}

fn summary(truth: &Truth) -> String {
    let again = truth
        .flowed_again_us
        .map_or("no outage ended".to_owned(), |us| {
            format!("flowed again {}", instant(us))
        });
    let open = if truth.open { ", an outage lasts" } else { "" };
    format!(
        "all: {again}{open}, worst exposure {}, most undelivered {}, lost {}, duplicates {}",
        seconds(truth.worst_exposure_us),
        truth.undelivered_peak,
        truth.lost,
        truth.duplicates
    )
}

fn instant(us: i64) -> String {
    Timestamp::from_microsecond(us).map_or_else(|_| us.to_string(), |at| format!("{at:.3}"))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "durations of a lab are far below 2^53 microseconds"
)]
fn seconds(us: i64) -> String {
    format!("{:.3} s", us as f64 / 1e6)
}
