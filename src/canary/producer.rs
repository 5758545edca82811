//! Sends records to the source; what became of them comes back as events.

use std::collections::BTreeMap;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, DeliveryResult, Header, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};

use super::client::{self, Quiet, appended, drop_aside};
use super::event::{Event, Sent};
use super::instant;
use super::record::{HEADER, HEADER_VALUE, Record};
use super::running::Running;
use super::settled::SettledPoint;
use super::tracker::Place;

/// These win over the user's properties, after those that all clients share. Half a minute of patience, so that a record survives an
/// ordinary leader election; idempotence keeps the order within a partition, on which reading back relies.
const OURS: [(&str, &str); 5] = [
    ("acks", "all"),
    ("enable.idempotence", "true"),
    ("linger.ms", "0"),
    ("message.timeout.ms", "30000"),
    ("queue.buffering.max.messages", "100000"),
];

/// What is still under way when the canary stops gets so long to be sent.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// What a report will be about.
enum About {
    Record(Sent),
    /// A settled point of this partition.
    Point(usize),
}

type Opaque = Box<About>;
type Message<'a> = BaseRecord<'a, [u8], [u8], Opaque>;

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
    properties: BTreeMap<String, String>,
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
        let client = connect(&config, properties, events.clone())?;
        Ok(Self {
            config,
            properties: properties.clone(),
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
        let message: Message<'_> =
            BaseRecord::with_opaque_to(&self.topic, Opaque::new(About::Record(sent)))
                .partition(record.partition)
                .payload(payload.as_slice())
                .timestamp(record.intended.as_micros() / 1_000)
                .headers(OwnedHeaders::new_with_capacity(1).insert(header));
        let outcome = self.client.send(message);
        self.handed(outcome.map_err(|(error, _)| error))
    }

    /// Hand a settled point to the client; never blocks.
    pub(super) fn settle(&mut self, point: &SettledPoint) -> KafkaResult<Handed> {
        let payload = point.encode();
        let about = About::Point(usize::try_from(point.partition).unwrap_or_default());
        let message: Message<'_> = BaseRecord::with_opaque_to(&self.topic, Opaque::new(about))
            .partition(point.partition)
            .payload(payload.as_slice());
        let outcome = self.client.send(message);
        self.handed(outcome.map_err(|(error, _)| error))
    }

    fn handed(&mut self, outcome: KafkaResult<()>) -> KafkaResult<Handed> {
        match outcome {
            Ok(()) => Ok(Handed::Over),
            Err(KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull)) => Ok(Handed::Later),
            Err(error) => {
                if self.client.client().fatal_error().is_some() {
                    self.replace()?;
                    return Ok(Handed::Later);
                }
                Err(error)
            }
        }
    }

    /// Go on with another client; what this one holds is given up. A fatal error of an idempotent producer (its topic was deleted, its state
    /// on the broker is gone) ends it for good, and so does the loss of all its brokers (see `shared`).
    pub(super) fn replace(&mut self) -> KafkaResult<()> {
        let fresh = connect(&self.config, &self.properties, self.events.clone())?;
        drop_aside(
            std::mem::replace(&mut self.client, fresh),
            self.running.clone(),
        );
        Ok(())
    }

    /// End the client without waiting for it; what it holds is still sent, if the source takes it at once.
    pub(super) fn close(self) {
        let Self {
            client, running, ..
        } = self;
        thread::spawn(move || {
            // What is not sent by then is known to nobody, as after a kill.
            let _ = client.flush(LAST_WORDS);
            drop(client);
            drop(running);
        });
    }
}

fn connect(
    config: &ClientConfig,
    properties: &BTreeMap<String, String>,
    events: Sender<Event>,
) -> KafkaResult<ThreadedProducer<Reports>> {
    config.create_with_context(Reports {
        quiet: Quiet::new("producer", properties),
        events,
    })
}

/// Where a report says that a record stands. An idempotent producer that is told of a duplicate does not learn the offset.
fn place(message: &BorrowedMessage<'_>) -> Option<Place> {
    (message.offset() >= 0).then(|| Place {
        offset: message.offset(),
        appended: appended(message.timestamp()),
    })
}

/// Turns delivery reports into events.
struct Reports {
    quiet: Quiet,
    events: Sender<Event>,
}

impl ClientContext for Reports {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.quiet.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.quiet.error(error, reason);
    }

    fn stats_raw(&self, _statistics: &[u8]) {}

    fn generate_oauth_token(
        &self,
        config: Option<&str>,
    ) -> Result<OAuthToken, Box<dyn std::error::Error>> {
        self.quiet.generate_oauth_token(config)
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = Opaque;

    fn delivery(&self, result: &DeliveryResult<'_>, about: Opaque) {
        if let Err((error, _)) = result {
            self.quiet.complain(error);
            if error.rdkafka_error_code() == Some(RDKafkaErrorCode::MessageTimedOut) {
                let _ = self.events.send(Event::TimedOut);
            }
            let why = error.to_string();
            let refused = match *about {
                About::Record(_) => Event::Refused(why),
                About::Point(_) => Event::PointRefused(why),
            };
            let _ = self.events.send(refused);
        }
        let event = match (*about, result) {
            (About::Record(sent), Ok(message)) => {
                Event::Acknowledged(sent, place(message), instant::now())
            }
            (About::Record(sent), Err(_)) => Event::Failed(sent),
            (About::Point(partition), outcome) => Event::Settled(partition, outcome.is_ok()),
        };
        // Without a receiver the canary has been stopped, and nobody counts any more.
        let _ = self.events.send(event);
    }
}
