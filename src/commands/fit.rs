//! Whether a scenario can be run at a site, and whether it can say there what it is run for; told from the files alone.

use std::collections::BTreeSet;

use crate::drill::call::Binding;
use crate::drill::clusters::Clusters;
use crate::drill::schedule;
use crate::model::filter::{ConnectorFacts, filter_problem};
use crate::model::time::micros;
use crate::recovery::forecast;
use crate::recovery::inventory::Inventory;
use crate::recovery::judgement::Victim;
use crate::recovery::plan::{ByScrape, Plan, Variables};
use crate::recovery::scenario::{Configure, Scenario, Subject};

/// What there is to say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fit {
    /// Why it is refused.
    pub(super) problems: BTreeSet<String>,
    /// What the drill may not say, or not well.
    pub(super) warnings: Vec<String>,
}

/// A scenario at a site; `clusters` where the exporter's configuration is known.
pub(super) fn of(scenario: &Scenario, inventory: &Inventory, clusters: Option<&Clusters>) -> Fit {
    let mut fit = Fit::default();
    for (victim, second) in victims(scenario, inventory) {
        let plan = Plan::compile(
            scenario,
            Variables {
                second,
                ..Variables::of(inventory, victim)
            },
        );
        let plan = match plan {
            Ok(plan) => plan,
            Err(problems) => {
                fit.problems
                    .extend(problems.iter().map(ToString::to_string));
                continue;
            }
        };
        let binding = Binding {
            inventory,
            victim,
            second,
            fault: fault(scenario),
        };
        let unbound = schedule::steps(scenario, &plan, &binding).err();
        fit.problems.extend(unbound.map(|error| error.to_string()));
        if fit.warnings.is_empty() {
            fit.warnings = warnings(scenario, inventory, &plan, clusters);
        }
        fit.problems.extend(plan.unresolvable(interval(inventory)));
    }
    let configured = scenario
        .steps
        .iter()
        .filter_map(|step| step.action.configure.as_ref());
    fit.problems
        .extend(configured.filter_map(|set| drops_the_canary(set, inventory, clusters)));
    fit
}

fn fault(scenario: &Scenario) -> &str {
    scenario.fault.as_deref().unwrap_or("stop")
}

fn interval(inventory: &Inventory) -> i64 {
    micros(inventory.prometheus.interval())
}

/// Whoever may be hit, and whom else.
fn victims<'a>(scenario: &Scenario, inventory: &'a Inventory) -> Vec<(&'a str, &'a str)> {
    match scenario.subject {
        Subject::Site => vec![("", "")],
        Subject::Connector => inventory
            .connectors
            .keys()
            .map(|name| (name.as_str(), ""))
            .collect(),
        Subject::Worker => {
            let workers = inventory.workers.iter().map(|worker| worker.id.as_str());
            let next = workers.clone().cycle().skip(1);
            workers.zip(next).collect()
        }
    }
}

fn warnings(
    scenario: &Scenario,
    inventory: &Inventory,
    plan: &Plan,
    clusters: Option<&Clusters>,
) -> Vec<String> {
    let age = clusters.map_or(0, |clusters| clusters.polled_each);
    let coarse = plan.by_scrape(interval(inventory), age).into_iter();
    let coarse = coarse.filter(ByScrape::is_coarse).map(|one| one.told());
    coarse
        .chain(by_settings(scenario, inventory, plan))
        .collect()
}

/// Of the victim that the scenario names unless a drill is told otherwise.
fn by_settings(scenario: &Scenario, inventory: &Inventory, plan: &Plan) -> Vec<String> {
    if scenario.subject != Subject::Worker {
        return Vec::new();
    }
    let victim = Victim {
        worker: String::new(),
        zone: None,
        fault: fault(scenario).to_owned(),
        leader: match scenario.victim.as_deref() {
            Some("leader") => Some(true),
            None | Some("owner" | "idle") => Some(false),
            Some(_) => None,
        },
        tasks: Vec::new(),
        flow_tasks: 1,
    };
    let forecast = forecast::forecast(inventory, &victim, scenario.second.is_none(), None);
    forecast
        .map(|forecast| forecast.doubts(plan))
        .unwrap_or_default()
}

