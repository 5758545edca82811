//! Proves the steady state live, before anything is done, by the rules that judge it afterwards from the saved samples; and waits
//! afterwards until the server has seen the whole window.

use std::time::Duration;

use super::Error;
use super::progress::Progress;
use super::save;
use super::signals::Signals;
use crate::clock;
use crate::model::time::{Timestamp, micros};
use crate::promql::{Selector, parse_duration};
use crate::recovery::events::Closed;
use crate::recovery::inventory::Inventory;
use crate::recovery::judge::{self, Observed};
use crate::recovery::judgement::Remark;
use crate::recovery::plan::Plan;
use crate::recovery::read::Log;
use crate::recovery::scenario::Scenario;
use crate::report::{Language, sentence};
use crate::storage::prometheus::{Fetched, Server};

/// How often the server is asked.
const ASK_EVERY: Duration = Duration::from_secs(2);

/// How long the drill waits for the steady state, beyond the time that it must have lasted.
const PATIENCE: Duration = Duration::from_mins(2);

/// A scrape is on the server this long after it began, at the latest; a slower one is waited for.
const VISIBLE_AFTER: Duration = Duration::from_secs(2);

/// How a drill's observation ended.
#[derive(Clone, Debug)]
pub(super) struct Ending {
    /// Why.
    pub(super) reason: Closed,
    /// What still kept the state from being steady.
    pub(super) missing: Option<Remark>,
}

impl From<Closed> for Ending {
    fn from(reason: Closed) -> Self {
        Self {
            reason,
            missing: None,
        }
    }
}

/// What the steady state is proved from.
#[derive(Debug)]
pub(super) struct Proof<'a> {
    /// The scenario.
    pub(super) scenario: &'a Scenario,
    /// What has happened so far.
    pub(super) log: Log,
    /// The conditions.
    pub(super) plan: &'a Plan,
    /// The site.
    pub(super) inventory: &'a Inventory,
    /// Where the samples are.
    pub(super) server: &'a Server,
}

impl Proof<'_> {
    /// Wait until the state has been steady for as long as the scenario wants; `Some` when it does not come to that.
    pub(super) async fn wait(
        &self,
        progress: &mut Progress,
        signals: &Signals,
    ) -> Result<Option<Ending>, Error> {
        let patience = Duration::from_micros(self.plan.steady_for.unsigned_abs()) + PATIENCE;
        let deadline = clock::monotonic() + patience;
        let mut last = None;
        loop {
            let missing = tokio::select! {
                missing = self.missing() => missing?,
                () = signals.interrupted() => return Ok(Some(interrupted(last))),
            };
            let Some(remark) = missing else {
                return Ok(None);
            };
            let told = told(&remark, self.plan, clock::wall());
            last = Some(remark);
            if clock::monotonic() >= deadline {
                progress.clear();
                progress.say(&format!("not steady: {told}; nothing was done"));
                let reason = Closed::NotSteady;
                return Ok(Some(Ending {
                    reason,
                    missing: last,
                }));
            }
            let waiting = format!("waiting for the steady state: {told}");
            progress.status(&waiting, clock::monotonic());
            tokio::select! {
                () = tokio::time::sleep(ASK_EVERY) => {}
                () = signals.interrupted() => return Ok(Some(interrupted(last))),
            }
        }
    }

    /// What keeps the state from being proved steady now. A server that does not answer proves nothing now, and may later.
    async fn missing(&self) -> Result<Option<Remark>, Error> {
        let interval = parse_duration(&self.inventory.prometheus.scrape_interval)?;
        let now = clock::wall();
        let fetched = match self.fetch(interval).await {
            Ok(fetched) => fetched,
            Err(Error::Server(error)) => {
                return Ok(Some(said("server_not_asked", "reason", &error.to_string())));
            }
            Err(error) => return Err(error),
        };
        if let Some(warning) = fetched.warnings.first() {
            return Ok(Some(said("server_warned", "warning", warning)));
        }
        // What the canary saw is known up to its newest page, the conditions up to the newest scrape.
        let seen = now.minus(VISIBLE_AFTER);
        match self.objection(&fetched, interval, seen)? {
            Some(remark) if remark.code == "canary_not_seen_before_fault" => {
                self.objection(&fetched, interval, seen.minus(interval))
            }
            objection => Ok(objection),
        }
    }

    async fn fetch(&self, interval: Duration) -> Result<Fetched, Error> {
        let selectors = save::steady_selectors(self.plan, self.inventory)?;
        let to = self.server.time().await?;
        let from = to
            .plus_micros(-self.plan.steady_for)
            // Two intervals more: the gap before the first scrape is judged, too.
            .minus(VISIBLE_AFTER + 3 * interval);
        let [from, to] = [from, to].map(|at| at.as_micros() / 1_000);
        Ok(self.server.samples(&selectors, from, to).await?)
    }

    /// What the judge would object to, had the fault been issued at `at`.
    fn objection(
        &self,
        fetched: &Fetched,
        interval: Duration,
        at: Timestamp,
    ) -> Result<Option<Remark>, Error> {
        let observed = Observed {
            series: &fetched.series,
            scrape_interval_us: micros(interval),
            warnings: &fetched.warnings,
            server_clock: None,
            audits: None,
            alerts: None,
        };
        let (scenario, inventory) = (self.scenario, self.inventory);
        Ok(judge::unsteady(
            scenario, inventory, &self.log, observed, at,
        )?)
    }
}

