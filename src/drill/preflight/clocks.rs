//! How well other hosts' clocks are known, against the limits: what is placed by a clock is off by its error to either side.

use std::time::Duration;

use super::row::{Row, Standing};
use crate::recovery::clocks::Clock;
use crate::recovery::plan::Plan;

/// More than this part of the shortest limit is worth a warning.
const PART: i64 = 10;

/// Of one clock, `None` if it could not be compared.
pub(super) fn row(name: &str, clock: Option<Clock>, plan: &Plan) -> Row {
    let what = format!("clock, {name}");
    let Some(clock) = clock else {
        return Row::new(
            &what,
            Standing::NotKnown,
            "it could not be compared with ours",
        );
    };
    let found = format!(
        "{:+.3} s against ours, ± {:.3} s",
        seconds(clock.offset),
        seconds(clock.epsilon)
    );
    let Some((limit, criterion)) = plan.shortest_limit() else {
        return Row::new(&what, Standing::Ok, &found);
    };
    let width = clock.epsilon.saturating_mul(2);
    let against = format!("{:.0} s for `{criterion}`", seconds(limit));
    if clock.epsilon >= limit {
        let found = format!("{found}: more than the limit, {against}; no time can pass");
        Row::new(&what, Standing::Warning, &found)
    } else if width.saturating_mul(PART) > limit {
        let found = format!(
            "{found}: every time is {:.3} s wider by it, and a limit is {against}",
            seconds(width)
        );
        Row::new(&what, Standing::Warning, &found)
    } else {
        Row::new(&what, Standing::Ok, &found)
    }
}

fn seconds(micros: i64) -> f64 {
    let length = Duration::from_micros(micros.unsigned_abs()).as_secs_f64();
    if micros < 0 { -length } else { length }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recovery::plan::Variables;
    use crate::recovery::{read, shipped};

    /// Of a clock that is known to so many milliseconds, where the shortest limit is a minute.
    fn standing(epsilon_ms: i64) -> Standing {
        let text = shipped::scenario("worker-loss").unwrap();
        let scenario = read::scenario("worker-loss", text).unwrap();
        let site = "site: s\nprometheus: { url: 'http://p', scrape_interval: 1s }\nflow: { source: a, target: b, connector: c }\nconnectors: { c: 1 }\nworkers: []\n";
        let inventory = read::inventory("i", site).unwrap();
        let plan = Plan::compile(&scenario, Variables::of(&inventory, "w")).unwrap();
        assert_eq!(
            plan.shortest_limit().map(|(limit, _)| limit),
            Some(60_000_000)
        );
        let clock = Clock {
            offset: -5_000_000,
            epsilon: epsilon_ms * 1_000,
        };
        row("exporter", Some(clock), &plan).standing
    }

    #[test]
    fn a_clock_may_be_off_but_its_error_must_be_small_beside_the_limits() {
        assert_eq!(standing(3_000), Standing::Ok);
        assert_eq!(standing(3_001), Standing::Warning);
        assert_eq!(standing(60_000), Standing::Warning);
    }
}