/// Rule: what a step sets must still let the canary through; what it leaves as it is cannot be seen here.
fn drops_the_canary(
    set: &Configure,
    inventory: &Inventory,
    clusters: Option<&Clusters>,
) -> Option<String> {
    let connector = &inventory.flow.connector;
    let is_of_flow = set.connector == "$connector" || set.connector == *connector;
    let canary = clusters?.canary.as_ref().filter(|_| is_of_flow)?;
    let facts = ConnectorFacts {
        connector: connector.clone(),
        topics: set.set.get("topics").cloned(),
        exclude: Some(set.set.get("topics.exclude").cloned().unwrap_or_default()),
        tasks: None,
    };
    let problem = filter_problem(canary, &facts)?;
    Some(format!(
        "with what a step sets, {problem}; nothing could be measured"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::flow::{Flow, ReplicationPolicy};
    use crate::recovery::{read, shipped};

    fn site(scrape: &str, delay: u64, commands: &str) -> Inventory {
        let text = format!(
            "site: s\nprometheus: {{ url: 'http://p', scrape_interval: {scrape} }}\nflow: {{ source: a, target: b, connector: c }}\nconnectors: {{ c: 1 }}\n\
             workers: [{{ id: 'w1:1', commands: {{ stop: s, start: s }} }}, {{ id: 'w2:1', commands: {{ {commands} }} }}]\n\
             settings: {{ session.timeout.ms: 10000, heartbeat.interval.ms: 3000, scheduled.rebalance.max.delay.ms: {delay} }}\n\
             commands: {{ new-topic: x, drop-topic: x }}\n"
        );
        read::inventory("i", &text).unwrap()
    }

    fn fit(name: &str, inventory: &Inventory, canary: &str) -> Fit {
        let scenario = read::scenario(name, shipped::scenario(name).unwrap()).unwrap();
        let clusters = Clusters {
            properties: [].into(),
            flow: Flow {
                source: "a".to_owned(),
                target: "b".to_owned(),
                connector: "c".to_owned(),
                policy: ReplicationPolicy::default(),
            },
            canary: Some(canary.to_owned()),
            group_cluster: None,
            status_topic: None,
            polled_each: 5_000_000,
            rights: Vec::new(),
        };
        of(&scenario, inventory, Some(&clusters))
    }

    const BOTH: &str = "stop: s, start: s";

    #[test]
    fn a_site_that_has_everything_has_nothing_to_be_told() {
        let fit = fit("worker-loss", &site("15s", 5_000, BOTH), "test-c");
        assert_eq!(fit, Fit::default());
    }

    #[test]
    fn settings_that_keep_a_limit_from_being_met_are_a_warning() {
        let fit = fit("worker-loss", &site("15s", 300_000, BOTH), "test-c");
        assert!(fit.problems.is_empty());
        assert!(
            fit.warnings[0].contains("cannot pass: the settings imply 300 s at least"),
            "{fit:?}"
        );
    }

    #[test]
    fn a_command_that_any_worker_lacks_is_named() {
        let fit = fit("worker-loss", &site("15s", 5_000, "stop: s"), "test-c");
        let problems: Vec<_> = fit.problems.into_iter().collect();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            problems[0].contains("worker `w2:1` has no command `start`"),
            "{problems:?}"
        );
    }

    #[test]
    fn a_scrape_that_is_too_rare_is_refused_and_one_that_is_coarse_is_a_warning() {
        let said = fit("connector-restart", &site("31s", 0, BOTH), "test-c");
        assert!(
            said.problems
                .iter()
                .any(|one| one.contains("every drill is INVALID")),
            "{said:?}"
        );
        let said = fit("connector-restart", &site("15s", 0, BOTH), "test-c");
        assert!(said.problems.is_empty(), "{said:?}");
        assert!(
            said.warnings[0]
                .starts_with("`restart` is read off scrapes, so its interval is 20s wide"),
            "{said:?}"
        );
    }

    #[test]
    fn a_change_that_drops_the_canary_is_refused() {
        let site = site("5s", 0, BOTH);
        assert!(fit("config-topics", &site, "test-c").problems.is_empty());
        let said = fit("config-topics", &site, "canary");
        assert!(
            said.problems
                .iter()
                .any(|one| one.contains("does not match the canary's topic `canary`")),
            "{said:?}"
        );
    }
}
