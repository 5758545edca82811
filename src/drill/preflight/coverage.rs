//! Whether every task of the flow owns a partition of the canary's topic, by the rule that judges it afterwards.

use std::collections::BTreeSet;

use super::row::{Row, Standing};
use crate::drill::page::{Entry, Page};
use crate::recovery::inventory::Inventory;

const WHAT: &str = "canary coverage";

/// What the page says of it.
pub(super) fn row(page: &Page, inventory: &Inventory) -> Row {
    let flow = &inventory.flow;
    let of_flow = |entry: &&Entry| {
        entry.label("source") == flow.source
            && entry.label("target") == flow.target
            && entry.label("connector") == flow.connector
    };
    let task = |entry: &Entry| entry.label("task").to_owned();
    let owners = page
        .named("mm2_canary_partition_owner_info")
        .filter(of_flow);
    let covered: BTreeSet<_> = owners.map(task).collect();
    let told = page.named("mm2_canary_task_partitions").filter(of_flow);
    let status = page.named("kafka_connect_connector_task_status");
    let running =
        status.filter(|entry| entry.label("connector") == flow.connector && entry.value > 0.0);
    let tasks: BTreeSet<_> = told.chain(running).map(task).collect();
    let expected = inventory
        .connectors
        .get(&flow.connector)
        .copied()
        .unwrap_or(0) as usize;
    judged(&tasks, &covered, expected, &flow.connector)
}

fn judged(
    tasks: &BTreeSet<String>,
    covered: &BTreeSet<String>,
    expected: usize,
    connector: &str,
) -> Row {
    let bare: Vec<_> = tasks
        .difference(covered)
        .map(|task| format!("{connector}-{task}"))
        .collect();
    if covered.is_empty() {
        let found = "the page names no task that owns a partition of a canary of this flow: nothing will be measured";
        return Row::new(WHAT, Standing::NotKnown, found);
    }
    if !bare.is_empty() {
        let found = format!(
            "no canary partition is owned by {}: what becomes of it is unknown; give the canary's topic more partitions, 2 for each task",
            bare.join(", ")
        );
        return Row::new(WHAT, Standing::Warning, &found);
    }
    if tasks.len() < expected.max(1) {
        let found = format!(
            "the page knows {} of {expected} tasks of `{connector}`",
            tasks.len()
        );
        return Row::new(WHAT, Standing::NotKnown, &found);
    }
    let found = format!(
        "each of {} tasks of `{connector}` owns a canary partition",
        tasks.len()
    );
    Row::new(WHAT, Standing::Ok, &found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row_of(tasks: &[&str], covered: &[&str]) -> Row {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        judged(&set(tasks), &set(covered), 2, "m")
    }

    #[test]
    fn a_task_without_a_canary_partition_is_named() {
        assert_eq!(row_of(&["0", "1"], &["0", "1"]).standing, Standing::Ok);
        let row = row_of(&["0", "1"], &["0"]);
        assert_eq!(row.standing, Standing::Warning);
        assert!(row.found.contains("owned by m-1:"), "{}", row.found);
    }

    #[test]
    fn what_the_page_does_not_tell_is_not_known() {
        assert_eq!(row_of(&["0"], &["0"]).standing, Standing::NotKnown);
        assert_eq!(row_of(&["0", "1"], &[]).standing, Standing::NotKnown);
    }

    #[test]
    fn another_flow_covers_nothing() {
        let inventory = serde_json::from_str(
            r#"{"site":"s","prometheus":{"url":"http://p","scrape_interval":"1s"},"flow":{"source":"a","target":"b","connector":"m"},
                "connectors":{"m":1},"workers":[]}"#,
        );
        let inventory = inventory.unwrap();
        let page = |target: &str| {
            let labels = format!("source=\"a\",target=\"{target}\",connector=\"m\",task=\"0\"");
            Page::parse(&format!(
                "mm2_canary_partition_owner_info{{{labels},partition=\"0\"}} 1\nmm2_canary_task_partitions{{{labels}}} 1\n"
            ))
        };
        assert_eq!(row(&page("b"), &inventory).standing, Standing::Ok);
        assert_eq!(row(&page("x"), &inventory).standing, Standing::NotKnown);
    }
}
