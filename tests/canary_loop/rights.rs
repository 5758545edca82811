//! A cluster answers and does not let the canary read its topic: that is the canary's own trouble, and nothing is held against MM2.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use mirrorwatch::model::canary::{BlindView, CanaryView, OutageView};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use crate::{Cluster, Flow, flowing, is_blind, wait_for};

/// Longer than an outage must be to count.
const LONG: Duration = Duration::from_secs(3);

fn revoke(cluster: &Cluster) {
    let refusal = RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    cluster.request_errors(RDKafkaApiKey::Fetch, &vec![refusal; 10_000]);
}

fn grant(cluster: &Cluster) {
    cluster.clear_request_errors(RDKafkaApiKey::Fetch);
}

/// Whether all of an outage lies where the canary did not see.
fn is_unseen(outage: &OutageView, blind: &BlindView) -> bool {
    let covers = |(_, start, end): &(u64, _, Option<_>)| {
        *start <= outage.start && end.is_none_or(|end| outage.end.is_some_and(|over| over <= end))
    };
    blind.spans.iter().any(covers)
}

/// All is well again, and no record was harmed.
#[track_caller]
fn comes_back(flow: &Flow, blind: fn(&CanaryView) -> &BlindView) -> Arc<CanaryView> {
    let view = wait_for(&flow.handle, |view| {
        let is_well = !is_blind(blind(view)) && view.problem.is_none();
        is_well && view.partitions.iter().all(|p| p.undelivered <= 3)
    });
    for p in &view.partitions {
        let harm = [p.lost, p.duplicates, p.reordered, p.overtaken];
        assert_eq!(harm, [0; 4], "{p:#?}");
    }
    assert_eq!(blind(&view).count, 1, "{view:#?}");
    view
}

#[test]
fn a_target_that_answers_and_may_not_be_read_is_blind_until_all_that_came_is_read() {
    let flow = flowing();
    revoke(&flow.target);
    let view = wait_for(&flow.handle, |view| is_blind(&view.target_blind));
    let problem = view.problem.as_deref().unwrap_or_default();
    assert!(
        problem.contains("target") && problem.contains("authorization"),
        "{problem}"
    );
    thread::sleep(LONG);
    let view = wait_for(&flow.handle, |_| true);
    assert!(
        is_blind(&view.target_blind) && view.problem.is_some(),
        "{view:#?}"
    );
    assert_eq!(view.source_blind.count, 0);
    grant(&flow.target);
    let view = comes_back(&flow, |view| &view.target_blind);
    let mut outages = view.partitions.iter().flat_map(|p| &p.outages);
    let all_unseen = outages.all(|outage| is_unseen(outage, &view.target_blind));
    assert!(all_unseen, "MM2 copied all the while: {view:#?}");
    flow.stop();
}

#[test]
fn a_source_that_answers_and_may_not_be_read_is_blind_until_all_that_came_is_read() {
    let flow = flowing();
    revoke(&flow.source);
    let view = wait_for(&flow.handle, |view| is_blind(&view.source_blind));
    let problem = view.problem.as_deref().unwrap_or_default();
    assert!(
        problem.contains("source") && problem.contains("authorization"),
        "{problem}"
    );
    thread::sleep(LONG);
    assert!(is_blind(&wait_for(&flow.handle, |_| true).source_blind));
    // The hop could not read either: its outage is one.
    grant(&flow.source);
    comes_back(&flow, |view| &view.source_blind);
    flow.stop();
}
