//! One fault, from a lab that is calm to one that is calm again.

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::Duration;

use super::alarm::{Alarm, remembers_long};
use super::bench::{Bench, CALM, now, wait};
use super::firing::Span;
use super::muted::Muted;
use super::row::Row;
use super::told::Told;
use crate::fault_table::{Act, do_it};

/// Until all alerts of a fault have come; the slowest needs four minutes on a machine at rest.
const PATIENCE: Duration = Duration::from_mins(7);
/// How much longer a fault is held when all its alerts are there.
const SETTLE: Duration = Duration::from_secs(15);
/// How long every fault is held at least, so that one alert too many shows as well: longer than the longest `for` and all that comes before it.
const AT_LEAST: Duration = Duration::from_mins(3);
/// Between two acts of a fault, so that the first has its effect.
const PAUSE: Duration = Duration::from_secs(10);

/// One fault under way; all times are in seconds since the epoch.
pub(super) struct Run<'a> {
    bench: &'a Bench<'a>,
    row: &'a Row,
    victim: String,
    pub(super) begun: f64,
    pub(super) mended: f64,
    /// What was done when.
    pub(super) marks: Vec<(f64, String)>,
    /// Whether the alert that remembers fired before, or was about to: what it does then says nothing of this fault.
    pub(super) is_remembered: bool,
}

/// What is known when it is over.
pub(super) struct Ended {
    pub(super) fired: Vec<Span>,
    pub(super) told: Told,
    pub(super) muted: Vec<Muted>,
}

impl<'a> Run<'a> {
    /// Waits until nothing fires, and begins.
    pub(super) fn begin(bench: &'a Bench<'a>, row: &'a Row) -> Result<Self, String> {
        bench.await_calm()?;
        let victim = bench.victim(&row.acts())?.unwrap_or_default();
        let stirring = bench.server.stirring()?;
        let mut short = stirring.iter().filter(|labels| !remembers_long(labels));
        Ok(Self {
            bench,
            row,
            victim,
            begun: now(),
            mended: f64::NAN,
            marks: Vec::new(),
            is_remembered: short.any(|labels| Alarm::of(labels).remembers()),
        })
    }

    /// The fault and its mending; it is mended whatever came of it.
    pub(super) fn go_through(&mut self) -> Result<(), String> {
        let mut acts = self.row.acts();
        let mending = acts.pop().ok_or("a fault is mended")?;
        let held = self.hurt(&acts).and_then(|()| self.hold());
        let mended = self.act(&mending);
        self.mended = now();
        held.and(mended)?;
        self.bench.await_calm()?;
        let remembering = self.must().filter(|alarm| alarm.remembers());
        self.await_there(&remembering.collect::<Vec<_>>())
    }

    fn hurt(&mut self, acts: &[Act]) -> Result<(), String> {
        for (number, act) in acts.iter().enumerate() {
            if number > 0 {
                sleep(PAUSE);
            }
            self.act(act)?;
        }
        Ok(())
    }

    fn act(&mut self, act: &Act) -> Result<(), String> {
        let lab = self.bench.lab;
        let at = now();
        let done = match act {
            Act::Hurt(action, role) => {
                let told = lab.fault(*action, &self.victim);
                let told = told.map_err(|error| error.to_string())?;
                format!(
                    "{action:?} {role}: {} with {}",
                    told.name,
                    told.tasks.join(", ")
                )
            }
            Act::Victim(action) => {
                do_it(lab, act, &self.victim)?;
                format!("{action:?} it")
            }
            other => do_it(lab, other, &self.victim)?.map_or_else(String::new, |done| done.action),
        };
        self.marks.push((at, done));
        Ok(())
    }

    /// Holds the fault until all that has to come of it is there, and a little longer.
    fn hold(&self) -> Result<(), String> {
        let at_once = self.row.fires.iter().filter(|alarm| !alarm.remembers());
        self.await_there(&at_once.collect::<Vec<_>>())?;
        sleep(SETTLE);
        let at_least = if self.row.is_calm { CALM } else { AT_LEAST };
        let left = self.begun + at_least.as_secs_f64() - now();
        sleep(Duration::from_secs_f64(left.max(0.0)));
        Ok(())
    }

    /// Waits until each has arrived at its receiver or was held back.
    fn await_there(&self, alarms: &[impl std::borrow::Borrow<Alarm>]) -> Result<(), String> {
        wait(PATIENCE, || {
            let told = Told::by(self.bench.lab);
            let missing = alarms.iter().map(std::borrow::Borrow::borrow);
            let missing = missing.filter(|alarm| !self.is_there(alarm, &told));
            let missing: Vec<String> = missing.map(Alarm::to_string).collect();
            Ok((!missing.is_empty()).then(|| format!("never came: {}", missing.join(", "))))
        })
    }

    fn is_there(&self, alarm: &Alarm, told: &Told) -> bool {
        told.arrived(alarm, self.begun).is_some() || self.bench.watch.has_muted(alarm, self.begun)
    }

    /// What came of it, and whether that is exactly what it fires.
    pub(super) fn end(self) -> Result<(Ended, Vec<String>), String> {
        let fired = self.bench.server.fired(self.begun, now())?;
        let told = Told::by(self.bench.lab);
        let mut wrong = told.misdirected(self.begun);
        wrong.extend(self.bench.watch.wrong(self.begun));
        wrong.extend(self.judged(&fired));
        let muted = self.bench.watch.muted(self.begun);
        Ok((Ended { fired, told, muted }, wrong))
    }

    /// What it has to fire. The alert that remembers the fault before is not asked for.
    fn must(&self) -> impl Iterator<Item = &Alarm> {
        let all = &self.row.fires;
        all.iter().filter(|alarm| !self.is_old(alarm))
    }

    fn is_old(&self, alarm: &Alarm) -> bool {
        self.is_remembered && alarm.remembers()
    }

    fn judged(&self, fired: &[Span]) -> Vec<String> {
        let spans = fired.iter().filter(|span| !remembers_long(&span.labels));
        let mut fired: BTreeSet<Alarm> = spans.map(|span| Alarm::of(&span.labels)).collect();
        fired.retain(|alarm| !self.is_old(alarm));
        let must: BTreeSet<&Alarm> = self.must().collect();
        let missing = must.iter().filter(|alarm| !fired.contains(**alarm));
        let missing = missing.map(|alarm| format!("{alarm} did not fire"));
        let perhaps = &self.row.perhaps;
        let more = fired
            .iter()
            .filter(|alarm| !must.contains(alarm) && !perhaps.contains(alarm));
        missing
            .chain(more.map(|alarm| format!("{alarm} fired, and is none of its alerts")))
            .collect()
    }
}
