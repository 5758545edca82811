//! Fetches the samples of a drill from the server and seals the evidence.

use std::path::Path;
use std::time::Duration;

use super::Error;
use crate::model::time::{Timestamp, micros};
use crate::promql::{self, Millis, Selector, parse_duration};
use crate::recovery::events::{Event, What};
use crate::recovery::inventory::Inventory;
#[cfg(test)]
use crate::recovery::plan::Variables;
use crate::recovery::plan::{Bound, Plan};
use crate::storage::evidence::{self, Provenance};
use crate::storage::prometheus::{Fetched, Server};

/// Loaded before the steady state: what the last page before it says, at any usual scrape interval.
const BEFORE: Duration = Duration::from_mins(1);

/// Everything that mirrorwatch derives, and the states of connectors and tasks.
const NAMES: &str = "up|scrape_duration_seconds|mm2_.+|kafka_connect_connector_.*status";

/// What the steady state is judged by besides its conditions; the histogram of the latencies is not.
const STEADY_NAMES: &str = "up|scrape_duration_seconds|mm2_canary_([^l].*|lost_.*|lateness_.*)";

/// The names of which every series of the job is fetched: what mirrorwatch derives, and more that is asked for.
pub(crate) fn names(more: &[String]) -> String {
    let more = more.iter().map(|name| format!("|{name}"));
    std::iter::once(NAMES.to_owned()).chain(more).collect()
}

/// The names that were fetched, as a selector; those of evidence that does not say so are what they always were.
pub(crate) fn fetched(names: Option<&str>) -> Result<Selector, promql::Error> {
    let names = names.unwrap_or(NAMES);
    Selector::parse(&format!("{{__name__=~\"{names}\"}}"))
}

/// What was fetched, and the range of the server's time that it is of.
#[derive(Debug)]
pub(super) struct Samples {
    fetched: Fetched,
    range: (Millis, Millis),
}

/// What the server has of the drill.
pub(super) async fn samples(
    server: &Server,
    plan: &Plan,
    inventory: &Inventory,
    events: &[Event],
    names: &str,
) -> Result<Samples, Error> {
    let to = server.time().await?.as_micros() / 1_000;
    let from = start(events, plan).map_or(to, |start| start.as_micros() / 1_000);
    let selectors = selectors(plan, inventory, names)?;
    Ok(Samples {
        fetched: server.samples(&selectors, from, to).await?,
        range: (from, to),
    })
}

/// No samples, and why.
pub(super) fn none(because: &Error, events: &[Event]) -> Samples {
    let end = events
        .last()
        .map_or(0, |event| event.at.as_micros() / 1_000);
    Samples {
        fetched: Fetched {
            warnings: vec![because.to_string()],
            ..Fetched::default()
        },
        range: (end, end),
    }
}

/// Save the samples and seal the evidence.
pub(super) fn seal(
    server: &Server,
    inventory: &Inventory,
    samples: Samples,
    names: String,
    dir: &Path,
) -> Result<(), Error> {
    let how = Provenance {
        server: server.name(),
        scrape_interval_us: micros(parse_duration(&inventory.prometheus.scrape_interval)?),
        fetched: samples.range,
        names,
        warnings: samples.fetched.warnings,
    };
    Ok(evidence::seal(dir, &samples.fetched.series, how)?)
}

/// Where the samples of the drill begin: before the steady state that precedes the zero, or the drill if there was none.
pub(crate) fn start(events: &[Event], plan: &Plan) -> Option<Timestamp> {
    let zero = events
        .iter()
        .find(|event| matches!(event.what, What::StepIssued { zero: true, .. }));
    let first = zero.or(events.first())?;
    Some(first.at.plus_micros(-plan.steady_for).minus(BEFORE))
}

/// What is fetched: everything of these names under mirrorwatch's job, and what the scenario names.
pub(crate) fn selectors(
    plan: &Plan,
    inventory: &Inventory,
    names: &str,
) -> Result<Vec<Selector>, Error> {
    Ok(of_job(names, inventory, plan.selectors())?)
}

/// What is fetched to prove the steady state.
pub(super) fn steady_selectors(plan: &Plan, inventory: &Inventory) -> Result<Vec<Selector>, Error> {
    let conditions = plan.steady.iter().flat_map(Bound::selectors);
    Ok(of_job(STEADY_NAMES, inventory, conditions)?)
}

fn of_job(
    names: &str,
    inventory: &Inventory,
    selected: impl IntoIterator<Item = Selector>,
) -> Result<Vec<Selector>, promql::Error> {
    let ours = Selector::parse(&format!("{{__name__=~\"{names}\"}}"))?;
    let job = |selector: Selector| selector.and_equal("job", &inventory.prometheus.job);
    Ok(std::iter::once(ours).chain(selected).map(job).collect())
}

#[test]
fn samples_begin_before_the_steady_state() {
    let text = crate::recovery::shipped::scenario("worker-loss").unwrap();
    let scenario = crate::recovery::read::scenario("worker-loss", text).unwrap();
    let inventory = "site: s\nprometheus: { url: 'http://p', scrape_interval: 1s }\nflow: { source: a, target: b, connector: c }\nconnectors: { c: 1 }\nworkers: []\n";
    let inventory = crate::recovery::read::inventory("i", inventory).unwrap();
    let plan = Plan::compile(&scenario, Variables::of(&inventory, "w")).unwrap();
    let event = |seconds: i64, what| Event {
        at: Timestamp::from_millis(seconds * 1_000),
        monotonic_us: 0,
        what,
    };
    let mut events = vec![event(1_000, What::SteadyState)];
    assert_eq!(start(&events, &plan), Some(Timestamp::from_millis(880_000)));
    events.push(event(
        2_000,
        What::StepIssued {
            step: "s".to_owned(),
            zero: true,
        },
    ));
    assert_eq!(
        start(&events, &plan),
        Some(Timestamp::from_millis(1_880_000))
    );
    assert_eq!(
        selectors(&plan, &inventory, NAMES).unwrap()[0]
            .to_string()
            .matches("job")
            .count(),
        1
    );
}

#[test]
fn the_steady_state_is_judged_by_all_that_the_page_of_a_canary_needs() {
    let asked = regex::Regex::new(&format!("^(?:{STEADY_NAMES})$")).unwrap();
    let needed = [
        "observed_through_timestamp",
        "period",
        "outage_threshold",
        "lateness",
    ];
    for name in needed.map(|name| format!("mm2_canary_{name}_seconds")) {
        assert!(asked.is_match(&name), "{name}");
    }
    assert!(asked.is_match("mm2_canary_lost_records_total"));
    assert!(!asked.is_match("mm2_canary_latency_seconds_bucket"));
}
