//! A copier between two real brokers, in MM2's place, that makes mistakes in known number. The topic is a users' one: keys, headers, and runs
//! of records that are the same in everything. Its names are none that MM2 copies.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, Headers as _, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};
use rdkafka::{Offset, TopicPartitionList};

pub(crate) const TOPIC: &str = "users-hop";
pub(crate) const REMOTE: &str = "users-hop-copy";

const PARTITIONS: i32 = 2;
/// Records of each partition.
const RECORDS: i64 = 3_000;
/// Records of each partition before the first mistake.
pub(crate) const CLEAN: u64 = 90;
/// Every so many records there is a mistake.
const EVERY: usize = 100;
/// Records that are the same, in a row.
const RUN: i64 = 5;
const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) type Producer = ThreadedProducer<DefaultProducerContext>;

/// One record, to be sent or sent on.
#[derive(Clone, Debug)]
struct Record {
    key: Vec<u8>,
    value: Vec<u8>,
    header: Vec<u8>,
    timestamp: i64,
}

/// How many mistakes of each kind were made.
#[derive(Debug, Default)]
pub(crate) struct Did {
    missing: u64,
    duplicate: u64,
    reordered: u64,
    pub(crate) changed: u64,
    unexpected: u64,
    in_flight: u64,
}

impl Did {
    pub(crate) fn in_order(&self) -> [u64; 6] {
        [
            self.missing,
            self.duplicate,
            self.reordered,
            self.changed,
            self.unexpected,
            self.in_flight,
        ]
    }
}

/// Fill a topic and copy it.
pub(crate) fn copy(source: &str, target: &str) -> Did {
    for (bootstrap, topic) in [(source, TOPIC), (target, REMOTE)] {
        create(bootstrap, topic);
    }
    let producer = producer(source);
    let now = mirrorwatch::clock::wall().as_micros() / 1_000;
    for number in 0..RECORDS {
        for partition in 0..PARTITIONS {
            send(&producer, TOPIC, partition, &record(partition, number, now));
        }
    }
    producer.flush(DEADLINE).expect("the source takes all");
    let producer = self::producer(target);
    let mut did = Did::default();
    for partition in 0..PARTITIONS {
        for record in mistaken(&read(source, partition), &mut did) {
            send(&producer, REMOTE, partition, &record);
        }
    }
    producer.flush(DEADLINE).expect("the target takes all");
    did
}

/// Runs of records that are the same, at every hundred.
fn record(partition: i32, number: i64, now: i64) -> Record {
    let number = if number % 100 < RUN {
        number - number % 100
    } else {
        number
    };
    Record {
        key: format!("user-{}", number % 7).into_bytes(),
        value: format!("order {partition} {number}").into_bytes(),
        header: b"plain".to_vec(),
        timestamp: now + number,
    }
}

/// The copy: at every hundredth record, in the middle of a run, the next kind of mistake.
fn mistaken(records: &[Record], did: &mut Did) -> Vec<Record> {
    let mut copy: Vec<Record> = Vec::new();
    let mut held: Option<Record> = None;
    for (at, record) in records.iter().enumerate() {
        if at % EVERY == 20
            && let Some(held) = held.take()
        {
            copy.push(held);
            did.reordered += 1;
        }
        let kind = (at / EVERY) % 6;
        if at < EVERY || at % EVERY != 2 {
            // One that is no run's comes late.
            if at > EVERY && kind == 3 && at % EVERY == 10 {
                held = Some(record.clone());
            } else {
                copy.push(record.clone());
            }
            continue;
        }
        match kind {
            0 => did.missing += 1,
            1 => {
                copy.push(record.clone());
                let again = copy[copy.len() - 40..].to_vec();
                did.duplicate += again.len() as u64;
                copy.extend(again);
            }
            2 => {
                let header = b"encoded anew".to_vec();
                copy.push(Record {
                    header,
                    ..record.clone()
                });
                did.changed += 1;
            }
            4 => {
                let value = format!("foreign {at}").into_bytes();
                copy.extend([
                    record.clone(),
                    Record {
                        value,
                        timestamp: record.timestamp + 5_000,
                        ..record.clone()
                    },
                ]);
                did.unexpected += 1;
            }
            _ => copy.push(record.clone()),
        }
    }
    // What is not copied yet.
    copy.truncate(copy.len() - 7);
    did.in_flight += 7;
    copy
}

fn read(bootstrap: &str, partition: i32) -> Vec<Record> {
    let consumer: BaseConsumer = client(bootstrap)
        .set("group.id", "hop")
        .set("enable.auto.commit", "false")
        .create()
        .expect("a client is made");
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(TOPIC, partition, Offset::Beginning)
        .expect("a fresh list");
    consumer.assign(&list).expect("the list is sound");
    let mut records = Vec::new();
    while records.len() < usize::try_from(RECORDS).expect("a small number") {
        let message = match consumer.poll(DEADLINE).expect("all records come") {
            Ok(message) => message,
            Err(KafkaError::MessageConsumption(_)) => continue,
            Err(error) => panic!("{error}"),
        };
        let headers = message.headers().expect("they have one");
        records.push(Record {
            key: message.key().expect("they have one").to_vec(),
            value: message.payload().expect("they have one").to_vec(),
            header: headers.get(0).value.expect("it has one").to_vec(),
            timestamp: message.timestamp().to_millis().expect("they have one"),
        });
    }
    records
}

fn send(producer: &Producer, topic: &str, partition: i32, record: &Record) {
    let header = Header {
        key: "encoding",
        value: Some(&record.header),
    };
    let record: BaseRecord<'_, Vec<u8>, Vec<u8>> = BaseRecord::to(topic)
        .partition(partition)
        .key(&record.key)
        .payload(&record.value)
        .timestamp(record.timestamp)
        .headers(OwnedHeaders::new().insert(header));
    producer
        .send(record)
        .map_err(|(error, _)| error)
        .expect("the queue has room");
}

fn client(bootstrap: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap);
    config
}

pub(crate) fn producer(bootstrap: &str) -> Producer {
    let mut config = client(bootstrap);
    config
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("linger.ms", "20");
    config.create().expect("a client is made")
}

pub(crate) fn create(bootstrap: &str, topic: &str) {
    let admin: AdminClient<_> = client(bootstrap).create().expect("a client is made");
    let topics = [NewTopic::new(topic, PARTITIONS, TopicReplication::Fixed(1))];
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    let made = runtime.block_on(admin.create_topics(&topics, &AdminOptions::new()));
    made.expect("the cluster answers")
        .into_iter()
        .for_each(|made| drop(made.expect("the topic is made")));
}