fn interrupted(missing: Option<Remark>) -> Ending {
    Ending {
        reason: Closed::Interrupted,
        missing,
    }
}

fn said(code: &str, blank: &str, text: &str) -> Remark {
    Remark {
        code: code.to_owned(),
        with: [(blank.to_owned(), text.to_owned())].into(),
    }
}

/// What is missing, in words, and how long ago it was.
fn told(remark: &Remark, plan: &Plan, now: Timestamp) -> String {
    let blank = |name: &str| remark.with.get(name).map(String::as_str);
    let ago = blank("at")
        .and_then(|at| at.parse::<jiff::Timestamp>().ok())
        .map(|at| Timestamp::from_micros(at.as_microsecond()))
        .map(|at| format!("{} s ago", now.since(at).as_secs()));
    let condition = blank("condition").unwrap_or_default();
    let bound = plan.steady.iter().find(|bound| bound.expr() == condition);
    match (remark.code.as_str(), bound, ago) {
        ("not_steady", Some(bound), Some(ago)) => {
            format!("\"{}\" did not hold {ago} ({condition})", bound.text.en)
        }
        ("steady_state_not_proved", Some(bound), Some(ago)) => format!(
            "whether \"{}\" held {ago} is not known ({condition})",
            bound.text.en
        ),
        (_, _, ago) => {
            let sentence = sentence(remark, Language::English);
            let sentence = sentence.trim_end_matches('.');
            ago.map_or(sentence.to_owned(), |ago| format!("{sentence} ({ago})"))
        }
    }
}

/// Wait until the server has a scrape whose page told everything up to `end` (exporter's clock), or long enough.
pub(super) async fn settled(
    server: &Server,
    inventory: &Inventory,
    end: Timestamp,
    progress: &mut Progress,
) {
    let through = observed_through(inventory);
    let interval = inventory.prometheus.interval();
    let deadline = clock::monotonic() + 3 * interval + Duration::from_secs(15);
    while clock::monotonic() < deadline {
        let now = server.now(&through).await.unwrap_or_default();
        // Of several exporters none may be behind: which one the judge takes is not known here.
        let seen = now
            .iter()
            .filter_map(|(_, value)| Timestamp::from_seconds(*value))
            .min();
        if seen.is_some_and(|seen| seen >= end) {
            return;
        }
        progress.status(
            "waiting for a scrape that saw the whole window",
            clock::monotonic(),
        );
        tokio::time::sleep(ASK_EVERY).await;
    }
    tracing::warn!(
        "the server has no scrape that saw the whole window: what it did not see will be unknown"
    );
}

/// How far the canary's page is complete, for the flow and under the job of the inventory.
fn observed_through(inventory: &Inventory) -> Selector {
    Selector::named("mm2_canary_observed_through_timestamp_seconds")
        .and_equal("job", &inventory.prometheus.job)
        .and_equal("source", &inventory.flow.source)
        .and_equal("target", &inventory.flow.target)
}

#[test]
fn what_is_missing_is_told_in_the_scenarios_words_and_how_long_ago_it_was() {
    let text = crate::recovery::shipped::scenario("worker-loss").unwrap();
    let scenario = crate::recovery::read::scenario("worker-loss", text).unwrap();
    let inventory = "site: s\nprometheus: { url: 'http://p', scrape_interval: 1s }\nflow: { source: a, target: b, connector: c }\nconnectors: { c: 1 }\nworkers: []\n";
    let inventory = crate::recovery::read::inventory("i", inventory).unwrap();
    let variables = crate::recovery::plan::Variables::of(&inventory, "w");
    let plan = Plan::compile(&scenario, variables).unwrap();
    let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000);
    let mut remark = said("not_steady", "at", &at(100).to_string());
    let condition = plan.steady[0].expr();
    remark.with.insert("condition".to_owned(), condition);
    assert_eq!(
        told(&remark, &plan, at(112)),
        "\"every worker answers\" did not hold 12 s ago (mm2_worker_up == 1)"
    );
    let mut remark = said("outage_before_fault", "at", &at(100).to_string());
    remark.with.insert("partition".to_owned(), "3".to_owned());
    assert!(told(&remark, &plan, at(103)).ends_with("before the fault (3 s ago)"));
    let down = said("server_not_asked", "reason", "connection refused");
    assert!(told(&down, &plan, at(1)).ends_with("steady: connection refused"));
}
