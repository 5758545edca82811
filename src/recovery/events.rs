//! The event log of a drill: what was done and when, one JSON object per line, only ever appended to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::judgement::Remark;
use super::remark::remark;
use super::zero;
use crate::model::time::Timestamp;

/// One line of `events.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Wall clock of the host that runs the drill.
    pub at: Timestamp,
    /// That host's monotonic clock (counts suspension), in microseconds; only differences mean something.
    pub monotonic_us: i64,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// What an event says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum What {
    /// The drill began; how its variables were bound.
    DrillStarted {
        /// Name of the scenario.
        scenario: String,
        /// Site of the inventory.
        site: String,
        /// Worker id of the victim, or the connector's name; empty where nobody is hit by name.
        victim: String,
        /// Why it was chosen: `leader`, `owner`, `idle` or `named`.
        chosen_as: String,
        /// Worker id of the second victim, if there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        second: Option<String>,
        /// Command of the inventory that injects the fault: `stop`, `kill`, `freeze`.
        fault: String,
    },
    /// Before anything was done, the role had gone to another worker.
    VictimChosen {
        /// Worker id of the victim from here on.
        victim: String,
        /// Why it was chosen: `leader`, `owner`, `idle` or `named`.
        chosen_as: String,
        /// Worker id of the second victim, if there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        second: Option<String>,
    },
    /// Another clock was compared with this host's: it is ahead by `offset_us` ± `epsilon_us`.
    ClockCompared {
        /// `prometheus` or `exporter`.
        clock: String,
        /// How far it is ahead of this host's clock.
        offset_us: i64,
        /// Half the round trip of the comparison.
        epsilon_us: i64,
    },
    /// What the configuration of a connector has of the properties that the scenario asks for; no other property is ever written down.
    ConfigurationRead {
        /// The connector.
        connector: String,
        /// By name; `None` where the configuration does not have it.
        properties: BTreeMap<String, Option<String>>,
    },
    /// The steady state has been proved live; the evaluator proves it again from the samples.
    SteadyState,
    /// Alertmanager was told to send nothing of the flow's alerts.
    Silenced {
        /// What it calls the silence.
        id: String,
        /// When that ends by itself.
        ends: Timestamp,
    },
    /// That silence was ended.
    SilenceEnded {
        /// What Alertmanager calls it.
        id: String,
    },
    /// A step is about to be issued.
    StepIssued {
        /// Name of the step.
        step: String,
        /// Whether its effect is the zero of the clock.
        zero: bool,
    },
    /// Its effect was acknowledged (the command returned success).
    StepDone {
        /// Name of the step.
        step: String,
    },
    /// It failed: exit status, HTTP status or time-out, in words.
    StepFailed {
        /// Name of the step.
        step: String,
        /// Why.
        reason: String,
    },
    /// The drill stopped observing: the window ends here.
    WindowClosed {
        /// Why.
        reason: Closed,
        /// What still kept the state from being steady, where the drill ended before that was proved.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        missing: Option<Remark>,
    },
    /// An undo was issued.
    RestoreIssued {
        /// Name of the step that it undoes.
        step: String,
    },
    /// An undo took effect.
    RestoreDone {
        /// Name of the step that it undoes.
        step: String,
    },
    /// An undo failed; what was left undone stands in `restore.json`.
    RestoreFailed {
        /// Name of the step that it undoes.
        step: String,
        /// Why.
        reason: String,
    },
    /// The restoration has been watched.
    RestoreWatched {
        /// Why no longer.
        reason: Closed,
    },
    /// The drill ended.
    DrillEnded,
}

/// Why the window closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closed {
    /// Recovered, and held.
    Recovered,
    /// The limit and the hold are over.
    TimeLimit,
    /// Somebody ended the drill.
    Interrupted,
    /// The steady state could not be proved.
    NotSteady,
    /// The answer before the fault was not yes.
    Declined,
    /// A step, or something else that the drill needs, failed.
    Failed,
}

impl Closed {
    /// For people who watch the drill.
    pub fn words(self) -> &'static str {
        match self {
            Self::Recovered => "recovered, and held",
            Self::TimeLimit => "the limit and the hold are over",
            Self::Interrupted => "interrupted",
            Self::NotSteady => "not steady",
            Self::Declined => "declined",
            Self::Failed => "failed",
        }
    }
}

/// What the reader must know where the drill did not run its course.
pub(super) fn cut_short(events: &[Event]) -> Vec<Remark> {
    let issued = zero::is_issued(events);
    let closed = events.iter().find_map(|event| match &event.what {
        What::WindowClosed { reason, missing } => Some((*reason, missing.clone())),
        _ => None,
    });
    let Some((reason, missing)) = closed else {
        return Vec::new();
    };
    let code = match reason {
        Closed::Interrupted if issued => Some("interrupted"),
        Closed::Interrupted => Some("interrupted_before_fault"),
        Closed::NotSteady => Some("steady_state_awaited_in_vain"),
        Closed::Declined => Some("declined"),
        Closed::Recovered | Closed::TimeLimit | Closed::Failed => None,
    };
    code.map(|code| remark(code, &[]))
        .into_iter()
        .chain(missing)
        .collect()
}

#[cfg(test)]
fn closed(reason: Closed, missing: Option<Remark>) -> Event {
    Event {
        at: Timestamp::from_micros(5),
        monotonic_us: 5,
        what: What::WindowClosed { reason, missing },
    }
}

#[test]
fn a_window_that_closed_reads_as_it_always_did() {
    let line = r#"{"at":5,"monotonic_us":5,"event":"window_closed","reason":"time_limit"}"#;
    let event = closed(Closed::TimeLimit, None);
    assert_eq!(serde_json::to_string(&event).ok().as_deref(), Some(line));
    assert_eq!(serde_json::from_str::<Event>(line).ok(), Some(event));
}

#[test]
fn what_was_missing_survives_the_log_and_follows_why_the_drill_ended() {
    let missing = remark("canary_not_seen_before_fault", &[("partition", "3".into())]);
    let event = closed(Closed::NotSteady, Some(missing.clone()));
    let line = serde_json::to_string(&event).unwrap_or_default();
    let read: Vec<Event> = serde_json::from_str(&line).into_iter().collect();
    let awaited = remark("steady_state_awaited_in_vain", &[]);
    assert_eq!(cut_short(&read), [awaited, missing]);
}
