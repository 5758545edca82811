//! The plan's procedure with its real times.

use super::Spans;
use crate::model::time::Timestamp;
use crate::recovery::events::What;
use crate::recovery::judge::Case;
use crate::recovery::judgement::{Interval, Measured, StageResult, TimedResult};
use crate::recovery::scenario::{Event, Moment};

/// The stages, each from when until when it was.
pub(super) fn procedure(
    case: Case<'_>,
    spans: Option<&Spans>,
    times: &[TimedResult],
) -> Vec<StageResult> {
    let stages = case.scenario.procedure.iter();
    stages
        .map(|stage| StageResult {
            title: stage.title.clone(),
            at: at(&stage.at, case, spans, times),
            moment: Some(stage.at.clone()),
            note: stage.note.clone(),
        })
        .collect()
}

fn at(
    moment: &Moment,
    case: Case<'_>,
    spans: Option<&Spans>,
    times: &[TimedResult],
) -> Option<(Timestamp, Timestamp)> {
    let first = |is: &dyn Fn(&What) -> bool| {
        let mut events = case.log.events.iter();
        events.find(|event| is(&event.what)).map(|event| event.at)
    };
    let last = |is: &dyn Fn(&What) -> bool| {
        let mut events = case.log.events.iter().rev();
        events.find(|event| is(&event.what)).map(|event| event.at)
    };
    let instant = |at: Timestamp| (at, at);
    match moment {
        Moment::Beforehand => None,
        Moment::SteadyState => last(&|what| matches!(what, What::SteadyState)).map(instant),
        Moment::WindowClosed => {
            first(&|what| matches!(what, What::WindowClosed { .. })).map(instant)
        }
        Moment::DrillEnded => last(&|what| matches!(what, What::DrillEnded)).map(instant),
        Moment::Step(name) => {
            let issued =
                first(&|what| matches!(what, What::StepIssued { step, .. } if step == name))?;
            let done = first(&|what| matches!(what, What::StepDone { step } if step == name));
            Some((issued, done.unwrap_or(issued)))
        }
        Moment::Restore => {
            let issued = first(&|what| matches!(what, What::RestoreIssued { .. }))?;
            let done = last(&|what| matches!(what, What::RestoreDone { .. }));
            Some((issued, done.unwrap_or(issued)))
        }
        Moment::Time(id) => {
            let row = times.iter().find(|row| row.id == *id)?;
            ended(row, spans?)
        }
    }
}

/// Between when and when something `measured` after its zero happened; `None` when it has no end.
fn ended(row: &TimedResult, spans: &Spans) -> Option<(Timestamp, Timestamp)> {
    let Measured::Within {
        interval: Interval { lower, upper },
        ..
    } = &row.measured
    else {
        return None;
    };
    let (issued, done) = match row.after {
        Event::Fault => spans.fault,
        Event::Restore => spans.restore?,
    };
    // The interval holds distances from anywhere in the zero: its ends are the zero's far ends.
    let latest = issued + (*upper)?;
    let earliest = if *lower == 0 { issued } else { done + lower };
    let at = Timestamp::from_micros;
    Some((at(earliest.min(latest)), at(latest)))
}
