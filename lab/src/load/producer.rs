//! The producer: records are due at fixed times whatever becomes of those before (open loop), one on each partition at once, so that who fetches
//! them and who copies them has as few requests to make as that takes. The extra topics get a record on each partition with them; nobody keeps
//! books of those.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::error::KafkaError;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};

use super::control::{Control, Pace, State};
use super::doubt::{Doubt, drop_aside};
use super::extra::Extra;
use super::journal::Notes;
use super::payload;
use crate::clock;
use crate::config::Load;
use crate::description::Cluster;
use crate::kafka;

/// Between two rounds the load looks this often whether it shall pause.
const LOOK_EVERY: Duration = Duration::from_millis(20);
const FLUSH: Duration = Duration::from_secs(10);

struct Acknowledgements {
    notes: Notes,
    doubt: Arc<Doubt>,
}

impl ClientContext for Acknowledgements {}

impl ProducerContext for Acknowledgements {
    type DeliveryOpaque = Box<(i32, u64)>;

    fn delivery(&self, result: &DeliveryResult<'_>, record: Self::DeliveryOpaque) {
        let (partition, sequence) = *record;
        match result {
            Ok(_) => {
                let us = clock::now_us();
                self.doubt.heard(us);
                self.notes.acknowledged(partition, sequence, us);
            }
            Err(_) => self.notes.given_up(partition, sequence, clock::now_us()),
        }
    }
}

type Client = ThreadedProducer<Acknowledgements>;

/// A producer, and what is known of it.
struct Connected {
    producer: Arc<Client>,
    doubt: Arc<Doubt>,
}

impl Connected {
    fn new(cluster: &Cluster, notes: &Notes) -> Result<Self, KafkaError> {
        let doubt = Doubt::new();
        let acknowledgements = Acknowledgements {
            notes: notes.clone(),
            doubt: Arc::clone(&doubt),
        };
        let producer: Client = kafka::client(cluster)
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("linger.ms", "0")
            .set("message.timeout.ms", "600000")
            .set("socket.timeout.ms", "10000")
            .create_with_context(acknowledgements)?;
        let producer = Arc::new(producer);
        let cluster = cluster.clone();
        doubt.watch(&producer, move |producer| {
            kafka::is_deaf(producer.client(), &cluster)
        });
        Ok(Self { producer, doubt })
    }
}

/// The load as its thread has it.
pub(super) struct Sending {
    pub(super) load: Load,
    pub(super) run: u32,
    pub(super) notes: Notes,
    pub(super) control: Control,
    pub(super) extra: Extra,
}

/// Starts the producer on a thread of its own.
pub(super) fn start(cluster: &Cluster, sending: Sending) -> Result<(), KafkaError> {
    let connected = Connected::new(cluster, &sending.notes)?;
    let cluster = cluster.clone();
    thread::spawn(move || sending.run(connected, &cluster));
    Ok(())
}

/// Due times from a beginning on; after a pause, and with another pace, there is a new one.
struct Schedule {
    begun: Instant,
    begun_us: i64,
    tick: u32,
}

impl Schedule {
    fn new() -> Self {
        Self {
            begun: clock::monotonic(),
            begun_us: clock::now_us(),
            tick: 0,
        }
    }

    /// The next due time: how long until then, and the instant.
    fn next(&self, period: Duration) -> (Duration, i64) {
        let due = period * self.tick;
        let us = i64::try_from(due.as_micros()).unwrap_or(i64::MAX);
        (
            due.saturating_sub(self.begun.elapsed()),
            self.begun_us.saturating_add(us),
        )
    }
}

impl Sending {
    fn run(self, mut connected: Connected, cluster: &Cluster) {
        let mut asked = None;
        let mut pace = Pace::of(&self.load);
        let mut schedule = Schedule::new();
        let mut sequence = 0_u64;
        loop {
            let wanted = self.control.wanted_pace();
            if wanted != asked {
                if self.control.say_pace(wanted).is_err() {
                    return;
                }
                asked = wanted;
                pace = asked.unwrap_or_else(|| Pace::of(&self.load));
                schedule = Schedule::new();
            }
            if connected.doubt.is_deaf()
                && let Ok(fresh) = Connected::new(cluster, &self.notes)
            {
                // What it held is given up.
                drop_aside(std::mem::replace(&mut connected, fresh));
            }
            let producer = &*connected.producer;
            let (wait, due_us) = schedule.next(pace.period());
            if self.control.wanted() == State::Paused {
                if self.pause(producer).is_err() {
                    return;
                }
                schedule = Schedule::new();
                continue;
            }
            if wait > LOOK_EVERY {
                thread::sleep(LOOK_EVERY);
                continue;
            }
            thread::sleep(wait);
            for partition in 0..i32::from(self.load.partitions) {
                self.send(producer, (partition, sequence), (pace.size, due_us));
            }
            self.extra.send(sequence);
            sequence += 1;
            schedule.tick += 1;
        }
    }

    fn send(
        &self,
        producer: &Client,
        (partition, sequence): (i32, u64),
        (size, due_us): (usize, i64),
    ) {
        let value = payload::encode(self.run, partition, sequence, size);
        self.notes.sent(partition, sequence, due_us);
        let record = BaseRecord::<(), [u8], Box<(i32, u64)>>::with_opaque_to(
            &self.load.topic,
            Box::new((partition, sequence)),
        )
        .partition(partition)
        .payload(&value);
        if producer.send(record).is_err() {
            self.notes.given_up(partition, sequence, clock::now_us());
        }
    }

    /// Sends nothing until told to go on.
    fn pause(&self, producer: &Client) -> io::Result<()> {
        // What a dead source has not acknowledged stays owed.
        let _ = producer.flush(FLUSH);
        self.extra.flush(FLUSH);
        self.control.say(State::Paused)?;
        while self.control.wanted() == State::Paused {
            thread::sleep(LOOK_EVERY);
        }
        self.control.say(State::Flowing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_due_at_fixed_times_from_the_beginning_on() {
        let mut schedule = Schedule::new();
        assert_eq!(schedule.next(Duration::from_secs(1)).1, schedule.begun_us);
        schedule.tick = 3;
        let (_, due_us) = schedule.next(Duration::from_millis(50));
        assert_eq!(due_us, schedule.begun_us + 150_000);
    }
}
