//! Kafka itself is in trouble, on one side or the other: nothing is lost, doubled or reordered by that, and the canary comes back.

use std::thread;
use std::time::Duration;

use mirrorwatch::model::canary::{CanaryView, PartitionView};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use crate::watch::{is_blind, wait_for};
use crate::{Cluster, Flow, PARTITIONS, REMOTE, TOPIC, flowing_between};

/// Two brokers each, so that leaders can change.
const BROKERS: i32 = 2;

/// Everything flows again, and no record was harmed.
#[track_caller]
fn comes_back_unharmed(flow: &Flow) -> std::sync::Arc<CanaryView> {
    let sum = |view: &CanaryView, of: fn(&PartitionView) -> u64| -> u64 {
        view.partitions.iter().map(of).sum()
    };
    let before = sum(&wait_for(&flow.handle, |_| true), |p| p.received);
    let view = wait_for(&flow.handle, |view| {
        let is_settled = |p: &PartitionView| {
            p.undelivered <= 3 && p.overtaken == 0 && p.sent <= p.acknowledged + 3
        };
        view.partitions.iter().all(is_settled)
            && sum(view, |p| p.received) > before + 30
            && !is_blind(&view.source_blind)
            && !is_blind(&view.target_blind)
            && view.problem.is_none()
    });
    for p in &view.partitions {
        let harm = [
            p.lost,
            p.late_after_loss,
            p.duplicates,
            p.reordered,
            p.corrupt,
            p.misrouted,
            p.mangled,
        ];
        assert_eq!(harm, [0; 7], "{p:#?}");
    }
    view
}

fn sides(flow: &Flow) -> [(&Cluster, &'static str); 2] {
    [(&flow.source, TOPIC), (&flow.target, REMOTE)]
}

#[test]
fn brokers_that_go_down_and_up_a_hundred_times_harm_no_record() {
    let flow = flowing_between(BROKERS);
    for turn in 0..50_u64 {
        for (cluster, _) in sides(&flow) {
            for broker in 1..=BROKERS {
                cluster
                    .broker_down(broker)
                    .expect("a mock does as it is told");
            }
            thread::sleep(Duration::from_millis(turn * 7 % 60));
            for broker in 1..=BROKERS {
                cluster
                    .broker_up(broker)
                    .expect("a mock does as it is told");
            }
            thread::sleep(Duration::from_millis(turn * 11 % 90));
        }
    }
    comes_back_unharmed(&flow);
    flow.stop();
}

#[test]
fn leaders_that_change_harm_no_record() {
    let flow = flowing_between(BROKERS);
    for turn in 0..20 {
        for (cluster, topic) in sides(&flow) {
            for partition in 0..PARTITIONS {
                let leader = 1 + (turn + partition) % BROKERS;
                cluster
                    .partition_leader(topic, partition, Some(leader))
                    .expect("a mock does as it is told");
            }
        }
        thread::sleep(Duration::from_millis(100));
    }
    comes_back_unharmed(&flow);
    flow.stop();
}

#[test]
fn errors_to_any_question_harm_no_record() {
    use RDKafkaApiKey::*;
    use RDKafkaRespErr::*;
    let flow = flowing_between(BROKERS);
    // What the hop asks as well is left alone: it has less patience.
    let to_the_source = [
        (Produce, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION),
        (Produce, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS),
        (Metadata, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE),
        (FindCoordinator, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE),
        (
            InitProducerId,
            RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
        ),
    ];
    let to_the_target = [
        (Fetch, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION),
        (Fetch, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART),
        (Fetch, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR),
        (Fetch, RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE),
        (ListOffsets, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION),
        (ListOffsets, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT),
    ];
    let asked = [
        (&flow.source, to_the_source.as_slice()),
        (&flow.target, to_the_target.as_slice()),
    ];
    for (cluster, questions) in asked {
        for (question, answer) in questions {
            cluster.request_errors(*question, &[*answer; 5]);
            comes_back_unharmed(&flow);
        }
    }
    flow.stop();
}

#[test]
fn a_reader_that_is_set_back_takes_nothing_that_it_reads_again_for_a_duplicate() {
    let flow = flowing_between(BROKERS);
    let out_of_range = RDKafkaRespErr::RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
    flow.target
        .request_errors(RDKafkaApiKey::Fetch, &[out_of_range; 4]);
    comes_back_unharmed(&flow);
    flow.stop();
}

#[test]
fn a_slow_broker_delays_records_and_harms_none() {
    let flow = flowing_between(BROKERS);
    for (cluster, _) in sides(&flow) {
        for broker in 1..=BROKERS {
            cluster
                .broker_round_trip_time(broker, Duration::from_millis(300))
                .expect("a mock does as it is told");
        }
    }
    thread::sleep(Duration::from_secs(2));
    for (cluster, _) in sides(&flow) {
        for broker in 1..=BROKERS {
            cluster
                .broker_round_trip_time(broker, Duration::ZERO)
                .expect("a mock does as it is told");
        }
    }
    comes_back_unharmed(&flow);
    flow.stop();
}
