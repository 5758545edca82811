//! Stands in for MM2: copies every record from one mock cluster to the other, and can stall and replay.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::Message as _;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, ThreadedProducer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::{REMOTE, TOPIC};

const COPY: u8 = 0;
const PAUSE: u8 = 1;
const REPLAY: u8 = 2;
const END: u8 = 3;

/// Records that are copied again after a stall.
const REPLAYED: usize = 30;

pub(crate) struct Hop {
    order: Arc<AtomicU8>,
    thread: Option<JoinHandle<()>>,
}

impl Hop {
    pub(crate) fn start(source: &str, target: &str, partitions: i32) -> Self {
        let order = Arc::new(AtomicU8::new(COPY));
        let seen = Arc::clone(&order);
        let consumer = consumer(source, partitions);
        let producer = ClientConfig::new()
            .set("bootstrap.servers", target)
            .set("linger.ms", "0")
            .set("reconnect.backoff.max.ms", "200")
            .create()
            .expect("the properties are known");
        let thread = thread::spawn(move || copy(&consumer, &producer, &seen));
        Self {
            order,
            thread: Some(thread),
        }
    }

    pub(crate) fn pause(&self) {
        self.order.store(PAUSE, Ordering::SeqCst);
    }

    pub(crate) fn resume_with_replay(&self) {
        self.order.store(REPLAY, Ordering::SeqCst);
    }
}

impl Drop for Hop {
    fn drop(&mut self) {
        self.order.store(END, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn consumer(source: &str, partitions: i32) -> BaseConsumer {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", source)
        .set("group.id", "hop")
        .set("fetch.wait.max.ms", "10")
        .set("reconnect.backoff.max.ms", "200")
        .create()
        .expect("the properties are known");
    let mut assignment = TopicPartitionList::new();
    for partition in 0..partitions {
        assignment
            .add_partition_offset(TOPIC, partition, Offset::Beginning)
            .expect("a fresh list");
    }
    consumer.assign(&assignment).expect("the list is sound");
    consumer
}

fn copy(
    consumer: &BaseConsumer,
    producer: &ThreadedProducer<DefaultProducerContext>,
    order: &AtomicU8,
) {
    let mut recent: VecDeque<(i32, Vec<u8>)> = VecDeque::new();
    loop {
        match order.load(Ordering::SeqCst) {
            END => return,
            PAUSE => {
                thread::sleep(Duration::from_millis(5));
                continue;
            }
            REPLAY => {
                for (partition, payload) in &recent {
                    send(producer, *partition, payload);
                }
                order.store(COPY, Ordering::SeqCst);
            }
            _ => {}
        }
        if let Some(Ok(message)) = consumer.poll(Duration::from_millis(20)) {
            let payload = message.payload().unwrap_or_default().to_vec();
            send(producer, message.partition(), &payload);
            recent.push_back((message.partition(), payload));
            while recent.len() > REPLAYED {
                recent.pop_front();
            }
        }
    }
}

fn send(producer: &ThreadedProducer<DefaultProducerContext>, partition: i32, payload: &[u8]) {
    let record: BaseRecord<'_, [u8], [u8]> =
        BaseRecord::to(REMOTE).partition(partition).payload(payload);
    producer
        .send(record)
        .map_err(|(error, _)| error)
        .expect("the queue has room");
}
