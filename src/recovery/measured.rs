//! The measured events of a drill: the fault, and the restoration where that is watched. Each has its own zero and its own measures.

use super::clocks;
use super::exposure::Window;
use super::judge::Case;
use super::judgement::Zero;
use super::located::Located;
use super::measures::{self, Measures, Setting};
use super::phases::Loss;
use super::scenario::{Event, Subject};
use super::sight::Sight;
use super::spans::FOREVER;
use super::watch::Watch;
use super::zero::Start;
use crate::model::time::Timestamp;

/// What was measured.
#[derive(Clone, Debug)]
pub(super) struct Events {
    pub(super) fault: Measures,
    pub(super) restore: Option<Measures>,
}

impl Events {
    /// Measure each.
    pub(super) fn measure(
        located: &Located<'_>,
        case: Case<'_>,
        start: &Start<'_>,
        watch: &Watch<'_>,
        sights: &[(i32, Sight)],
    ) -> Self {
        let event = |event, zero, whole| {
            let setting = setting(located, case, (event, zero), whole);
            let detection = case
                .plan
                .detection
                .as_ref()
                .filter(|_| event == Event::Fault);
            measures::measure(&setting, watch, &located.pages, sights, detection)
        };
        let restore = located.restoration(case.plan);
        let restore = restore.map(|zero| event(Event::Restore, zero, None));
        // Rule: what is lost, doubled or late is so over both events.
        let whole = restore.as_ref().map(|restore| Window {
            from: located.frame(case.plan, Event::Fault).issued - case.plan.steady_for,
            ..restore.bounds
        });
        let mut fault = event(Event::Fault, located.fault.zero, whole);
        if let Some(alerts) = case.observed.alerts {
            fault.put("alerted", alerts.first(located.alerted()));
        }
        if case.scenario.subject == Subject::Worker && case.plan.times.is_empty() {
            fault.phases(watch.scrapes, loss(located, case, start));
        }
        Self { fault, restore }
    }

    /// Of one of them; `None` = that was not to be seen.
    pub(super) fn of(&self, event: Event) -> Option<&Measures> {
        match event {
            Event::Fault => Some(&self.fault),
            Event::Restore => self.restore.as_ref(),
        }
    }

    /// From the steady state to the end of what was watched.
    pub(super) fn window(&self) -> (Timestamp, Timestamp) {
        let last = self.restore.as_ref().unwrap_or(&self.fault);
        (self.fault.window.0, last.window.1)
    }
}

fn setting(
    located: &Located<'_>,
    case: Case<'_>,
    (event, zero): (Event, Zero),
    whole: Option<Window>,
) -> Setting {
    Setting {
        frame: located.frame(case.plan, event),
        exporter: located.exporter,
        zero,
        steady_for: case.plan.steady_for,
        jumped: clocks::jump(&case.log.events),
        covered: located.coverage.holes.is_empty(),
        kept: event == Event::Fault && case.plan.keep_for.is_some(),
        whole,
    }
}

fn loss<'a>(located: &Located<'_>, case: Case<'a>, start: &Start<'a>) -> Loss<'a> {
    let zero = located.fault.zero;
    Loss {
        inventory: case.inventory,
        victim: start.victim,
        zero: (zero.issued.as_micros(), zero.done.as_micros()),
        restored: located.fault.restored.map_or(FOREVER, Timestamp::as_micros),
    }
}
