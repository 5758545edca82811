//! Sends records to the source; what became of them comes back as events.

use std::collections::BTreeMap;
use std::sync::mpsc::Sender;
use std::thread;

use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};

use super::client::{self, Quiet};
use super::event::{Event, Sent};
use super::record::{HEADER, HEADER_VALUE, Record};
use super::running::Running;
use crate::clock;

/// These win over the user's properties, after those that all clients share. Half a minute of patience, so that a record survives an
/// ordinary leader election; idempotence keeps the order within a partition, on which reading back relies.
const OURS: [(&str, &str); 5] = [
    ("acks", "all"),
    ("enable.idempotence", "true"),
    ("linger.ms", "0"),
    ("message.timeout.ms", "30000"),
    ("queue.buffering.max.messages", "100000"),
];

/// What a send came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handed {
    /// A delivery report will follow.
    Over,
    /// The queue is full: try the same record later.
    Later,
}

pub(super) struct Producer {
    config: ClientConfig,
    topic: String,
    events: Sender<Event>,
    running: Running,
    client: ThreadedProducer<Reports>,
}

impl Producer {
    pub(super) fn new(
        properties: &BTreeMap<String, String>,
        topic: &str,
        events: Sender<Event>,
        running: Running,
    ) -> KafkaResult<Self> {
        let mut config = client::config(properties, "producer");
        for (key, value) in OURS {
            config.set(key, value);
        }
        let client = connect(&config, events.clone())?;
        Ok(Self {
            config,
            topic: topic.to_owned(),
            events,
            running,
            client,
        })
    }

    /// Hand a record to the client; never blocks.
    pub(super) fn send(&mut self, record: &Record, sent: Sent) -> KafkaResult<Handed> {
        let payload = record.encode();
        let header = Header {
            key: HEADER,
            value: Some(HEADER_VALUE),
        };
        let message: BaseRecord<'_, [u8], [u8], Box<Sent>> =
            BaseRecord::with_opaque_to(&self.topic, Box::new(sent))
                .partition(record.partition)
                .payload(payload.as_slice())
                .timestamp(record.intended.as_micros() / 1_000)
                .headers(OwnedHeaders::new().insert(header));
        match self.client.send(message) {
            Ok(()) => Ok(Handed::Over),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                Ok(Handed::Later)
            }
            Err((error, _)) => {
                if self.client.client().fatal_error().is_some() {
                    self.replace()?;
                    return Ok(Handed::Later);
                }
                Err(error)
            }
        }
    }

    /// A fatal error of an idempotent producer (its topic was deleted, its state on the broker is gone) ends that client for good.
    fn replace(&mut self) -> KafkaResult<()> {
        let fresh = connect(&self.config, self.events.clone())?;
        drop_aside(
            std::mem::replace(&mut self.client, fresh),
            self.running.clone(),
        );
        Ok(())
    }

    /// End the client without waiting for it.
    pub(super) fn close(self) {
        drop_aside(self.client, self.running);
    }
}

fn connect(config: &ClientConfig, events: Sender<Event>) -> KafkaResult<ThreadedProducer<Reports>> {
    config.create_with_context(Reports {
        quiet: Quiet::new("producer"),
        events,
    })
}

/// Dropping a producer purges its queue and may block for long while brokers are down: never on a thread that measures.
fn drop_aside(client: ThreadedProducer<Reports>, running: Running) {
    thread::spawn(move || {
        drop(client);
        drop(running);
    });
}

/// Turns delivery reports into events.
struct Reports {
    quiet: Quiet,
    events: Sender<Event>,
}

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.quiet.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.quiet.error(error, reason);
    }

    fn stats_raw(&self, _statistics: &[u8]) {}
}

impl ProducerContext for Reports {
    type DeliveryOpaque = Box<Sent>;

    fn delivery(&self, result: &DeliveryResult<'_>, sent: Box<Sent>) {
        let event = match result {
            Ok(_) => Event::Acknowledged(*sent, clock::monotonic()),
            Err((error, _)) => {
                self.quiet.complain(error);
                Event::Failed(*sent)
            }
        };
        // Without a receiver the canary has been stopped, and nobody counts any more.
        let _ = self.events.send(event);
    }
}
