//! Everything of a drill placed on clocks: fault, scrapes, the canary's pages, who owned what.

use super::checks;
use super::clocks::{self, Clock};
use super::coverage::{self, Coverage};
use super::findings;
use super::judge::Case;
use super::judgement::{Remark, Victim, Zero};
use super::pages::{Page, is_canary, pages};
use super::plan::Plan;
use super::recovery_time::Frame;
use super::remark::{remark, seconds};
use super::scenario::{Event, Subject};
use super::scrapes::{Job, Scrapes};
use super::sight::{Sight, partitions, sight};
use super::spans::FOREVER;
use super::watch::Watch;
use super::zero::{self, Fault, Start};
use crate::model::time::Timestamp;

/// Everything placed on clocks.
pub(super) struct Located<'a> {
    pub(super) fault: Fault,
    pub(super) exporter: Clock,
    pub(super) scrapes: Scrapes<'a>,
    pub(super) pages: Vec<Page>,
    pub(super) coverage: Coverage,
    /// `None` where no worker is hit.
    pub(super) victim: Option<Victim>,
}

/// Place what was observed; or why that cannot be done.
pub(super) fn located<'a>(case: Case<'a>, start: &Start<'_>) -> Result<Located<'a>, Remark> {
    let events = &case.log.events;
    let fault = zero::fault(events)?;
    let server = match case.observed.server_clock {
        Some(clock) => clock,
        None => clocks::clock(events, "prometheus", fault.zero)?,
    };
    let exporter = clocks::clock(events, "exporter", fault.zero)?;
    let job = Job {
        name: &case.inventory.prometheus.job,
        interval: case.observed.scrape_interval_us,
        clock: server,
        exporter,
    };
    let flow = &case.inventory.flow;
    let scrapes = Scrapes::of(case.observed.series, job, |labels| {
        is_canary(labels, &flow.source, &flow.target)
    })?;
    let pages = pages(&scrapes, &flow.source, &flow.target);
    if let Some(ahead) = findings::ahead(&scrapes, &pages, exporter) {
        return Err(remark("page_from_the_future", &[("ahead", seconds(ahead))]));
    }
    let last = coverage::last_before(&scrapes, fault.zero.issued.as_micros());
    let coverage = match last {
        Some(scrape) => {
            let page = pages.iter().find(|page| page.at == scrape.at);
            coverage::coverage(&scrapes, scrape, page, case.inventory)
        }
        None => Coverage {
            holes: vec![remark("coverage_unknown", &[])],
            ..Coverage::default()
        },
    };
    let victim = (case.scenario.subject == Subject::Worker)
        .then(|| coverage::victim(&scrapes, last, case.inventory, start));
    Ok(Located {
        fault,
        exporter,
        scrapes,
        pages,
        coverage,
        victim,
    })
}

impl Located<'_> {
    /// What each partition's ledgers vouch for.
    pub(super) fn sights(&self) -> Vec<(i32, Sight)> {
        partitions(&self.pages)
            .into_iter()
            .map(|p| (p, sight(&self.pages, p)))
            .collect()
    }

    /// The zero of the restoration, if the scenario has it watched and all was undone.
    pub(super) fn restoration(&self, plan: &Plan) -> Option<Zero> {
        self.fault
            .restoration
            .filter(|_| plan.watch_restore.is_some())
    }

    /// Where an event lies; the restoration only where there was one.
    pub(super) fn frame(&self, plan: &Plan, event: Event) -> Frame {
        let newest = self.pages.last();
        let restored = self
            .fault
            .restored
            .map_or(FOREVER, |at| self.exporter.reads(at));
        let (zero, restored) = match (event, self.fault.restoration) {
            (Event::Restore, Some(zero)) => (zero, FOREVER),
            (Event::Restore, None) | (Event::Fault, _) => (self.fault.zero, restored),
        };
        let longest = plan.longest_limit(event);
        let watched = match event {
            Event::Restore => self.fault.watched,
            Event::Fault => self.fault.closed.filter(|_| plan.calm_after.is_some()),
        };
        let watched = watched.map(|end| (end.micros_since(zero.done) - plan.hold).max(0));
        Frame {
            issued: self.exporter.reads(zero.issued),
            done: self.exporter.reads(zero.done),
            epsilon: self.exporter.epsilon,
            hold: plan.hold,
            threshold: newest.map_or(0, |page| page.threshold),
            period: newest.map_or(0, |page| page.period),
            lateness: self.lateness(plan.steady_for),
            limit: watched.map_or(longest, |watched| watched.min(longest)),
            restored,
        }
    }

    /// From the fault to the end of the last event that is watched.
    pub(super) fn whole_frame(&self, plan: &Plan) -> Frame {
        let fault = self.frame(plan, Event::Fault);
        if self.restoration(plan).is_none() {
            return fault;
        }
        let restore = self.frame(plan, Event::Restore);
        Frame {
            limit: restore.last_end() - fault.hold - fault.done,
            restored: FOREVER,
            ..fault
        }
    }

    /// By how much at most the canary stamped an arrival too late, from the steady state on.
    fn lateness(&self, steady_for: i64) -> i64 {
        let from = self.exporter.reads(self.fault.zero.issued) - steady_for;
        let recent = self.pages.iter().filter(|page| page.through > from);
        recent.map(|page| page.lateness).max().unwrap_or(0)
    }

    /// What was not as it should be before the fault: the first that applies.
    pub(super) fn before_fault(
        &self,
        plan: &Plan,
        watch: &Watch<'_>,
        sights: &[(i32, Sight)],
    ) -> Option<Remark> {
        let frame = &self.frame(plan, Event::Fault);
        let issued = self.fault.zero.issued.as_micros();
        let from = issued - plan.steady_for;
        findings::unresolvable(plan, &self.scrapes, frame)
            .or_else(|| checks::steady(watch, &plan.steady, from, issued))
            .or_else(|| findings::unsteady(sights, frame, plan.steady_for))
    }

    /// What makes the drill INVALID: the first that applies.
    pub(super) fn invalid(
        &self,
        case: Case<'_>,
        start: &Start<'_>,
        watch: &Watch<'_>,
        sights: &[(i32, Sight)],
    ) -> Option<Remark> {
        let effect = &case.plan.effect;
        let issued = self.fault.zero.issued.as_micros();
        let restored = self.fault.restored.map_or(FOREVER, Timestamp::as_micros);
        self.before_fault(case.plan, watch, sights)
            .or_else(|| self.unconcerned(case, start))
            .or_else(|| {
                let seen = checks::effect_seen(watch, effect, issued, restored);
                (!seen).then(|| remark("no_effect_seen", &[("condition", effect.expr())]))
            })
    }

    /// Whether the victim has nothing to do with the flow, or that is not known.
    fn unconcerned(&self, case: Case<'_>, start: &Start<'_>) -> Option<Remark> {
        let victim = self.victim.as_ref()?;
        let with = [
            ("victim", start.victim.to_owned()),
            ("connector", case.inventory.flow.connector.clone()),
        ];
        let issued = self.fault.zero.issued.as_micros();
        if coverage::last_before(&self.scrapes, issued).is_none() {
            return Some(remark("victim_tasks_unknown", &with[..1]));
        }
        (victim.flow_tasks == 0).then(|| remark("victim_not_concerned", &with))
    }
}
