//! The zero of the clock and who was hit, from the event log. Definitions: "Zero of the clock".

use super::events::{Closed, Event, What};
use super::judgement::{Remark, Zero};
use super::read::Log;
use super::remark::remark;
use crate::model::time::Timestamp;

/// What the log says about the fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// T_f.
    pub zero: Zero,
    /// When the drill began to undo things: what happens from then on is another event.
    pub restored: Option<Timestamp>,
    /// The zero of that event: from before the first undo to after the last; `None` where not all was undone.
    pub restoration: Option<Zero>,
    /// Until when the fault was watched, in whole, where the drill saw that it had recovered.
    pub closed: Option<Timestamp>,
    /// Until when that event was watched, in whole: its window ends here at the latest.
    pub watched: Option<Timestamp>,
}

/// A drill watches by this much longer than it has to, in microseconds: what follows a drill that ends later is a second of waiting.
pub const WATCHED_BEYOND: i64 = 1_000_000;

/// How the drill's variables were bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start<'a> {
    /// Worker id of the victim, or the connector's name; empty where nobody is hit by name.
    pub victim: &'a str,
    /// Worker id of the second victim; empty where there is none.
    pub second: &'a str,
    /// The fault.
    pub fault: &'a str,
}

/// The first `drill_started`, with the victim that was chosen last.
pub fn start(events: &[Event]) -> Option<Start<'_>> {
    let started = events.iter().find_map(|event| match &event.what {
        What::DrillStarted {
            victim,
            second,
            fault,
            ..
        } => Some(Start {
            victim,
            second: second.as_deref().unwrap_or_default(),
            fault,
        }),
        _ => None,
    })?;
    let chosen = events.iter().rev().find_map(|event| match &event.what {
        What::VictimChosen { victim, second, .. } => Some(Start {
            victim,
            second: second.as_deref().unwrap_or_default(),
            ..started
        }),
        _ => None,
    });
    Some(chosen.unwrap_or(started))
}

/// The log as if the fault had been issued at `at`, done at once, and the clocks had not moved since they were compared.
pub(super) fn rehearsed(log: &Log, at: Timestamp) -> Log {
    let moment = |what| Event {
        at,
        monotonic_us: 0,
        what,
    };
    let step = "rehearsed".to_owned();
    let compared = log
        .events
        .iter()
        .filter(|event| matches!(event.what, What::ClockCompared { .. }));
    let again: Vec<_> = compared
        .clone()
        .map(|event| moment(event.what.clone()))
        .collect();
    let before: Vec<_> = again
        .iter()
        .map(|event| Event {
            at: at.plus_micros(-1),
            ..event.clone()
        })
        .collect();
    let mut events = log.events.clone();
    events.extend(before);
    events.push(moment(What::StepIssued {
        step: step.clone(),
        zero: true,
    }));
    events.push(moment(What::StepDone { step }));
    events.extend(again.into_iter().map(|event| Event {
        at: at.plus_micros(1),
        ..event
    }));
    Log {
        events,
        torn: log.torn,
    }
}

/// Whether the step at the zero was issued.
pub(super) fn is_issued(events: &[Event]) -> bool {
    let zero = |event: &Event| matches!(event.what, What::StepIssued { zero: true, .. });
    events.iter().any(zero)
}

/// The zero: from just before the step was issued to just after its effect was acknowledged.
pub fn fault(events: &[Event]) -> Result<Fault, Remark> {
    let issued = events.iter().find_map(|event| match &event.what {
        What::StepIssued { step, zero: true } => Some((event.at, step)),
        _ => None,
    });
    let failed = events.iter().find_map(|event| match &event.what {
        What::StepFailed { step, reason } => Some((step, reason)),
        _ => None,
    });
    if let Some((step, reason)) = failed {
        return Err(remark(
            "step_failed",
            &[("step", step.clone()), ("reason", reason.clone())],
        ));
    }
    let Some((issued, zero_step)) = issued else {
        return Err(remark("no_fault", &[]));
    };
    let done = events.iter().find_map(|event| match &event.what {
        What::StepDone { step } if step == zero_step => Some(event.at),
        _ => None,
    });
    let Some(done) = done else {
        return Err(remark(
            "zero_not_acknowledged",
            &[("step", zero_step.clone())],
        ));
    };
    let restored = events.iter().find_map(|event| match &event.what {
        What::RestoreIssued { .. } if event.at >= issued => Some(event.at),
        _ => None,
    });
    Ok(Fault {
        zero: Zero {
            issued,
            done: done.max(issued),
        },
        restored,
        restoration: restored.and_then(|issued| restoration(events, issued)),
        closed: events.iter().find_map(|event| match event.what {
            What::WindowClosed {
                reason: Closed::Recovered,
                ..
            } => Some(event.at.plus_micros(-WATCHED_BEYOND)),
            _ => None,
        }),
        watched: events.iter().find_map(|event| match event.what {
            What::RestoreWatched { .. } => Some(event.at.plus_micros(-WATCHED_BEYOND)),
            _ => None,
        }),
    })
}

/// Rule: the restoration ends when the last of what was to be undone is.
fn restoration(events: &[Event], issued: Timestamp) -> Option<Zero> {
    let ours = || events.iter().filter(|event| event.at >= issued);
    let is_issued = |event: &&Event| matches!(event.what, What::RestoreIssued { .. });
    let done = ours().filter(|event| matches!(event.what, What::RestoreDone { .. }));
    let times: Vec<_> = done.map(|event| event.at).collect();
    let all = times.len() == ours().filter(is_issued).count();
    let done = times.last().copied().filter(|_| all)?;
    Some(Zero { issued, done })
}
