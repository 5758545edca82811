//! The judgement: a function of (scenario, inventory, events, samples, audits) alone. Reads as the order of definitions.md: zero, clocks,
//! scrapes, coverage, steady state, effect, measures, criteria, verdict.

use super::audits::Audits;
use super::blank;
use super::checks;
use super::clocks::{self, Clock};
use super::coverage::{self, Coverage};
use super::criteria;
use super::events;
use super::expected::{self, delay_explains};
use super::findings;
use super::inventory::Inventory;
use super::judgement::{
    CriterionResult, Judgement, Measured, Remark, Sampling, Settings, Verdict, Victim,
};
use super::loss::Users;
use super::measures::{self, Measures, Setting};
use super::pages::{Page, is_canary, pages};
use super::phases::Loss;
use super::plan::{Plan, Problem, Variables};
use super::read::Log;
use super::recovery_time::Frame;
use super::remark::{remark, seconds};
use super::scenario::{Measure, Scenario};
use super::scrapes::{Job, Scrapes};
use super::sight::{Sight, partitions, sight};
use super::spans::FOREVER;
use super::verdict;
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
    let variables = Variables {
        inventory,
        victim: start.victim,
    };
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
        Ok(located) => located.judge(case, &start),
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
    let variables = Variables {
        inventory,
        victim: start.victim,
    };
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
        Ok(located) => located.before_fault(&plan, &located.frame(&plan), &located.sights()),
        Err(remark) => Some(remark),
    })
}

/// Everything placed on clocks.
struct Located<'a> {
    fault: Fault,
    exporter: Clock,
    scrapes: Scrapes<'a>,
    pages: Vec<Page>,
    coverage: Coverage,
    victim: Victim,
}

