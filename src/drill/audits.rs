//! Audits the topics of the load over the window of the drill, once what was done is undone. docs/audit.md defines what is compared.

use std::path::Path;

use super::progress::Progress;
use super::signals::Signals;
use crate::audit::asked::Asked;
use crate::audit::report::Report;
use crate::audit::{self, Error, Options};
use crate::model::bound::Bound;
use crate::model::text::visible;
use crate::model::time::Timestamp;
use crate::recovery::audits::{Audits, FORMAT, Outcome, Topic};
use crate::recovery::events::{Closed, Event, What};
use crate::storage::evidence;

/// The records that are audited: those of the steady state and of all that follows, to the end of the window. `None` of a drill that did not
/// run its course: there is no window.
pub(super) fn window(events: &[Event], steady_for: i64) -> Option<(Timestamp, Timestamp)> {
    let issued = events.iter().find_map(|event| match event.what {
        What::StepIssued { zero: true, .. } => Some(event.at),
        _ => None,
    })?;
    let closed = events.iter().find_map(|event| match event.what {
        What::WindowClosed { reason, .. } => Some((event.at, reason)),
        _ => None,
    });
    let whole = |reason| matches!(reason, Closed::Recovered | Closed::TimeLimit);
    let (end, _) = closed.filter(|(_, reason)| whole(*reason))?;
    Some((issued.plus_micros(-steady_for), end))
}

/// Audit one topic after the other and save what was found; a signal ends it.
pub(super) async fn run(
    audits: &[Options],
    (from, to): (Timestamp, Timestamp),
    signals: &Signals,
    progress: &mut Progress,
    dir: &Path,
) -> Result<(), evidence::Error> {
    let mut topics = Vec::new();
    for options in audits {
        let [topic, remote] = [&options.topic, &options.remote_topic].map(|topic| visible(topic));
        progress.say(&format!(
            "auditing {topic} -> {remote}: records of {from} to {to}"
        ));
        let options = Options {
            asked: Asked::Times {
                from: Some(Bound::At(from)),
                to: Some(Bound::At(to)),
            },
            ..options.clone()
        };
        topics.push(Topic {
            topic: options.topic.clone(),
            outcome: one(options, signals).await,
        });
    }
    let audits = Audits {
        format: FORMAT,
        topics,
    };
    evidence::add_audits(dir, &text(&audits))
}

/// An audit ends by itself at Ctrl-C and SIGTERM; one that is waiting for a cluster then is left alone. It changes nothing.
async fn one(options: Options, signals: &Signals) -> Outcome<Report> {
    if signals.is_interrupted() {
        return Outcome::Interrupted;
    }
    let audit = tokio::task::spawn_blocking(move || audit::run(&options));
    let ended = tokio::select! {
        ended = audit => ended,
        () = signals.interrupted_with_grace() => return Outcome::Interrupted,
    };
    match ended {
        Ok(Ok(report)) => Outcome::Report(report),
        Ok(Err(Error::Interrupted(_))) => Outcome::Interrupted,
        Ok(Err(error)) => Outcome::Failed(error.to_string()),
        Err(_) => Outcome::Failed("a defect of mirrorwatch ended it".to_owned()),
    }
}

fn text(audits: &Audits<Report>) -> String {
    let text = serde_json::to_string_pretty(audits).expect("audits are always JSON");
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Isolation;
    use crate::audit::content::Parts;
    use crate::audit::range::Window;
    use crate::audit::report::{self, End, Partition, Verdict};
    use crate::audit::tally::{Counts, Firsts, Place};
    use crate::recovery::{audits, read};

    fn event(seconds: i64, what: What) -> Event {
        Event {
            at: Timestamp::from_millis(seconds * 1_000),
            monotonic_us: 0,
            what,
        }
    }

    #[test]
    fn the_window_is_from_the_steady_state_to_its_close_and_there_is_none_of_a_drill_cut_short() {
        let fault = event(
            100,
            What::StepIssued {
                step: "s".to_owned(),
                zero: true,
            },
        );
        let closed = |reason| {
            let missing = None;
            event(150, What::WindowClosed { reason, missing })
        };
        let of = |events: &[Event]| {
            let window = window(events, 60_000_000)?;
            Some((window.0.as_micros(), window.1.as_micros()))
        };
        for reason in [Closed::Recovered, Closed::TimeLimit] {
            let events = [fault.clone(), closed(reason)];
            assert_eq!(of(&events), Some((40_000_000, 150_000_000)));
        }
        for reason in [Closed::Interrupted, Closed::Failed] {
            assert_eq!(of(&[fault.clone(), closed(reason)]), None);
        }
        assert_eq!(of(&[closed(Closed::Recovered)]), None);
        assert_eq!(of(&[fault]), None);
    }

    fn report() -> Report {
        let end = |cluster: &str, topic: &str| End {
            cluster: cluster.to_owned(),
            topic: topic.to_owned(),
        };
        let mut counts = Counts {
            source_records: 9,
            missing: 1,
            duplicate: 2,
            reordered: 3,
            unexpected: 4,
            changed: 1,
            ..Counts::default()
        };
        counts.undecided.in_flight = 5;
        Report {
            format: report::FORMAT,
            tool: "test".to_owned(),
            verdict: Verdict::Incomplete,
            source: end("a", "t"),
            target: end("b", "a.t"),
            window: Window::Times {
                from: None,
                to: None,
            },
            isolation: Isolation::default(),
            ignored: Parts::default(),
            is_compacted: None,
            total: counts.clone(),
            partitions: vec![Partition {
                partition: 3,
                from: 0,
                to: 9,
                begins_below_source_start: true,
                is_at_target: true,
                counts,
                first: Firsts {
                    missing: vec![Place::at_source(7)],
                    changed: vec![Place::at_both(8, 6)],
                    ..Firsts::default()
                },
            }],
        }
    }

    #[test]
    fn what_an_audit_reports_is_what_the_judge_reads() {
        let topics = vec![Topic {
            topic: "t".to_owned(),
            outcome: Outcome::Report(report()),
        }];
        let written = text(&Audits {
            format: FORMAT,
            topics,
        });
        let read = read::audits(&written).unwrap();
        let Outcome::Report(read) = &read.topics[0].outcome else {
            panic!("{read:?}")
        };
        let total = &read.total;
        assert_eq!(read.verdict, audits::Verdict::Incomplete);
        assert_eq!(read.target.topic, "a.t");
        assert_eq!(
            [total.source_records, total.missing, total.changed],
            [9, 1, 1]
        );
        assert_eq!(
            [total.duplicate, total.reordered, total.unexpected],
            [2, 3, 4]
        );
        assert_eq!(total.undecided["in_flight"], 5);
        let partition = &read.partitions[0];
        assert_eq!(partition.partition, 3);
        assert!(partition.begins_below_source_start);
        assert_eq!(partition.first.missing[0].source, Some(7));
        assert_eq!(partition.first.changed[0].source, Some(8));
    }
}
