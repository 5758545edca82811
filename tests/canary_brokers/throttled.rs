//! Brokers that throttle the canary's own clients by quota, and what becomes of records meanwhile: what is not seen is unknown, and nothing is
//! held against MM2.

use std::time::Duration;

use mirrorwatch::model::canary::CanaryView;

use crate::broker::Broker;
use crate::watch::{is_blind, is_settled};
use crate::{BROKERS, Flow, topics};

/// Bytes a second: a part of what the canary needs.
const RATE: u32 = 2_000;

/// A canary whose clients the brokers know by the name of its topic.
fn flow(topic: &str) -> Flow {
    Flow::start(topic, |config| {
        // On a starved machine some seconds without a word is no fault of the brokers.
        config.outage_threshold = Duration::from_secs(5);
        for cluster in [&mut config.source_cluster, &mut config.target_cluster] {
            cluster.insert("client.id".to_owned(), topic.to_owned());
        }
    })
}

/// Everything has arrived, and both sides are seen.
fn is_well(view: &CanaryView) -> bool {
    let is_seen = !is_blind(&view.source_blind) && !is_blind(&view.target_blind);
    is_settled(view) && is_seen && view.problem.is_none()
}

#[test]
fn a_throttled_producer_is_a_blind_source_and_no_record_comes_to_harm() {
    let flow = flow("test-throttled-producer");
    let limit = |rate| BROKERS[0].limit(&flow.topic, "producer_byte_rate", rate);
    limit(Some(RATE));
    flow.page(|view| is_blind(&view.source_blind) && !is_blind(&view.target_blind));
    limit(None);
    flow.page(is_well).is_unharmed();
    flow.stop();
}

#[test]
fn retention_that_passes_a_throttled_reader_of_the_target_begins_a_new_run_and_no_record_is_told_lost()
 {
    let flow = flow("test-throttled-reader");
    let target: &Broker = &BROKERS[1];
    target.limit(&flow.topic, "consumer_byte_rate", Some(RATE));
    // So far behind that it cannot come to the end of the log before that is deleted.
    let behind = |view: &CanaryView| {
        let all_wait = view.partitions.iter().all(|p| p.undelivered > 40);
        all_wait && !is_blind(&view.source_blind)
    };
    let before = flow.page(behind);
    topics::delete_all(target, &flow.remote);
    target.limit(&flow.topic, "consumer_byte_rate", None);
    let page = flow.page(|view| view.run != before.view.run && is_well(view));
    page.is_unharmed();
    flow.stop();
}
