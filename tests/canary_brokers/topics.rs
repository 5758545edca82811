//! What is done to topics by hand.

use std::time::Duration;

use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{Offset, TopicPartitionList};

use super::PARTITIONS;
use super::broker::Broker;

/// The broker's own time, which bounds its clock.
const STAMPED: (&str, &str) = ("message.timestamp.type", "LogAppendTime");
const PATIENCE: Duration = Duration::from_secs(30);

fn admin(broker: &Broker) -> AdminClient<DefaultClientContext> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &broker.bootstrap);
    config.create().expect("the properties are known")
}

fn options() -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(PATIENCE))
}

fn wait<T>(answer: impl Future<Output = rdkafka::error::KafkaResult<T>>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime starts");
    runtime.block_on(answer).expect("the broker answers")
}

/// Makes a topic that an administrator could have made.
pub(crate) fn create(broker: &Broker, topic: &str) {
    let new =
        NewTopic::new(topic, PARTITIONS, TopicReplication::Fixed(1)).set(STAMPED.0, STAMPED.1);
    let made = wait(admin(broker).create_topics([&new], &options()));
    assert!(made.iter().all(Result::is_ok), "{made:?}");
}

/// Bounds the length of the topic's records, in bytes; `None` leaves it to Kafka's default.
pub(crate) fn bound_length(broker: &Broker, topic: &str, most: Option<&str>) {
    let mut change = AlterConfig::new(ResourceSpecifier::Topic(topic)).set(STAMPED.0, STAMPED.1);
    if let Some(most) = most {
        change = change.set("max.message.bytes", most);
    }
    let done = wait(admin(broker).alter_configs([&change], &options()));
    assert!(done.iter().all(Result::is_ok), "{done:?}");
}

/// Deletes all that stands in the topic, as retention does. How many records each partition had had by then.
pub(crate) fn delete_all(broker: &Broker, topic: &str) -> Vec<i64> {
    let client: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &broker.bootstrap)
        .create()
        .expect("the properties are known");
    let end = |partition| {
        let marks = client.fetch_watermarks(topic, partition, PATIENCE);
        marks.expect("the broker answers").1
    };
    let ends: Vec<i64> = (0..PARTITIONS).map(end).collect();
    let mut list = TopicPartitionList::new();
    for (partition, end) in (0..PARTITIONS).zip(&ends) {
        list.add_partition_offset(topic, partition, Offset::Offset(*end))
            .expect("a fresh list");
    }
    let _ = wait(admin(broker).delete_records(&list, &options()));
    ends
}
