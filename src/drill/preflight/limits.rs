//! What the scrape interval can resolve.

use super::row::{Row, Standing};
use crate::drill::clusters::Clusters;
use crate::model::time::micros;
use crate::recovery::inventory::Inventory;
use crate::recovery::plan::{ByScrape, Plan};

const WHAT: &str = "scrape interval";

/// One row, or one for each limit that is coarse.
pub(super) fn rows(plan: &Plan, inventory: &Inventory, clusters: Option<&Clusters>) -> Vec<Row> {
    let written = &inventory.prometheus.scrape_interval;
    let interval = micros(inventory.prometheus.interval());
    if let Some(why) = plan.unresolvable(interval) {
        return vec![Row::new(WHAT, Standing::Refused, &why)];
    }
    let age = clusters.map_or(0, |clusters| clusters.polled_each);
    let coarse = plan
        .by_scrape(interval, age)
        .into_iter()
        .filter(ByScrape::is_coarse);
    let rows: Vec<_> = coarse
        .map(|one| Row::new(WHAT, Standing::Warning, &one.told()))
        .collect();
    if rows.is_empty() {
        let found =
            format!("{written}: every limit is resolved; what the canary times needs no scrape");
        return vec![Row::new(WHAT, Standing::Ok, &found)];
    }
    rows
}
