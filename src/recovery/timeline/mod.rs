//! What a drill looked like, to be drawn: the evidence that is judged, as lines, spans and marks on the drill host's clock. Nothing is
//! judged here, and nothing is made up: what no scrape shows is a hole, never zero and never what stood before.

mod lines;
mod marks;
mod seen;
mod states;
mod stretches;
mod sums;
#[cfg(test)]
mod tests;

use serde::Serialize;

use self::seen::Seen;
use super::clocks;
use super::inventory::Inventory;
use super::judge::Observed;
use super::judgement::{Interval, Judgement, Outage, Zero};
use super::pages::{is_canary, pages};
use super::read::Log;
use super::scrapes::{Job, Scrapes};
use super::spans::Span;
use super::zero;
use crate::model::time::Timestamp;

/// A drill on the clock of the host that ran it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Timeline {
    /// What is drawn: the window, and after it as much as the restoration took.
    pub drawn: (Timestamp, Timestamp),
    /// The window that was judged.
    pub window: (Timestamp, Timestamp),
    /// The zero of the clock.
    pub zero: Zero,
    /// When the limit of the recovery time is over, counted from both ends of the zero.
    pub limit: Option<(Timestamp, Timestamp)>,
    /// What happened, in order of its kind.
    pub marks: Vec<Mark>,
    /// Spans without a good scrape.
    pub gaps: Vec<(Timestamp, Timestamp)>,
    /// Quantities over time; one that was never seen has no stretches.
    pub lines: Vec<Line>,
    /// Outages of the canary's partitions, as judged.
    pub outages: Vec<Outage>,
    /// Tasks: those that changed first to be kept, in order of their names.
    pub tasks: Vec<TaskRow>,
    /// How many tasks are left out, because there are so many.
    pub tasks_left_out: usize,
    /// Workers, in the inventory's order.
    pub workers: Vec<WorkerRow>,
    /// Who was hit.
    pub victim: Option<String>,
}

/// Something that happened, as an interval that certainly contains it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// What.
    pub event: Event,
    /// From when.
    pub from: Timestamp,
    /// Until when; `None` = it is not known to have happened.
    pub to: Option<Timestamp>,
    /// How long after the zero, in microseconds, where that was measured.
    pub after: Option<Interval>,
}

/// What a mark stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// From the fault's issue to its acknowledgement.
    Fault,
    /// The fault was detected.
    Detection,
    /// Connect's group noticed the loss.
    Rebalance,
    /// The tasks ran elsewhere.
    Redistribution,
    /// The flow was back.
    Recovery,
    /// From the first undo's issue to the last one's acknowledgement.
    Restoration,
}

/// A quantity over time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// Which.
    pub quantity: Quantity,
    /// Its points, in order; between two stretches nothing is known.
    pub stretches: Vec<Vec<Point>>,
}

/// What a line shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// t − S(t), the worst of the canary's partitions, in seconds.
    CanaryAge,
    /// Records of the users' topics that the target does not have yet.
    Lag,
    /// Records per second by which the users' topics grew at the source.
    SourceAppended,
    /// Records per second by which they grew at the target.
    TargetAppended,
    /// Records per second that the target acknowledged, by JMX.
    Replicated,
}

/// One value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// When.
    pub at: Timestamp,
    /// How much.
    pub value: f64,
}

/// One task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskRow {
    /// Its connector.
    pub connector: String,
    /// Its number.
    pub task: u32,
    /// What it was, and where.
    pub spans: Vec<Lasting<TaskView>>,
}

/// A task as a page has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskView {
    /// What it really does, else its status, in lower case.
    pub state: String,
    /// The worker that its status names.
    pub worker: Option<String>,
}

/// One worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorkerRow {
    /// Its id.
    pub worker: String,
    /// Its zone by the inventory.
    pub zone: Option<String>,
    /// Whether it answered.
    pub spans: Vec<Lasting<bool>>,
}

/// What was the same at every scrape from one that showed it to the first one that did not, or to the last one before a hole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lasting<T> {
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// What.
    pub what: T,
}

/// The timeline of a drill that was judged; `None` where its judgement has no window: then nothing can be placed.
pub fn timeline(
    inventory: &Inventory,
    log: &Log,
    observed: Observed<'_>,
    judgement: &Judgement,
) -> Option<Timeline> {
    let window = judgement.window?;
    let zero = zero::fault(&log.events).ok()?.zero;
    let compared = |name| clocks::clock(&log.events, name, zero).ok();
    let server = observed.server_clock.or_else(|| compared("prometheus"))?;
    let exporter = compared("exporter")?;
    let flow = &inventory.flow;
    let job = Job {
        name: &inventory.prometheus.job,
        interval: observed.scrape_interval_us,
        clock: server,
        exporter,
    };
    let scrapes = Scrapes::of(observed.series, job, |labels| {
        is_canary(labels, &flow.source, &flow.target)
    });
    let scrapes = scrapes.ok()?;
    let drawn = drawn(window, log);
    let span = Span::new(drawn.0.as_micros(), drawn.1.as_micros());
    let seen = Seen {
        unbroken: seen::unbroken(&scrapes, server, span),
        pages: pages(&scrapes, &flow.source, &flow.target),
        exporter,
        scrapes: &scrapes,
        inventory,
        span,
    };
    let (tasks, tasks_left_out) = states::tasks(&seen);
    Some(Timeline {
        drawn,
        window,
        zero,
        limit: marks::limit(judgement, zero),
        marks: marks::marks(judgement, zero, &log.events),
        gaps: seen.gaps(),
        lines: lines::lines(&seen),
        outages: judgement.outages.clone(),
        tasks,
        tasks_left_out,
        workers: states::workers(&seen),
        victim: judgement.victim.as_ref().map(|v| v.worker.clone()),
    })
}

/// The window and the restoration; of one that took for ever, as much as the window is long.
fn drawn(window: (Timestamp, Timestamp), log: &Log) -> (Timestamp, Timestamp) {
    let (from, end) = window;
    let restored = marks::restored(&log.events).and_then(|mark| mark.to);
    let most = end.plus_micros(end.micros_since(from));
    (from, restored.map_or(end, |at| at.clamp(end, most)))
}
