//! What the scrape interval can resolve of a scenario. The canary's measures rest on no scrape: an outage is timed by the exporter itself.

use super::Plan;
use crate::recovery::scenario::Measure;

/// A criterion of a time that is read off scrapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByScrape {
    /// Its id.
    pub criterion: String,
    /// Its limit, in microseconds.
    pub limit: i64,
    /// How wide the interval of what is measured becomes at least, in microseconds.
    pub width: i64,
}

impl ByScrape {
    /// Rule: where the interval is as wide as the limit, PASS is a matter of luck; from half of it on, it is worth a warning.
    pub fn is_coarse(&self) -> bool {
        self.width.saturating_mul(2) >= self.limit
    }

    /// What there is to say of it.
    pub fn told(&self) -> String {
        let [limit, width] = [self.limit, self.width].map(seconds);
        let so = if self.width >= self.limit {
            "it can hardly pass"
        } else {
            "it is INCONCLUSIVE where the truth is near the limit"
        };
        format!(
            "`{}` is read off scrapes, so its interval is {width} wide at least, and its limit is {limit}: {so}; scrape more often, or judge by \
             the drill's own recording (`evaluate --recording`)",
            self.criterion
        )
    }
}

impl Plan {
    /// Why no drill of it can be valid at this scrape interval (in microseconds), by the rule that judges it afterwards.
    pub fn unresolvable(&self, interval: i64) -> Option<String> {
        let needed = (self.steady_for / 2).min(self.hold);
        (interval > needed).then(|| {
            format!(
                "at a scrape each {} every drill is INVALID: the steady state has two scrapes at least, and the hold one; at most {} is needed",
                seconds(interval),
                seconds(needed)
            )
        })
    }

    /// The criteria of times that are read off scrapes, which are `interval` apart and show readings that are up to `age` old.
    pub fn by_scrape(&self, interval: i64, age: i64) -> Vec<ByScrape> {
        let width = |measure, time: Option<&str>| match measure {
            Measure::Detection => Some(interval),
            Measure::Time => {
                let mut rows = self.times.iter();
                let row = rows.find(|timed| Some(timed.row.id.as_str()) == time)?;
                row.until.as_ref().map(|_| interval.saturating_add(age))
            }
            _ => None,
        };
        let criteria = self.criteria.iter().filter_map(|judged| {
            let criterion = &judged.criterion;
            Some(ByScrape {
                criterion: criterion.id.clone(),
                limit: judged.limit,
                width: width(criterion.measure, criterion.time.as_deref())?,
            })
        });
        criteria.collect()
    }
}

fn seconds(micros: i64) -> String {
    let length = std::time::Duration::from_micros(micros.unsigned_abs());
    humantime::format_duration(length).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recovery::plan::Variables;
    use crate::recovery::{read, shipped};

    const SECOND: i64 = 1_000_000;

    fn plan(name: &str) -> Plan {
        let scenario = read::scenario(name, shipped::scenario(name).unwrap()).unwrap();
        let site = "site: s\nprometheus: { url: 'http://p', scrape_interval: 1s }\nflow: { source: a, target: b, connector: c }\nconnectors: { c: 1 }\nworkers: []\n";
        let inventory = read::inventory("i", site).unwrap();
        Plan::compile(&scenario, Variables::of(&inventory, "c")).unwrap()
    }

    fn coarse(name: &str, interval: i64, age: i64) -> Vec<String> {
        let all = plan(name).by_scrape(interval * SECOND, age * SECOND);
        let coarse = all.into_iter().filter(ByScrape::is_coarse);
        coarse.map(|one| one.criterion).collect()
    }

    #[test]
    fn a_limit_is_coarse_from_half_of_it_on() {
        assert_eq!(coarse("connector-restart", 9, 5), [""; 0]);
        assert_eq!(coarse("connector-restart", 10, 5), ["restart"]);
        let one = &plan("connector-restart").by_scrape(30 * SECOND, 0)[0];
        assert!(
            one.told()
                .contains("30s wide at least, and its limit is 30s: it can hardly pass"),
            "{}",
            one.told()
        );
    }

    #[test]
    fn what_the_canary_times_needs_no_scrape() {
        assert_eq!(plan("worker-loss").by_scrape(60 * SECOND, 5 * SECOND), []);
    }

    #[test]
    fn two_scrapes_of_the_steady_state_and_one_of_the_hold_are_needed() {
        // Steady for a minute, held for half of one.
        let plan = plan("worker-loss");
        assert_eq!(plan.unresolvable(30 * SECOND), None);
        let said = plan.unresolvable(30 * SECOND + 1).unwrap();
        assert!(said.ends_with("at most 30s is needed"), "{said}");
    }
}
