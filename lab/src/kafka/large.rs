//! One record that is larger than most producers send.

use std::sync::mpsc;
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};

use super::topics::failed;
use super::{Error, client};
use crate::description::Cluster;

const DEADLINE: Duration = Duration::from_secs(15);

struct Delivery(mpsc::Sender<Result<i64, rdkafka::error::KafkaError>>);

impl ClientContext for Delivery {}

impl ProducerContext for Delivery {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let result = result.as_ref();
        let outcome = result.map(rdkafka::message::Message::offset);
        let _ = self.0.send(outcome.map_err(|(error, _)| error.clone()));
    }
}

/// Writes a record of this size and tells its offset.
pub(crate) fn write(
    cluster: &Cluster,
    topic: &str,
    partition: i32,
    bytes: usize,
) -> Result<i64, Error> {
    let (sender, delivered) = mpsc::channel();
    let producer: ThreadedProducer<Delivery> = client(cluster)
        .set("acks", "all")
        .set("message.max.bytes", (bytes * 2).to_string())
        .set("message.timeout.ms", "10000")
        .create_with_context(Delivery(sender))
        .map_err(failed(cluster))?;
    let value = vec![b'.'; bytes];
    let record = BaseRecord::<(), [u8]>::to(topic)
        .partition(partition)
        .payload(&value);
    producer
        .send(record)
        .map_err(|(error, _)| failed(cluster)(error))?;
    producer.flush(DEADLINE).map_err(failed(cluster))?;
    let outcome = delivered.recv_timeout(DEADLINE);
    let lost = |_| {
        let code = rdkafka::types::RDKafkaErrorCode::MessageTimedOut;
        failed(cluster)(rdkafka::error::KafkaError::MessageProduction(code))
    };
    outcome.map_err(lost)?.map_err(failed(cluster))
}
