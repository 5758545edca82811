//! Reads the canary's records on one side and tells what it read; where to start is the scout's business.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use rdkafka::consumer::BaseConsumer;
use rdkafka::error::KafkaResult;
use rdkafka::message::{BorrowedMessage, Message as _};

use super::client::{self, Quiet};
use super::event::{Event, Side};
use super::record::{Error, Record};
use super::running::Running;
use crate::clock;

/// These win over the user's properties, after those that all clients share. Nothing is ever committed.
const OURS: [(&str, &str); 5] = [
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    // Only where the log was cut under the reader: what stands is then read again, and known for duplicates.
    ("auto.offset.reset", "earliest"),
    ("fetch.wait.max.ms", "50"),
    ("fetch.error.backoff.ms", "100"),
];

/// librdkafka assigns partitions only to a consumer with a group; without a subscription and commits it never joins it.
const UNUSED_GROUP: &str = "mirrorwatch-canary";

/// How long one poll waits, and so how long a stop may take to be seen.
const POLL: Duration = Duration::from_millis(100);

pub(super) type Consumer = BaseConsumer<Quiet>;

/// A consumer for one side.
pub(super) fn consumer(properties: &BTreeMap<String, String>, role: &str) -> KafkaResult<Consumer> {
    let mut config = client::config(properties, role);
    for (key, value) in OURS {
        config.set(key, value);
    }
    if config.get("group.id").is_none() {
        config.set("group.id", UNUSED_GROUP);
    }
    config.create_with_context(Quiet::new(role))
}

/// The thread that polls. Fields are dropped in their order: the client before the word that all has ended.
pub(super) struct Reader {
    pub(super) client: Arc<Consumer>,
    pub(super) side: Side,
    /// The canary's topic on the source, which every record names.
    pub(super) home: String,
    pub(super) events: Sender<Event>,
    pub(super) running: Running,
}

impl Reader {
    pub(super) fn run(self) {
        while !self.running.is_stopped() {
            let event = match self.client.poll(POLL) {
                Some(Ok(message)) => self.understand(&message),
                Some(Err(error)) => {
                    self.client_complains(&error);
                    None
                }
                None => None,
            };
            if let Some(event) = event
                && self.events.send(event).is_err()
            {
                return;
            }
        }
    }

    fn client_complains(&self, error: &rdkafka::error::KafkaError) {
        use rdkafka::consumer::Consumer as _;
        self.client.context().complain(error);
    }

    fn understand(&self, message: &BorrowedMessage<'_>) -> Option<Event> {
        let at = clock::monotonic();
        match Record::decode(message.payload().unwrap_or_default()) {
            Ok(record) if record.topic == self.home && record.partition == message.partition() => {
                Some(Event::Read(self.side, Box::new(record), at))
            }
            Ok(_) | Err(Error::Corrupt) => Some(Event::Corrupt(self.side, message.partition())),
            Err(Error::Foreign) => None,
        }
    }
}
