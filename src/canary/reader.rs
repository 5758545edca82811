//! Reads the canary's records on one side and tells what it read; where to start is the scout's business.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};

use super::client::{self, Quiet, appended};
use super::event::{Content, Event, HasHeader, Seen, Side};
use super::instant;
use super::record::{Error, HEADER, HEADER_VALUE, Record};
use super::running::Running;
use super::shared::Shared;

/// These win over the user's properties, after those that all clients share. Nothing is ever committed.
const OURS: [(&str, &str); 7] = [
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    // Only the end itself says that what is left of a log holds no records.
    ("enable.partition.eof", "true"),
    // Only where the log was cut under the reader: what stands is then read again.
    ("auto.offset.reset", "earliest"),
    ("fetch.wait.max.ms", "50"),
    ("fetch.error.backoff.ms", "100"),
    // What is read ahead after an outage is held in memory.
    ("queued.max.messages.kbytes", "4096"),
];

/// Nobody waits for what is read back at the source: its broker may gather it for a moment instead of answering for every record.
const UNHURRIED: [(&str, &str); 2] = [("fetch.min.bytes", "65536"), ("fetch.wait.max.ms", "100")];

/// librdkafka assigns partitions only to a consumer with a group; without a subscription and commits it never joins it.
const UNUSED_GROUP: &str = "mirrorwatch-canary";

/// How long one poll waits, and so how long a stop may take to be seen.
const POLL: Duration = Duration::from_millis(100);

pub(super) type Consumer = BaseConsumer<Quiet>;

/// A consumer for one side.
pub(super) fn consumer(
    properties: &BTreeMap<String, String>,
    side: Side,
    quiet: Quiet,
) -> KafkaResult<Consumer> {
    let unhurried = match side {
        Side::Source => &UNHURRIED[..],
        Side::Target => &[],
    };
    let mut config = client::config(properties, quiet.role());
    for (key, value) in OURS.iter().chain(unhurried) {
        config.set(*key, *value);
    }
    if config.get("group.id").is_none() {
        config.set("group.id", UNUSED_GROUP);
    }
    config.create_with_context(quiet)
}

/// The thread that polls. Fields are dropped in their order: the client before the word that all has ended.
pub(super) struct Reader {
    pub(super) client: Arc<Shared>,
    pub(super) side: Side,
    pub(super) events: Sender<Event>,
    pub(super) running: Running,
}

impl Reader {
    /// Read until the canary is stopped. A reader that fails says so: what it does not see is then not taken for missing.
    pub(super) fn run(self) {
        let (events, side) = (self.events.clone(), self.side);
        if catch_unwind(AssertUnwindSafe(|| self.read())).is_err() {
            // Without a receiver the canary has been stopped.
            let _ = events.send(Event::ReaderFailed(side, instant::now()));
        }
    }

    fn read(self) {
        let mut ended = BTreeSet::new();
        while !self.running.is_stopped() {
            let client = self.client.client();
            let event = match client.poll(POLL) {
                Some(Ok(message)) => Event::Read(self.understand(&message)),
                // The first one is news: what was there when the reader was set on the partition is read.
                Some(Err(KafkaError::PartitionEOF(partition))) if ended.insert(partition) => {
                    Event::AtEnd(self.side, partition, instant::now())
                }
                Some(Err(KafkaError::PartitionEOF(_))) | None => continue,
                Some(Err(error)) => {
                    client.context().complain(&error);
                    let Some(code) = error
                        .rdkafka_error_code()
                        .filter(|code| is_forbidden(*code))
                    else {
                        continue;
                    };
                    Event::ReadRefused(self.side, code.to_string())
                }
            };
            if self.events.send(event).is_err() {
                return;
            }
        }
    }

    fn understand(&self, message: &BorrowedMessage<'_>) -> Seen {
        let at = instant::now();
        let payload = message.payload().unwrap_or_default();
        Seen {
            side: self.side,
            partition: message.partition(),
            offset: message.offset(),
            at,
            appended: appended(message.timestamp()),
            checksum: crc32c::crc32c(payload),
            content: content(payload, || has_header(message)),
        }
    }
}

/// What some bytes are. Where the magic itself is damaged, only the header tells that they were a canary record; a settled point has none.
fn content(payload: &[u8], has_header: impl Fn() -> HasHeader) -> Content {
    match Record::decode(payload) {
        Ok(record) => Content::Record(Box::new(record), has_header()),
        Err(Error::Corrupt) => Content::Corrupt,
        Err(Error::Foreign) if has_header() => Content::Corrupt,
        Err(Error::Foreign | Error::OtherVersion) => Content::Other,
    }
}

#[test]
fn what_has_our_header_and_no_form_of_ours_is_corrupt_and_what_has_neither_is_somebody_elses() {
    use super::record::{example, of_another_version};
    let kind = |payload: &[u8], header| match content(payload, || header) {
        Content::Record(..) => "record",
        Content::Corrupt => "corrupt",
        Content::Other => "other",
    };
    let sound = example().encode();
    assert_eq!(kind(&sound, true), "record");
    for index in 0..sound.len() {
        let mut damaged = sound.clone();
        damaged[index] ^= 1;
        assert_eq!(kind(&damaged, true), "corrupt", "byte {index}");
    }
    assert_eq!(kind(b"", true), "corrupt");
    assert_eq!(kind(b"somebody else's", false), "other");
    assert_eq!(kind(&of_another_version(), true), "other");
}

/// What does not heal by itself, and is told once for each partition. Rights on the group are none of it: the client asks for them and
/// reads without.
fn is_forbidden(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::TopicAuthorizationFailed | RDKafkaErrorCode::ClusterAuthorizationFailed
    )
}

#[test]
fn rights_on_the_topic_keep_a_reader_from_reading_and_those_on_a_group_that_it_never_joins_do_not()
{
    assert!(is_forbidden(RDKafkaErrorCode::TopicAuthorizationFailed));
    assert!(!is_forbidden(RDKafkaErrorCode::GroupAuthorizationFailed));
    assert!(!is_forbidden(RDKafkaErrorCode::NotLeaderForPartition));
}

fn has_header(message: &BorrowedMessage<'_>) -> HasHeader {
    let is_ours = |header: rdkafka::message::Header<'_, &[u8]>| {
        header.key == HEADER && header.value == Some(HEADER_VALUE)
    };
    let Some(headers) = message.headers() else {
        return false;
    };
    // The client library panics at a header whose name is not UTF-8: that one is mangled for certain.
    catch_unwind(AssertUnwindSafe(|| headers.iter().any(is_ours))).unwrap_or(false)
}
