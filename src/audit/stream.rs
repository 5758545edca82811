//! The records of one partition of one side, in their order, as far as they are asked for: what is not taken waits in librdkafka's queue of
//! that partition, which is bounded.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::Consumer as _;
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use rdkafka::{Offset, TopicPartitionList};

use super::client::{Client, Complaints, Consumer};
use super::content::{Digester, Raw, Seen};
use super::{Error, Side};

/// So many polls that tell nothing, one after the other, say that nothing is left: a line of librdkafka's log is a poll that tells nothing, too.
const QUIET_POLLS: u32 = 50;

/// What comes next.
pub(super) enum Next {
    /// A record, and its timestamp whether or not it is compared.
    Record(Seen, Option<i64>),
    /// The log ends here at the moment: all of it below this offset was read, markers of transactions included.
    End(i64),
    /// What should come next was deleted before it could be read.
    Deleted,
    /// Nothing at the moment.
    Nothing,
}

/// Where records come from.
pub(super) trait Records {
    /// What is at hand, without waiting.
    fn next(&mut self) -> Result<Next, Error>;
}

/// One partition.
pub(super) struct Stream {
    side: Side,
    topic: String,
    partition: i32,
    queue: PartitionQueue<Complaints>,
    consumer: Arc<Consumer>,
    digester: Digester,
    /// Read before the partition had a queue of its own.
    early: VecDeque<Next>,
}

/// Read each partition from an offset on.
pub(super) fn streams(
    client: &Client,
    from: &BTreeMap<i32, i64>,
    digester: &Digester,
) -> Result<BTreeMap<i32, Stream>, Error> {
    let failed = |error| Error::client(client.side, error);
    let mut list = TopicPartitionList::new();
    for (partition, offset) in from {
        list.add_partition_offset(&client.topic, *partition, Offset::Offset(*offset))
            .map_err(failed)?;
    }
    client.consumer.assign(&list).map_err(failed)?;
    let mut streams = BTreeMap::new();
    for partition in from.keys() {
        let queue = client
            .consumer
            .split_partition_queue(&client.topic, *partition);
        let gone = || Error::NoTopic {
            side: client.side,
            topic: client.topic.clone(),
        };
        let stream = Stream {
            side: client.side,
            topic: client.topic.clone(),
            partition: *partition,
            queue: queue.ok_or_else(gone)?,
            consumer: Arc::clone(&client.consumer),
            digester: digester.clone(),
            early: VecDeque::new(),
        };
        streams.insert(*partition, stream);
    }
    // Fetched before the queues were apart: these come first.
    let mut quiet = 0;
    while quiet < QUIET_POLLS {
        let Some(told) = client.consumer.poll(Duration::ZERO) else {
            quiet += 1;
            continue;
        };
        quiet = 0;
        match told {
            Err(KafkaError::PartitionEOF(partition)) => {
                if let Some(stream) = streams.get_mut(&partition) {
                    let end = Next::End(stream.position());
                    stream.early.push_back(end);
                }
            }
            Err(error) => client.consumer.context().hear(error.to_string()),
            Ok(message) => {
                if let Some(stream) = streams.get_mut(&message.partition()) {
                    let record = understand(stream.side, &mut stream.digester, &message)?;
                    stream.early.push_back(record);
                }
            }
        }
    }
    Ok(streams)
}

impl Records for Stream {
    fn next(&mut self) -> Result<Next, Error> {
        if let Some(early) = self.early.pop_front() {
            return Ok(early);
        }
        // The queue is taken apart from what digests its messages.
        let error = match self.queue.poll(Duration::ZERO) {
            None => return Ok(Next::Nothing),
            Some(Ok(message)) => return understand(self.side, &mut self.digester, &message),
            Some(Err(error)) => error,
        };
        match error.rdkafka_error_code() {
            _ if matches!(error, KafkaError::PartitionEOF(_)) => Ok(Next::End(self.position())),
            Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange) => {
                Ok(Next::Deleted)
            }
            Some(
                RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::UnknownTopic
                | RDKafkaErrorCode::UnknownPartition
                | RDKafkaErrorCode::TopicAuthorizationFailed,
            ) => Err(Error::client(self.side, error)),
            _ => {
                self.consumer.context().hear(error.to_string());
                Ok(Next::Nothing)
            }
        }
    }
}

impl Stream {
    /// Where the client is; below all offsets as long as it has read nothing.
    fn position(&self) -> i64 {
        let positions = self.consumer.position().ok();
        let here = positions.as_ref().and_then(|positions| {
            let here = positions.find_partition(&self.topic, self.partition)?;
            here.offset().to_raw()
        });
        here.unwrap_or(-1)
    }
}

fn understand(
    side: Side,
    digester: &mut Digester,
    message: &BorrowedMessage<'_>,
) -> Result<Next, Error> {
    let timestamp = message.timestamp().to_millis();
    let raw = Raw {
        offset: message.offset(),
        key: message.key(),
        value: message.payload(),
        timestamp,
    };
    let Some(headers) = message.headers() else {
        let seen = digester.seen(raw, std::iter::empty());
        return Ok(Next::Record(seen, timestamp));
    };
    // The client library panics at a header whose name is not UTF-8.
    let seen = catch_unwind(AssertUnwindSafe(|| {
        digester.seen(raw, headers.iter().map(|header| (header.key, header.value)))
    }));
    let unreadable = |_| Error::HeaderName {
        side,
        partition: message.partition(),
        offset: message.offset(),
    };
    Ok(Next::Record(seen.map_err(unreadable)?, timestamp))
}
