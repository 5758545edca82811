//! Records for topics beside the load's, which may be deleted and come again meanwhile: nobody waits for them.

use std::time::Duration;

use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};

use super::control::Control;
use crate::config::EXTRA_PARTITIONS;
use crate::description::Cluster;
use crate::kafka;

/// The producer for the extra topics.
pub(super) struct Extra {
    producer: ThreadedProducer<DefaultProducerContext>,
    topics: Vec<String>,
    control: Control,
}

impl Extra {
    /// For these topics, and those that are asked for later.
    pub(super) fn new(
        cluster: &Cluster,
        topics: Vec<String>,
        control: Control,
    ) -> Result<Self, KafkaError> {
        let producer = kafka::client(cluster)
            .set("acks", "all")
            .set("linger.ms", "0")
            // What a topic that is gone does not take is given up, so that nothing old comes when it is there again.
            .set("message.timeout.ms", "1000")
            .set("topic.metadata.propagation.max.ms", "1000")
            .create()?;
        Ok(Self {
            producer,
            topics,
            control,
        })
    }

    /// A record for each partition.
    pub(super) fn send(&self, sequence: u64) {
        for topic in self.topics.iter().chain(&self.control.fed()) {
            for partition in 0..i32::from(EXTRA_PARTITIONS) {
                let value = format!("extra {partition} {sequence}");
                let record = BaseRecord::<(), str>::to(topic).partition(partition);
                let _ = self.producer.send(record.payload(value.as_str()));
            }
        }
    }

    pub(super) fn flush(&self, patience: Duration) {
        let _ = self.producer.flush(patience);
    }
}
