//! What the flow's connector has of the properties that the scenario asks for, read before anything is done. Nothing else of its configuration is
//! written down: that may hold a secret.

use std::collections::BTreeMap;

use serde_json::Value;

use super::call::Binding;
use super::configure;
use super::steps::Runner;
use crate::recovery::events::What;
use crate::recovery::inventory::Inventory;
use crate::recovery::scenario::Scenario;

/// The event that tells of it; `None` where nothing is asked for, or the connector does not answer: then it is not known, and the drill goes on.
pub(super) async fn read(
    scenario: &Scenario,
    inventory: &Inventory,
    runner: &Runner,
) -> Option<What> {
    if scenario.properties.is_empty() {
        return None;
    }
    let connector = &inventory.flow.connector;
    match configuration(inventory, runner).await {
        Ok(all) => Some(What::ConfigurationRead {
            connector: connector.clone(),
            properties: asked(scenario, &all),
        }),
        Err(reason) => {
            tracing::warn!(connector, reason, "its configuration is not known");
            None
        }
    }
}

/// The configuration of the flow's connector, as the first worker that answers tells it.
async fn configuration(
    inventory: &Inventory,
    runner: &Runner,
) -> Result<BTreeMap<String, Value>, String> {
    let binding = Binding {
        inventory,
        victim: "",
        second: "",
        fault: "",
    };
    let urls = binding.urls("/connectors/$connector/config");
    let urls = urls.map_err(|error| error.to_string())?;
    let present = configure::present(runner.http(), &urls).await;
    present.map_err(|error| error.to_string())
}

fn asked(scenario: &Scenario, all: &BTreeMap<String, Value>) -> BTreeMap<String, Option<String>> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let names = scenario.properties.iter().map(|property| &property.name);
    names
        .map(|name| (name.clone(), all.get(name).map(text)))
        .collect()
}

#[test]
fn only_what_is_asked_for_is_written_down() {
    let text = crate::recovery::shipped::scenario("task-access-denied").unwrap();
    let scenario = crate::recovery::read::scenario("s", text).unwrap();
    let all = [
        ("errors.tolerance".to_owned(), "all".into()),
        ("errors.retry.timeout".to_owned(), 300_000.into()),
        ("sasl.jaas.config".to_owned(), "secret".into()),
    ];
    let found = asked(&scenario, &all.into());
    assert_eq!(found.len(), 4);
    assert_eq!(found["errors.tolerance"].as_deref(), Some("all"));
    assert_eq!(found["errors.retry.timeout"].as_deref(), Some("300000"));
    assert_eq!(found["errors.log.enable"], None);
}
