//! What the settings imply for the limits before anything is done: a time that no luck can make shorter, and one that it may take.

use super::expected::{DELAY, HEARTBEAT, SESSION, expected};
use super::inventory::Inventory;
use super::judgement::{Expected, Victim};
use super::plan::Plan;
use super::remark::seconds;
use super::scenario::{Event, Measure};

/// Measures of an interruption of the flow, which lasts at least until its tasks run again.
const INTERRUPTED: [Measure; 3] = [
    Measure::RecoveryTime,
    Measure::RecoveryPointSeconds,
    Measure::OutageSeconds,
];

/// How long tasks are without a worker, by the settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// At most, and of what.
    pub expected: Expected,
    /// At least, in microseconds; `None` where the victim's role is not known, or a second worker is lost: who leads then is not known before.
    pub at_least: Option<i64>,
    /// Whether only one worker is lost.
    alone: bool,
}

/// What the settings imply; `None` where one that is needed is not known. `seen` = the delay in the group's own assignments, in microseconds.
pub fn forecast(
    inventory: &Inventory,
    victim: &Victim,
    alone: bool,
    seen: Option<i64>,
) -> Option<Forecast> {
    // With two lost, the leader among them, it depends on whether its successor knew what the other had.
    let leader = victim.leader.filter(|_| alone);
    let victim = Victim {
        leader,
        ..victim.clone()
    };
    let expected = expected(inventory, &victim, seen)?;
    let at_least = leader.map(|_| at_least(&expected));
    Some(Forecast {
        expected,
        at_least,
        alone,
    })
}

/// The names of the settings that it rests on.
pub fn settings() -> [&'static str; 3] {
    [SESSION, HEARTBEAT, DELAY]
}

/// The last heartbeat came up to one interval before the loss; the delay is waited for in full.
fn at_least(expected: &Expected) -> i64 {
    let part = |name: &str| expected.parts.get(name).copied().unwrap_or(0);
    let session = part(SESSION);
    let missed = if session > 0 {
        (session - part(HEARTBEAT)).max(0)
    } else {
        0
    };
    missed.saturating_add(part(DELAY))
}

impl Forecast {
    /// A sentence for each criterion that cannot pass by these settings, or may not.
    pub fn doubts(&self, plan: &Plan) -> Vec<String> {
        let of_fault = plan
            .criteria
            .iter()
            .filter(|c| c.criterion.after == Event::Fault);
        let timed = of_fault.filter(|c| INTERRUPTED.contains(&c.criterion.measure));
        let doubted = timed.filter(|c| self.expected.at_most >= c.limit);
        doubted
            .map(|c| self.doubt(&c.criterion.id, c.limit))
            .collect()
    }

    fn doubt(&self, criterion: &str, limit: i64) -> String {
        let most = seconds(self.expected.at_most);
        let limit_told = seconds(limit);
        match self.at_least {
            Some(least) if least >= limit => format!(
                "`{criterion}` cannot pass: the settings imply {} at least and up to {most}, the limit is {limit_told}",
                seconds(least)
            ),
            _ => {
                let after = if self.alone {
                    ""
                } else {
                    " after the second loss"
                };
                format!(
                    "`{criterion}` may not pass: the settings imply up to {most}{after}, the limit is {limit_told}"
                )
            }
        }
    }

    /// What the bound is made of.
    pub fn told(&self) -> String {
        let parts = self.expected.parts.iter();
        let parts = parts.map(|(name, micros)| format!("{name} {}", seconds(*micros)));
        let parts = parts.collect::<Vec<_>>().join(" + ");
        format!(
            "tasks run again after at most {} = {parts}",
            seconds(self.expected.at_most)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recovery::plan::Variables;
    use crate::recovery::{read, shipped};

    /// With this delay, in milliseconds, and a limit of a minute.
    fn doubts(delay: u64, fault: &str, leader: Option<bool>, alone: bool) -> Vec<String> {
        let site = format!(
            "site: s\nprometheus: {{ url: 'http://p', scrape_interval: 1s }}\nflow: {{ source: a, target: b, connector: c }}\nconnectors: {{ c: 1 }}\nworkers: []\n\
             settings: {{ session.timeout.ms: 10000, heartbeat.interval.ms: 3000, scheduled.rebalance.max.delay.ms: {delay} }}\n"
        );
        let inventory = read::inventory("i", &site).unwrap();
        let scenario = read::scenario("s", shipped::scenario("worker-loss").unwrap()).unwrap();
        let plan = Plan::compile(&scenario, Variables::of(&inventory, "w")).unwrap();
        let victim = Victim {
            worker: "w".into(),
            zone: None,
            fault: fault.into(),
            leader,
            tasks: vec![],
            flow_tasks: 1,
        };
        forecast(&inventory, &victim, alone, None)
            .unwrap()
            .doubts(&plan)
    }

    #[test]
    fn a_limit_below_what_is_waited_for_in_any_case_cannot_be_met() {
        let said = doubts(300_000, "kill", Some(false), true);
        assert_eq!(said.len(), 2, "recovery time and recovery point: {said:?}");
        let expected = "`recovery-time` cannot pass: the settings imply 307 s at least and up to 313 s, the limit is 60 s";
        assert_eq!(said[0], expected);
        assert_eq!(doubts(300_000, "kill", Some(true), true), [""; 0]);
    }

    #[test]
    fn between_least_and_most_it_may_not_pass_and_below_both_nothing_is_said() {
        // At least 7 s and the delay, at most 13 s and the delay.
        assert!(doubts(53_000, "kill", Some(false), true)[0].contains("cannot pass"));
        assert!(doubts(52_999, "kill", Some(false), true)[0].contains("may not pass"));
        assert!(doubts(47_000, "kill", Some(false), true)[0].contains("may not pass"));
        assert_eq!(doubts(46_999, "kill", Some(false), true), [""; 0]);
    }

    #[test]
    fn a_clean_stop_is_not_waited_for() {
        let said = doubts(60_000, "stop", Some(false), true);
        assert!(
            said[0].contains("imply 60 s at least and up to 63 s"),
            "{said:?}"
        );
        assert_eq!(doubts(56_000, "stop", Some(false), true), [""; 0]);
    }

    #[test]
    fn of_a_worker_whose_role_is_not_known_nothing_is_certain() {
        let said = doubts(300_000, "kill", None, true);
        assert!(
            said[0].contains("may not pass") && said[0].contains("313 s, the"),
            "{said:?}"
        );
    }

    #[test]
    fn of_two_that_are_lost_nothing_is_certain() {
        for leader in [None, Some(true), Some(false)] {
            let said = doubts(300_000, "kill", leader, false);
            assert!(said[0].contains("may not pass"), "{said:?}");
        }
    }
}
