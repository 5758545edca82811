//! The judgement: a function of (scenario, inventory, events, samples, audits) alone. Reads as the order of definitions.md: zero, clocks,
//! scrapes, coverage, steady state, effect, measures, criteria, verdict.

use super::alerts::Alerts;
use super::audits::Audits;
use super::blank;
use super::clocks::{self, Clock};
use super::criteria;
use super::events;
use super::expected::{self, delay_explains};
use super::findings;
use super::grids::Grids;
use super::inventory::Inventory;
use super::judgement::{CriterionResult, Judgement, Measured, Remark, Sampling, Settings, Verdict};
use super::located::{Located, located};
use super::loss::Users;
use super::measured::Events;
use super::measures::Measures;
use super::plan::{Bound, Moments, Plan, Problem, Variables};
use super::read::Log;
use super::remark::{remark, seconds};
use super::scenario::{Event, Measure, Scenario};
use super::scrapes::Scrapes;
use super::verdict;
use super::watch::Watch;
use super::zero::{self, Fault, Start};
use crate::model::time::Timestamp;
use crate::promql::SeriesSet;

/// Why there is nothing to judge.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    /// The scenario is invalid, or does not fit the inventory.
    #[error("scenario: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Problem>),
    /// The event log does not begin with the drill's start.
    #[error("events.jsonl: no `drill_started`; the drill never began, run it again")]
    NotStarted,
}

/// What was observed.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// The samples.
    pub series: &'a SeriesSet,
    /// Nominal scrape interval of the exporter's job, in microseconds.
    pub scrape_interval_us: i64,
    /// Warnings of the server.
    pub warnings: &'a [String],
    /// The clock of the server if it is another one than the drill compared.
    pub server_clock: Option<Clock>,
    /// The audits of the users' topics, if there were any.
    pub audits: Option<&'a Audits>,
    /// The shipped alerts, replayed over the samples, if they were.
    pub alerts: Option<&'a Alerts>,
}

/// A drill, and what was observed of it.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) inventory: &'a Inventory,
    pub(super) log: &'a Log,
    pub(super) observed: Observed<'a>,
    pub(super) plan: &'a Plan,
    pub(super) users: &'a Users,
}

/// Judge a drill.
pub fn judge(
    scenario: &Scenario,
    inventory: &Inventory,
    log: &Log,
    observed: Observed<'_>,
) -> Result<Judgement, Error> {
    let start = zero::start(&log.events).ok_or(Error::NotStarted)?;
    let variables = variables(inventory, &start, log, observed);
    let plan = Plan::compile(scenario, variables).map_err(Error::Invalid)?;
    // Where nothing was done, nothing was to be audited.
    let users = if zero::is_issued(&log.events) {
        Users::of(inventory, observed.audits)
    } else {
        Users::default()
    };
    let case = Case {
        scenario,
        inventory,
        log,
        observed,
        plan: &plan,
        users: &users,
    };
    let mut judgement = match located(case, &start) {
        Ok(located) => judgement(case, &start, &located),
        Err(remark) => blank::nothing(case, remark),
    };
    if log.torn {
        judgement.remarks.push(remark("log_torn", &[]));
    }
    judgement.remarks.extend(events::cut_short(&log.events));
    Ok(judgement)
}

/// What keeps the state from being steady, were the fault issued at `at`: asked live, by the rules that judge it afterwards.
///
/// `log` is what has happened so far; clocks must have been compared.
pub fn unsteady(
    scenario: &Scenario,
    inventory: &Inventory,
    log: &Log,
    observed: Observed<'_>,
    at: Timestamp,
) -> Result<Option<Remark>, Error> {
    let log = zero::rehearsed(log, at);
    let start = zero::start(&log.events).ok_or(Error::NotStarted)?;
    let variables = variables(inventory, &start, &log, observed);
    let plan = Plan::compile(scenario, variables).map_err(Error::Invalid)?;
    let case = Case {
        scenario,
        inventory,
        log: &log,
        observed,
        plan: &plan,
        users: &Users::default(),
    };
    Ok(match located(case, &start) {
        Ok(located) => {
            let conditions = plan.steady.iter().flat_map(Bound::queries);
            let watch = Watch::of(&located.scrapes, conditions);
            located.before_fault(&plan, &watch, &located.sights())
        }
        Err(remark) => Some(remark),
    })
}

