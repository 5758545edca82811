//! Creates the canary's topic, once, on the source only. It is never grown afterwards: a new partition restarts every MM2 task.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};

use super::client::{self, Quiet};
use crate::token;

/// How long the brokers may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// A day of records is more than any outage that the ledger can follow.
const RETENTION_MS: &str = "86400000";
/// More replicas than this make nothing safer for a probe.
const MOST_REPLICAS: usize = 3;

/// Creates the topic with as many partitions as are wanted by then.
pub(super) struct Creator {
    properties: BTreeMap<String, String>,
    wanted: Arc<AtomicU32>,
}

impl Creator {
    /// `wanted` is 0 until it is known how many partitions the topic needs.
    pub(super) fn new(properties: &BTreeMap<String, String>, wanted: Arc<AtomicU32>) -> Self {
        Self {
            properties: properties.clone(),
            wanted,
        }
    }

    /// Create the topic; what stands in the way, in one sentence.
    pub(super) fn create(&self, topic: &str, brokers: usize) -> Option<String> {
        let Some(partitions) = i32::try_from(self.wanted.load(Ordering::Relaxed))
            .ok()
            .filter(|n| *n > 0)
        else {
            return Some(format!(
                "topic `{topic}` is missing on the source, and how many partitions it needs is not known \
                 before the connector's tasks are: create it, or set `partitions`"
            ));
        };
        if token::Source::of(&self.properties).is_there() {
            return Some(format!(
                "topic `{topic}` is missing on the source, and mirrorwatch creates none where it proves itself by a token: create it"
            ));
        }
        match self.request(topic, partitions, brokers) {
            Ok(()) => {
                tracing::info!(topic, partitions, "canary: topic created on the source");
                None
            }
            Err(error) if code(&error) == Some(RDKafkaErrorCode::TopicAlreadyExists) => None,
            Err(error) => Some(problem(topic, &error)),
        }
    }

    fn request(&self, topic: &str, partitions: i32, brokers: usize) -> KafkaResult<()> {
        let config = client::config(&self.properties, "admin");
        let admin: AdminClient<Quiet> =
            config.create_with_context(Quiet::new("admin", &self.properties))?;
        let replicas = i32::try_from(brokers.clamp(1, MOST_REPLICAS)).unwrap_or(1);
        let topic = NewTopic::new(topic, partitions, TopicReplication::Fixed(replicas))
            .set("cleanup.policy", "delete")
            .set("retention.ms", RETENTION_MS)
            // The brokers' own time: it bounds their clocks. MM2 does not copy this property.
            .set("message.timestamp.type", "LogAppendTime");
        let options = AdminOptions::new()
            .operation_timeout(Some(PATIENCE))
            .request_timeout(Some(PATIENCE));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|error| KafkaError::ClientCreation(error.to_string()))?;
        let results = runtime.block_on(admin.create_topics([&topic], &options))?;
        match results.into_iter().next() {
            Some(Err((_, code))) => Err(KafkaError::AdminOp(code)),
            Some(Ok(_)) | None => Ok(()),
        }
    }
}

fn code(error: &KafkaError) -> Option<RDKafkaErrorCode> {
    match error {
        KafkaError::AdminOp(code) => Some(*code),
        _ => error.rdkafka_error_code(),
    }
}

fn problem(topic: &str, error: &KafkaError) -> String {
    match code(error) {
        Some(
            RDKafkaErrorCode::TopicAuthorizationFailed
            | RDKafkaErrorCode::ClusterAuthorizationFailed,
        ) => {
            format!(
                "topic `{topic}` is missing on the source and mirrorwatch may not create it: create it, or grant Create on it"
            )
        }
        _ => format!("topic `{topic}` is missing on the source and cannot be created: {error}"),
    }
}

#[test]
fn the_sentence_tells_a_missing_permission_from_other_refusals() {
    let denied = problem(
        "canary",
        &KafkaError::AdminOp(RDKafkaErrorCode::TopicAuthorizationFailed),
    );
    assert!(denied.contains("may not create it"), "{denied}");
    let refused = problem(
        "canary",
        &KafkaError::AdminOp(RDKafkaErrorCode::InvalidReplicationFactor),
    );
    assert!(refused.contains("cannot be created"), "{refused}");
}

#[test]
fn a_topic_is_not_created_before_its_partitions_are_known() {
    let creator = Creator::new(&BTreeMap::new(), Arc::new(AtomicU32::new(0)));
    let problem = creator
        .create("canary", 1)
        .expect("the number is not known");
    assert!(problem.contains("set `partitions`"), "{problem}");
}
