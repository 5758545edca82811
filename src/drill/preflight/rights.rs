//! Whether every right is granted that the exporter, its canary and the audits need, as far as the exporter's configuration is at hand.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::join_all;

use super::row::{Row, Standing};
use crate::drill::clusters::Clusters;
use crate::drill::page::Page;
use crate::kafka::{Held, Right, distinct, held, replicated};

/// Longest wait for what a cluster says of one right.
const DEADLINE: Duration = Duration::from_secs(5);
/// The feature without which the drill itself ends with an error: the others are the exporter's.
const OURS: &str = "audit";

/// A row for each cluster that something is needed of, and one for what refuses the exporter its polls.
pub(super) async fn rows(page: &Page, clusters: &Result<Clusters, String>) -> Vec<Row> {
    let mut rows = Vec::new();
    // Why nobody can be asked stands in another row.
    if let Ok(clusters) = clusters {
        let rights = wanted(page, clusters);
        let asked = clusters.properties.iter();
        let asked = asked.map(|(alias, properties)| of_cluster(alias, properties, &rights));
        rows.extend(join_all(asked).await.into_iter().flatten());
    }
    rows.extend(refused(page));
    rows
}

/// What is written down, and that the topics may be seen that the page shows the flow to copy.
fn wanted(page: &Page, clusters: &Clusters) -> Vec<Right> {
    let flow = &clusters.flow;
    let lags = page.named("mm2_replication_lag_records").filter(|entry| {
        entry.label("source") == flow.source && entry.label("target") == flow.target
    });
    let topics: BTreeSet<_> = lags.map(|entry| entry.label("topic").to_owned()).collect();
    let mut rights = clusters.rights.clone();
    rights.extend(replicated(flow, &topics));
    distinct(rights)
}

async fn of_cluster(
    alias: &str,
    properties: &BTreeMap<String, String>,
    rights: &[Right],
) -> Option<Row> {
    let (at, by, asked) = (alias.to_owned(), properties.clone(), rights.to_vec());
    let answers = tokio::task::spawn_blocking(move || held(&at, &by, &asked, DEADLINE)).await;
    let (standing, found) = match answers {
        Ok(answers) if answers.is_empty() => return None,
        Ok(answers) => judged(properties, answers),
        Err(error) => (Standing::NotKnown, error.to_string()),
    };
    Some(Row::new(&format!("rights, {alias}"), standing, &found))
}

/// Rule: without a right of the audit's nothing is begun; without another one the exporter is blind somewhere, which is a warning; what nobody
/// tells is not known.
fn judged(
    properties: &BTreeMap<String, String>,
    answers: Vec<(Right, Held)>,
) -> (Standing, String) {
    let (mut granted, mut missing, mut unknown) = (0, Vec::new(), Vec::new());
    let mut is_ours = false;
    for (right, held) in answers {
        match held {
            Held::Granted => granted += 1,
            Held::Missing => {
                is_ours |= right.features == OURS;
                missing.push(right.lacking(properties));
            }
            Held::NotKnown(why) => unknown.push(format!("{right}: {why}")),
        }
    }
    let standing = match (missing.is_empty(), unknown.is_empty()) {
        (false, _) if is_ours => Standing::Refused,
        (false, _) => Standing::Warning,
        (true, false) => Standing::NotKnown,
        (true, true) => return (Standing::Ok, format!("all {granted} are granted")),
    };
    unknown.dedup_by(|one, other| why(one) == why(other));
    missing.extend(unknown);
    (standing, missing.join("; "))
}

/// What stands behind the right.
fn why(told: &str) -> Option<&str> {
    told.split_once("): ").map(|(_, why)| why)
}

/// What of Connect and its agents refused the exporter since it was started, where its last poll failed.
fn refused(page: &Page) -> Option<Row> {
    let failing = |endpoint: &str| {
        let mut polls = page.named("mm2_exporter_endpoint_up");
        polls.any(|entry| entry.label("endpoint") == endpoint && entry.value < 1.0)
    };
    let denied = page
        .named("mm2_exporter_poll_errors_total")
        .filter(|entry| {
            entry.label("kind") == "denied" && entry.value > 0.0 && failing(entry.label("endpoint"))
        });
    let endpoints: Vec<_> = denied.map(|entry| entry.label("endpoint")).collect();
    let found = format!(
        "the exporter is refused at {}: `mirrorwatch check --rights --config` of its configuration names what is missing",
        endpoints.join(", ")
    );
    let row = Row::new("rights, exporter's polls", Standing::Warning, &found);
    (!endpoints.is_empty()).then_some(row)
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;
    use crate::kafka::{Operation, Resource};

    fn right(operation: Operation, features: &'static str) -> Right {
        Right {
            cluster: "source".to_owned(),
            resource: Resource::Topic,
            name: "t".to_owned(),
            operation,
            features,
        }
    }

    fn found(answers: &[(Right, Held)]) -> (Standing, String) {
        judged(&BTreeMap::new(), answers.to_vec())
    }

    #[test]
    fn a_right_that_the_exporter_lacks_is_a_warning_and_one_of_the_audit_keeps_the_drill_from_being_begun()
     {
        let write = (right(Operation::Write, "canary"), Held::Missing);
        let (standing, told) = found(from_ref(&write));
        assert_eq!(standing, Standing::Warning);
        assert!(
            told.starts_with("Write on topic `t` (canary) is not granted"),
            "{told}"
        );
        assert!(
            told.contains("kafka-acls ") && told.contains("--operation Write"),
            "{told}"
        );
        let read = (right(Operation::Read, "audit"), Held::Missing);
        assert_eq!(found(&[write, read]).0, Standing::Refused);
    }

    #[test]
    fn what_nobody_tells_is_not_known_and_is_never_well() {
        let granted = (right(Operation::Read, "audit"), Held::Granted);
        let (standing, told) = found(from_ref(&granted));
        assert_eq!(
            (standing, told.as_str()),
            (Standing::Ok, "all 1 are granted")
        );
        let unknown = (
            right(Operation::Write, "canary"),
            Held::NotKnown("no answer in time".to_owned()),
        );
        let (standing, told) = found(&[granted, unknown]);
        assert_eq!(standing, Standing::NotKnown);
        assert_eq!(told, "Write on topic `t` (canary): no answer in time");
    }

    #[test]
    fn an_endpoint_that_refuses_is_named_and_one_that_did_so_once_is_not() {
        let page = |success: u8| {
            Page::parse(&format!(
                "mm2_exporter_endpoint_up{{endpoint=\"rest:w1\"}} {success}\n\
                 mm2_exporter_poll_errors_total{{endpoint=\"rest:w1\",kind=\"denied\"}} 3\n\
                 mm2_exporter_endpoint_up{{endpoint=\"rest:w2\"}} 0\n\
                 mm2_exporter_poll_errors_total{{endpoint=\"rest:w2\",kind=\"denied\"}} 0\n"
            ))
        };
        let row = refused(&page(0)).unwrap();
        assert_eq!(row.standing, Standing::Warning);
        assert!(row.found.contains("refused at rest:w1:"), "{}", row.found);
        assert_eq!(refused(&page(1)), None);
    }
}
