//! Stands in for MM2: copies every record of a topic from one cluster to the other, and does to it what it is told, in known numbers.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Header, Message as _, OwnedHeaders, OwnedMessage};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

/// Canary records that can be copied again.
const REMEMBERED: usize = 1_000;
/// How its payload begins; all else is copied as it is.
const CANARY: &[u8] = b"MWCANARY";

/// What is done to one canary record instead of copying it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Lose,
    Duplicate,
    Corrupt,
    /// It is written to the partition after its own.
    Misroute,
    /// It loses its header.
    Mangle,
    /// It comes after the one that follows it.
    Reorder,
    /// Somebody else's record takes the offset before it.
    Gap,
}

enum Order {
    Pause,
    Resume,
    /// Copy so many canary records of this partition again.
    Replay(i32, usize),
    /// Do this to the next records of this partition, and say when it is done.
    Inject(i32, Vec<Fault>, Sender<()>),
    End,
}

pub(crate) struct Hop {
    orders: Sender<Order>,
    thread: Option<JoinHandle<()>>,
}

impl Hop {
    /// Copy the first of these topics into the second, gathering records for so long on each side.
    pub(crate) fn start(
        source: &str,
        target: &str,
        [topic, remote]: [&str; 2],
        partitions: i32,
        gather: Duration,
    ) -> Self {
        let gather = gather.as_millis().to_string();
        let (orders, received) = channel();
        let producer = ClientConfig::new()
            .set("bootstrap.servers", target)
            .set("linger.ms", &gather)
            .set("enable.idempotence", "true")
            .set("max.in.flight", "1")
            .set("reconnect.backoff.max.ms", "200")
            .create()
            .expect("the properties are known");
        let mut copier = Copier {
            consumer: consumer(source, topic, partitions, &gather),
            producer,
            remote: remote.to_owned(),
            partitions,
            recent: BTreeMap::new(),
            faults: BTreeMap::new(),
            held_back: BTreeMap::new(),
        };
        let thread = thread::spawn(move || copier.run(&received));
        Self {
            orders,
            thread: Some(thread),
        }
    }

    pub(crate) fn pause(&self) {
        self.order(Order::Pause);
    }

    pub(crate) fn resume(&self) {
        self.order(Order::Resume);
    }

    pub(crate) fn replay(&self, partition: i32, records: usize) {
        self.order(Order::Replay(partition, records));
    }

    /// Do this to the next records of a partition, one after the other, and wait until it is done.
    pub(crate) fn inject(&self, partition: i32, faults: Vec<Fault>) {
        let (done, is_done) = channel();
        self.order(Order::Inject(partition, faults, done));
        is_done
            .recv_timeout(Duration::from_mins(1))
            .expect("records flow");
    }

    fn order(&self, order: Order) {
        self.orders.send(order).expect("the hop runs");
    }
}

impl Drop for Hop {
    fn drop(&mut self) {
        let _ = self.orders.send(Order::End);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn consumer(source: &str, topic: &str, partitions: i32, gather: &str) -> BaseConsumer {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", source)
        .set("group.id", "hop")
        .set("fetch.wait.max.ms", gather)
        .set("fetch.min.bytes", "1000000")
        .set("reconnect.backoff.max.ms", "200")
        .create()
        .expect("the properties are known");
    let mut assignment = TopicPartitionList::new();
    for partition in 0..partitions {
        assignment
            .add_partition_offset(topic, partition, Offset::Beginning)
            .expect("a fresh list");
    }
    consumer.assign(&assignment).expect("the list is sound");
    consumer
}

struct Copier {
    consumer: BaseConsumer,
    producer: BaseProducer,
    /// Its topic on the target.
    remote: String,
    partitions: i32,
    recent: BTreeMap<i32, VecDeque<OwnedMessage>>,
    faults: BTreeMap<i32, (VecDeque<Fault>, Sender<()>)>,
    held_back: BTreeMap<i32, OwnedMessage>,
}

impl Copier {
    fn run(&mut self, orders: &Receiver<Order>) {
        let mut is_paused = false;
        loop {
            match orders.try_recv() {
                Ok(Order::Pause) => is_paused = true,
                Ok(Order::Resume) => is_paused = false,
                Ok(Order::Replay(partition, records)) => self.replay(partition, records),
                Ok(Order::Inject(partition, faults, done)) => {
                    self.faults.insert(partition, (faults.into(), done));
                }
                Ok(Order::End) | Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) => {}
            }
            self.producer.poll(Duration::ZERO);
            if is_paused {
                thread::sleep(Duration::from_millis(5));
            } else if let Some(Ok(message)) = self.consumer.poll(Duration::from_millis(20)) {
                let message = message.detach();
                self.take(&message);
            }
        }
        self.producer
            .flush(Duration::from_secs(10))
            .expect("the target takes what was copied");
    }

    fn take(&mut self, message: &OwnedMessage) {
        let partition = message.partition();
        if !message
            .payload()
            .is_some_and(|payload| payload.starts_with(CANARY))
        {
            self.send(message, partition);
            return;
        }
        let recent = self.recent.entry(partition).or_default();
        recent.push_back(message.clone());
        if recent.len() > REMEMBERED {
            recent.pop_front();
        }
        let held_back = self.held_back.remove(&partition);
        match self.next_fault(partition) {
            None => self.send(message, partition),
            Some(fault) => self.spoil(message, fault),
        }
        if let Some(held_back) = held_back {
            self.send(&held_back, partition);
        }
    }

    fn next_fault(&mut self, partition: i32) -> Option<Fault> {
        let (faults, done) = self.faults.get_mut(&partition)?;
        let fault = faults.pop_front();
        if fault.is_none() {
            let _ = done.send(());
            self.faults.remove(&partition);
        }
        fault
    }

    fn spoil(&mut self, message: &OwnedMessage, fault: Fault) {
        let partition = message.partition();
        match fault {
            Fault::Lose => {}
            Fault::Duplicate => {
                self.send(message, partition);
                self.send(message, partition);
            }
            Fault::Corrupt => {
                let mut payload = message.payload().unwrap_or_default().to_vec();
                let middle = payload.len() / 2;
                payload[middle] ^= 1;
                self.produce(partition, &payload, message.headers().cloned());
            }
            Fault::Misroute => self.send(message, (partition + 1) % self.partitions),
            Fault::Mangle => {
                let header = Header {
                    key: "mirrorwatch",
                    value: Some("Y2FuYXJ5"),
                };
                let changed = OwnedHeaders::new().insert(header);
                self.produce(
                    partition,
                    message.payload().unwrap_or_default(),
                    Some(changed),
                );
            }
            Fault::Reorder => {
                self.held_back.insert(partition, message.clone());
            }
            Fault::Gap => {
                self.produce(partition, b"somebody else's", None);
                self.send(message, partition);
            }
        }
    }

    fn replay(&mut self, partition: i32, records: usize) {
        let recent = self.recent.get(&partition).cloned().unwrap_or_default();
        assert!(recent.len() >= records, "so many were copied");
        for message in recent.iter().skip(recent.len() - records) {
            self.send(message, partition);
        }
    }

    fn send(&self, message: &OwnedMessage, partition: i32) {
        let payload = message.payload().unwrap_or_default();
        self.produce(partition, payload, message.headers().cloned());
    }

    fn produce(&self, partition: i32, payload: &[u8], headers: Option<OwnedHeaders>) {
        let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(&self.remote)
            .partition(partition)
            .payload(payload);
        if let Some(headers) = headers {
            record = record.headers(headers);
        }
        self.producer
            .send(record)
            .map_err(|(error, _)| error)
            .expect("the queue has room");
    }
}
