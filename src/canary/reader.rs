//! Reads the canary's records on one side and tells what it read; where to start is the scout's business.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use rdkafka::consumer::BaseConsumer;
use rdkafka::error::KafkaResult;
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};

use super::client::{self, Quiet, appended};
use super::event::{Content, Event, HasHeader, Seen, Side};
use super::instant;
use super::record::{Error, HEADER, HEADER_VALUE, Record};
use super::running::Running;

/// These win over the user's properties, after those that all clients share. Nothing is ever committed.
const OURS: [(&str, &str); 6] = [
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    // Only where the log was cut under the reader: what stands is then read again, and known for duplicates.
    ("auto.offset.reset", "earliest"),
    ("fetch.wait.max.ms", "50"),
    ("fetch.error.backoff.ms", "100"),
    // What is read ahead after an outage is held in memory.
    ("queued.max.messages.kbytes", "4096"),
];

/// librdkafka assigns partitions only to a consumer with a group; without a subscription and commits it never joins it.
const UNUSED_GROUP: &str = "mirrorwatch-canary";

/// How long one poll waits, and so how long a stop may take to be seen.
const POLL: Duration = Duration::from_millis(100);

pub(super) type Consumer = BaseConsumer<Quiet>;

/// A consumer for one side.
pub(super) fn consumer(properties: &BTreeMap<String, String>, role: &str) -> KafkaResult<Consumer> {
    configured(properties, role, &OURS)
}

/// A consumer that searches a log and is told where it ends.
pub(super) fn searcher(properties: &BTreeMap<String, String>) -> KafkaResult<Consumer> {
    let all: Vec<_> = OURS
        .into_iter()
        .chain([("enable.partition.eof", "true")])
        .collect();
    configured(properties, "source-searcher", &all)
}

fn configured(
    properties: &BTreeMap<String, String>,
    role: &str,
    ours: &[(&str, &str)],
) -> KafkaResult<Consumer> {
    let mut config = client::config(properties, role);
    for (key, value) in ours {
        config.set(*key, *value);
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
    pub(super) events: Sender<Event>,
    pub(super) running: Running,
}

impl Reader {
    pub(super) fn run(self) {
        while !self.running.is_stopped() {
            let seen = match self.client.poll(POLL) {
                Some(Ok(message)) => self.understand(&message),
                Some(Err(error)) => {
                    self.client_complains(&error);
                    continue;
                }
                None => continue,
            };
            if self.events.send(Event::Read(seen)).is_err() {
                return;
            }
        }
    }

    fn client_complains(&self, error: &rdkafka::error::KafkaError) {
        use rdkafka::consumer::Consumer as _;
        self.client.context().complain(error);
    }

    fn understand(&self, message: &BorrowedMessage<'_>) -> Seen {
        let at = instant::now();
        let content = match Record::decode(message.payload().unwrap_or_default()) {
            Ok(record) => Content::Record(Box::new(record), has_header(message)),
            Err(Error::Corrupt) => Content::Corrupt,
            Err(Error::Foreign) => Content::Other,
        };
        Seen {
            side: self.side,
            partition: message.partition(),
            offset: message.offset(),
            at,
            appended: appended(message.timestamp()),
            content,
        }
    }
}

fn has_header(message: &BorrowedMessage<'_>) -> HasHeader {
    let is_ours = |header: rdkafka::message::Header<'_, &[u8]>| {
        header.key == HEADER && header.value == Some(HEADER_VALUE)
    };
    message
        .headers()
        .is_some_and(|headers| headers.iter().any(is_ours))
}
