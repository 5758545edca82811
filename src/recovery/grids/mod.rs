//! The plan's grids, filled from what was observed.

mod capacity;
mod expectations;
mod observations;
mod placements;
mod procedure;
mod times;

use super::judge::Case;
use super::judgement::{
    CapacityResult, ExpectationResult, ObservationResult, PlacementResult, Remark, StageResult,
    TimedResult,
};
use super::located::Located;
use super::measured::Events;
use super::scenario::{Phase, Subject};
use super::scrapes::Scrape;
use super::watch::Watch;
use crate::model::time::Timestamp;

/// All of them, in the scenario's order.
#[derive(Debug)]
pub(super) struct Grids {
    pub(super) procedure: Vec<StageResult>,
    pub(super) observations: Vec<ObservationResult>,
    pub(super) capacity: Option<CapacityResult>,
    pub(super) placements: Vec<PlacementResult>,
    pub(super) times: Vec<TimedResult>,
    pub(super) expectations: Vec<ExpectationResult>,
}

impl Grids {
    /// Filled.
    pub(super) fn filled(
        case: Case<'_>,
        located: &Located<'_>,
        events: &Events,
        watch: &Watch<'_>,
    ) -> Self {
        let spans = Spans::of(case, located, events);
        let times = times::times(case.plan, &spans, events, watch);
        let placements = (case.scenario.subject == Subject::Worker)
            .then(|| placements::placements(case.inventory, &spans, watch));
        let restored = located.fault.restored.unwrap_or(events.window().1);
        let capacity = case.plan.capacity.as_ref();
        Self {
            capacity: capacity.map(|asked| {
                capacity::capacity(asked, &spans, &times, watch, restored.as_micros())
            }),
            placements: placements.unwrap_or_default(),
            procedure: procedure::procedure(case, Some(&spans), &times),
            observations: observations::observations(case.plan, &spans, watch),
            expectations: expectations::expectations(case.plan, &spans, watch),
            times,
        }
    }

    /// With every blank, and why it is one.
    pub(super) fn blank(case: Case<'_>, because: &Remark) -> Self {
        let times = times::blank(case.plan, because);
        Self {
            capacity: None,
            placements: Vec::new(),
            procedure: procedure::procedure(case, None, &times),
            observations: observations::blank(case.plan, because),
            expectations: expectations::blank(case.plan),
            times,
        }
    }
}

/// Where the phases and events of a drill lie, in microseconds of the drill host's clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spans {
    steady_from: i64,
    /// T_f⁻ and T_f⁺ of the fault.
    fault: (i64, i64),
    /// Where what belongs to the fault ends.
    fault_end: i64,
    /// The same of the restoration, if it is watched.
    restore: Option<(i64, i64)>,
    end: i64,
}

impl Spans {
    fn of(case: Case<'_>, located: &Located<'_>, events: &Events) -> Self {
        let zero = located.fault.zero;
        let micros = Timestamp::as_micros;
        let restored = located.fault.restored.map_or(i64::MAX, micros);
        let restore = located.restoration(case.plan);
        Self {
            steady_from: micros(zero.issued) - case.plan.steady_for,
            fault: (micros(zero.issued), micros(zero.done)),
            fault_end: micros(events.fault.window.1).min(restored),
            restore: restore.map(|zero| (micros(zero.issued), micros(zero.done))),
            end: micros(events.window().1),
        }
    }

    /// From when until when a phase lasts; `None` = there was none.
    fn phase(&self, phase: Phase) -> Option<(i64, i64)> {
        match phase {
            Phase::Before => Some((self.steady_from, self.fault.0)),
            Phase::During => Some((self.fault.1, self.fault_end)),
            Phase::After => self.restore.map(|(_, done)| (done, self.end)),
        }
    }

    /// The scrapes that lie wholly in a phase.
    fn scrapes(&self, watch: &Watch<'_>, phase: Phase) -> Option<Vec<Scrape>> {
        let (from, to) = self.phase(phase)?;
        let all = watch.scrapes.all.iter();
        let inside = all.filter(|scrape| scrape.earliest >= from && scrape.latest <= to);
        Some(inside.copied().collect())
    }
}