fn located<'a>(case: Case<'a>, start: &Start<'_>) -> Result<Located<'a>, Remark> {
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
    let victim = coverage::victim(&scrapes, last, case.inventory, start);
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
    fn judge(&self, case: Case<'_>, start: &Start<'_>) -> Judgement {
        let frame = self.frame(case.plan);
        let sights = self.sights();
        let setting = Setting {
            frame,
            exporter: self.exporter,
            zero: self.fault.zero,
            steady_for: case.plan.steady_for,
            jumped: clocks::jump(&case.log.events),
            covered: self.coverage.holes.is_empty(),
        };
        let mut measures =
            measures::measure(&setting, &self.scrapes, &self.pages, &sights, case.plan);
        let loss = Loss {
            inventory: case.inventory,
            victim: start.victim,
            zero: (
                self.fault.zero.issued.as_micros(),
                self.fault.zero.done.as_micros(),
            ),
            restored: self.fault.restored.map_or(FOREVER, Timestamp::as_micros),
        };
        measures.phases(&self.scrapes, loss);
        let criteria = criteria::judged(case, &self.scrapes, &measures);
        let invalid = self.invalid(case, start, &frame, &sights);
        let warned = case
            .observed
            .warnings
            .iter()
            .map(|warning| remark("server_warned", &[("warning", warning.clone())]));
        let mut remarks: Vec<Remark> = invalid.iter().cloned().collect();
        remarks.extend(case.users.remarks.iter().cloned());
        remarks.extend(self.explanation(case, &measures, &criteria));
        remarks.extend(measures.remarks.clone());
        remarks.extend(findings::missing(
            &self.scrapes,
            &sights,
            &frame,
            measures.window,
        ));
        remarks.extend(self.coverage.holes.clone());
        remarks.extend(warned);
        let ours = criteria.iter().filter(|c| c.limit_is_ours);
        remarks.extend(ours.map(|c| remark("limit_is_ours", &[("criterion", c.id.clone())])));
        let verdicts: Vec<_> = criteria.iter().map(|c| c.verdict).collect();
        let mut judgement = blank::empty(case);
        judgement.verdict = verdict::drill(invalid.is_some(), &verdicts);
        judgement.remarks = remarks;
        judgement.zero = Some(self.fault.zero);
        judgement.window = Some(measures.window);
        judgement.expected = expected::expected(case.inventory, &self.victim, measures.withheld);
        judgement.victim = Some(self.victim.clone());
        judgement.criteria = criteria;
        judgement.outages = findings::outages(&sights, &self.coverage, self.exporter, &frame);
        judgement.settings = (!self.pages.is_empty()).then_some(Settings {
            outage_threshold: frame.threshold,
            hold: frame.hold,
            canary_period: frame.period,
        });
        judgement.sampling = self.sampling(measures.window);
        judgement.measures = measures.all;
        judgement
    }

    fn sights(&self) -> Vec<(i32, Sight)> {
        partitions(&self.pages)
            .into_iter()
            .map(|p| (p, sight(&self.pages, p)))
            .collect()
    }

    fn frame(&self, plan: &Plan) -> Frame {
        let newest = self.pages.last();
        Frame {
            issued: self.exporter.reads(self.fault.zero.issued),
            done: self.exporter.reads(self.fault.zero.done),
            epsilon: self.exporter.epsilon,
            hold: plan.hold,
            threshold: newest.map_or(0, |page| page.threshold),
            period: newest.map_or(0, |page| page.period),
            lateness: self.lateness(plan.steady_for),
            limit: plan.longest_limit(),
            restored: self
                .fault
                .restored
                .map_or(FOREVER, |at| self.exporter.reads(at)),
        }
    }

    /// By how much at most the canary stamped an arrival too late, from the steady state on.
    fn lateness(&self, steady_for: i64) -> i64 {
        let from = self.exporter.reads(self.fault.zero.issued) - steady_for;
        let recent = self.pages.iter().filter(|page| page.through > from);
        recent.map(|page| page.lateness).max().unwrap_or(0)
    }

    /// What was not as it should be before the fault: the first that applies.
    fn before_fault(&self, plan: &Plan, frame: &Frame, sights: &[(i32, Sight)]) -> Option<Remark> {
        let issued = self.fault.zero.issued.as_micros();
        let from = issued - plan.steady_for;
        findings::unresolvable(plan, &self.scrapes, frame)
            .or_else(|| checks::steady(&self.scrapes, &plan.steady, from, issued))
            .or_else(|| findings::unsteady(sights, frame, plan.steady_for))
    }

    /// What makes the drill INVALID: the first that applies.
    fn invalid(
        &self,
        case: Case<'_>,
        start: &Start<'_>,
        frame: &Frame,
        sights: &[(i32, Sight)],
    ) -> Option<Remark> {
        let plan = case.plan;
        let issued = self.fault.zero.issued.as_micros();
        let restored = self.fault.restored.map_or(FOREVER, Timestamp::as_micros);
        let victim_known = coverage::last_before(&self.scrapes, issued).is_some();
        let victim = || {
            [
                ("victim", start.victim.to_owned()),
                ("connector", case.inventory.flow.connector.clone()),
            ]
        };
        self.before_fault(plan, frame, sights)
            .or_else(|| (!victim_known).then(|| remark("victim_tasks_unknown", &victim()[..1])))
            .or_else(|| {
                (self.victim.flow_tasks == 0).then(|| remark("victim_not_concerned", &victim()))
            })
            .or_else(|| {
                let seen = checks::effect_seen(&self.scrapes, &plan.effect, issued, restored);
                (!seen).then(|| {
                    remark(
                        "no_effect_seen",
                        &[("condition", plan.effect.comparison.to_string())],
                    )
                })
            })
    }

    /// Whether the scheduled delay is why the flow came back too late.
    fn explanation(
        &self,
        case: Case<'_>,
        measures: &Measures,
        criteria: &[CriterionResult],
    ) -> Option<Remark> {
        let late = criteria
            .iter()
            .find(|c| c.measure == Measure::RecoveryTime && c.verdict != Verdict::Pass)?;
        let Measured::Within { interval, .. } = &late.measured else {
            return None;
        };
        let expected = expected::expected(case.inventory, &self.victim, measures.withheld);
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

    fn sampling(&self, window: (Timestamp, Timestamp)) -> Sampling {
        let (from, to) = (window.0.as_micros(), window.1.as_micros());
        let inside = self
            .scrapes
            .all
            .iter()
            .filter(|scrape| scrape.earliest > from && scrape.earliest <= to);
        let at = Timestamp::from_micros;
        let gaps = self
            .scrapes
            .gaps(from, to)
            .into_iter()
            .map(|(start, end)| (at(start), at(end)))
            .collect();
        Sampling {
            interval: self.scrapes.interval,
            scrapes: inside.count(),
            gaps,
        }
    }
}
