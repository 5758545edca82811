//! The producer: records are due at fixed times whatever becomes of those before (open loop), each partition in turn.

use std::thread;
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::error::KafkaError;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseRecord, ProducerContext, ThreadedProducer};

use super::journal::Notes;
use super::payload;
use crate::clock;
use crate::config::Load;
use crate::kafka;

struct Acknowledgements(Notes);

impl ClientContext for Acknowledgements {}

impl ProducerContext for Acknowledgements {
    type DeliveryOpaque = Box<(i32, u64)>;

    fn delivery(&self, result: &DeliveryResult<'_>, record: Self::DeliveryOpaque) {
        let (partition, sequence) = *record;
        match result {
            Ok(_) => self.0.acknowledged(partition, sequence, clock::now_us()),
            Err(_) => self.0.given_up(partition, sequence, clock::now_us()),
        }
    }
}

/// Starts the producer on a thread of its own.
pub(super) fn start(bootstrap: &str, load: Load, run: u32, notes: Notes) -> Result<(), KafkaError> {
    let producer: ThreadedProducer<Acknowledgements> = kafka::client(bootstrap)
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("linger.ms", "0")
        .set("message.timeout.ms", "600000")
        .set("socket.timeout.ms", "10000")
        .create_with_context(Acknowledgements(notes.clone()))?;
    thread::spawn(move || produce(&producer, &load, run, &notes));
    Ok(())
}

fn produce(producer: &ThreadedProducer<Acknowledgements>, load: &Load, run: u32, notes: &Notes) {
    let partitions = u64::from(load.partitions);
    let period =
        Duration::from_secs_f64(1.0 / (load.records_per_second * f64::from(load.partitions)));
    let (begun, begun_us) = (clock::monotonic(), clock::now_us());
    for tick in 0_u32.. {
        let due = period * tick;
        thread::sleep(due.saturating_sub(begun.elapsed()));
        let partition = i32::try_from(u64::from(tick) % partitions).unwrap_or(0);
        let sequence = u64::from(tick) / partitions;
        let value = payload::encode(run, partition, sequence, load.size);
        notes.sent(
            partition,
            sequence,
            begun_us + i64::try_from(due.as_micros()).unwrap_or(i64::MAX),
        );
        let record = BaseRecord::<(), [u8], Box<(i32, u64)>>::with_opaque_to(
            &load.topic,
            Box::new((partition, sequence)),
        )
        .partition(partition)
        .payload(&value);
        if producer.send(record).is_err() {
            notes.given_up(partition, sequence, clock::now_us());
        }
    }
}