/// What the scenario's variables stand for; its moments lie certainly before the events.
fn variables<'a>(
    inventory: &'a Inventory,
    start: &Start<'a>,
    log: &Log,
    observed: Observed<'_>,
) -> Variables<'a> {
    let fault = zero::fault(&log.events).ok();
    let clock = |fault: &Fault| {
        let compared = clocks::clock(&log.events, "prometheus", fault.zero).ok();
        observed.server_clock.or(compared)
    };
    let placed = fault
        .as_ref()
        .and_then(|fault| Some((fault, clock(fault)?)));
    let moments = placed.map(|(fault, clock)| {
        let before = |at: Timestamp| (clock.reads(at) - clock.epsilon).div_euclid(1_000);
        Moments {
            zero: before(fault.zero.issued),
            restore: fault.restored.map_or(0, before),
        }
    });
    Variables {
        inventory,
        victim: start.victim,
        second: start.second,
        moments: moments.unwrap_or_default(),
    }
}

fn judgement(case: Case<'_>, start: &Start<'_>, located: &Located<'_>) -> Judgement {
    let watch = &Watch::of(&located.scrapes, case.plan.queries());
    let sights = located.sights();
    let events = Events::measure(located, case, start, watch, &sights);
    let grids = Grids::filled(case, located, &events, watch);
    let criteria = criteria::judged(case, watch, &events, &grids.times);
    let invalid = located.invalid(case, start, watch, &sights);
    let whole = located.whole_frame(case.plan);
    let window = events.window();
    let mut remarks: Vec<Remark> = invalid.iter().cloned().collect();
    remarks.extend(case.users.remarks.iter().cloned());
    remarks.extend(explanation(case, located, &events.fault, &criteria));
    remarks.extend(events.fault.remarks.clone());
    let restored = events.restore.iter().flat_map(|restore| &restore.remarks);
    let new: Vec<_> = restored
        .filter(|remark| !remarks.contains(remark))
        .cloned()
        .collect();
    remarks.extend(new);
    remarks.extend(findings::missing(&located.scrapes, &sights, &whole, window));
    remarks.extend(located.coverage.holes.clone());
    let warnings = case.observed.warnings.iter();
    remarks
        .extend(warnings.map(|warning| remark("server_warned", &[("warning", warning.clone())])));
    let verdicts: Vec<_> = criteria.iter().map(|c| c.verdict).collect();
    let victim = located.victim.as_ref();
    Judgement {
        verdict: verdict::drill(invalid.is_some(), &verdicts),
        remarks,
        zero: Some(located.fault.zero),
        restored: located.restoration(case.plan),
        window: Some(window),
        expected: victim.and_then(|v| expected::expected(case.inventory, v, events.fault.withheld)),
        victim: victim.cloned(),
        criteria,
        outages: findings::outages(&sights, &located.coverage, located.exporter, &whole),
        settings: (!located.pages.is_empty()).then_some(Settings {
            outage_threshold: whole.threshold,
            hold: whole.hold,
            canary_period: whole.period,
        }),
        sampling: sampling(&located.scrapes, window),
        measures: events.fault.all,
        after_restore: events
            .restore
            .map(|restore| restore.all)
            .unwrap_or_default(),
        procedure: grids.procedure,
        observations: grids.observations,
        capacity: grids.capacity,
        placements: grids.placements,
        times: grids.times,
        expectations: grids.expectations,
        alerts: case
            .observed
            .alerts
            .map(|alerts| alerts.said(located.alerted())),
        ..blank::empty(case)
    }
}

/// Whether the scheduled delay is why the flow came back too late.
fn explanation(
    case: Case<'_>,
    located: &Located<'_>,
    measures: &Measures,
    criteria: &[CriterionResult],
) -> Option<Remark> {
    let late = criteria.iter().find(|c| {
        c.measure == Measure::RecoveryTime && c.after == Event::Fault && c.verdict != Verdict::Pass
    })?;
    let Measured::Within { interval, .. } = &late.measured else {
        return None;
    };
    let expected = expected::expected(case.inventory, located.victim.as_ref()?, measures.withheld);
    let delay = expected
        .and_then(|e| e.parts.get(expected::DELAY).copied())
        .or(measures.withheld)?;
    let failed = late.verdict == Verdict::Fail;
    delay_explains(delay, failed.then_some(interval.lower), late.limit).then(|| {
        remark(
            "scheduled_delay_explains",
            &[("delay", seconds(delay)), ("limit", seconds(late.limit))],
        )
    })
}

fn sampling(scrapes: &Scrapes<'_>, window: (Timestamp, Timestamp)) -> Sampling {
    let (from, to) = (window.0.as_micros(), window.1.as_micros());
    let inside = scrapes.all.iter();
    let inside = inside.filter(|scrape| scrape.earliest > from && scrape.earliest <= to);
    let at = Timestamp::from_micros;
    let gaps = scrapes.gaps(from, to).into_iter();
    Sampling {
        interval: scrapes.interval,
        scrapes: inside.count(),
        gaps: gaps.map(|(start, end)| (at(start), at(end))).collect(),
    }
}
