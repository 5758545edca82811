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

/// What comes next.
pub(super) enum Next {
    /// A record, and its timestamp whether or not it is compared.
    Record(Seen, Option<i64>),
    /// The end that the partition has now.
    End,
    /// Nothing at the moment.
    Nothing,
}

/// One partition.
pub(super) struct Stream {
    side: Side,
    partition: i32,
    queue: PartitionQueue<Complaints>,
    consumer: Arc<Consumer>,
    digester: Digester,
    /// Read before the partition had a queue of its own.
    early: VecDeque<(Seen, Option<i64>)>,
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
            partition: *partition,
            queue: queue.ok_or_else(gone)?,
            consumer: Arc::clone(&client.consumer),
            digester: digester.clone(),
            early: VecDeque::new(),
        };
        streams.insert(*partition, stream);
    }
    // Fetched before the queues were apart: these come first.
    let mut empty = 0;
    while empty < 3 {
        match client.consumer.poll(Duration::ZERO) {
            None => empty += 1,
            Some(Err(_)) => {}
            Some(Ok(message)) => {
                if let Some(stream) = streams.get_mut(&message.partition()) {
                    let record = stream.understand(&message)?;
                    stream.early.push_back(record);
                }
            }
        }
    }
    Ok(streams)
}

impl Stream {
    /// The next record, if there is one at hand.
    pub(super) fn next(&mut self) -> Result<Next, Error> {
        if let Some((seen, timestamp)) = self.early.pop_front() {
            return Ok(Next::Record(seen, timestamp));
        }
        // The queue is taken apart from what digests its messages.
        let Self {
            side,
            partition,
            queue,
            consumer,
            digester,
            ..
        } = self;
        match queue.poll(Duration::ZERO) {
            None => Ok(Next::Nothing),
            Some(Ok(message)) => understand(*side, digester, &message)
                .map(|(seen, timestamp)| Next::Record(seen, timestamp)),
            Some(Err(KafkaError::PartitionEOF(_))) => Ok(Next::End),
            Some(Err(error)) => match error.rdkafka_error_code() {
                Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange) => {
                    Err(Error::Overtaken {
                        side: *side,
                        partition: *partition,
                    })
                }
                Some(
                    RDKafkaErrorCode::UnknownTopicOrPartition
                    | RDKafkaErrorCode::UnknownTopic
                    | RDKafkaErrorCode::UnknownPartition
                    | RDKafkaErrorCode::TopicAuthorizationFailed,
                ) => Err(Error::client(*side, error)),
                _ => {
                    consumer.context().hear(error.to_string());
                    Ok(Next::Nothing)
                }
            },
        }
    }

    fn understand(&mut self, message: &BorrowedMessage<'_>) -> Result<(Seen, Option<i64>), Error> {
        understand(self.side, &mut self.digester, message)
    }
}

fn understand(
    side: Side,
    digester: &mut Digester,
    message: &BorrowedMessage<'_>,
) -> Result<(Seen, Option<i64>), Error> {
    let timestamp = message.timestamp().to_millis();
    let raw = Raw {
        offset: message.offset(),
        key: message.key(),
        value: message.payload(),
        timestamp,
    };
    let Some(headers) = message.headers() else {
        return Ok((digester.seen(raw, std::iter::empty()), timestamp));
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
    Ok((seen.map_err(unreadable)?, timestamp))
}
