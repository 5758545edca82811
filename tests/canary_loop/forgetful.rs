//! A broker that, when it starts, tells for a while that there are no brokers, as one of Kafka's own does until its controller lets it in.
//! librdkafka then forgets the brokers that it knew; with `metadata.recovery.strategy=none` it never asks for them again, which without
//! that setting happens now and then.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use mirrorwatch::canary;
use mirrorwatch::kafka::OffsetsReader;
use mirrorwatch::model::connect::TopicPartition;

use crate::watch::{is_blind, stop, wait_for};
use crate::{REMOTE, TOPIC, cluster_with, config};

/// How long it knows of no brokers: longer than a canary is not blind.
const STARTS_FOR: Duration = Duration::from_secs(2);

/// Requests by their numbers, and the versions that are answered; nobody produces, but whoever reads wants to see that it could be done.
const PRODUCE: i16 = 0;
const FETCH: i16 = 1;
const LIST_OFFSETS: i16 = 2;
const METADATA: i16 = 3;
const API_VERSIONS: i16 = 18;
const ANSWERED: [(i16, i16, i16); 5] = [
    (PRODUCE, 0, 3),
    (FETCH, 0, 4),
    (LIST_OFFSETS, 0, 1),
    (METADATA, 0, 1),
    (API_VERSIONS, 0, 0),
];
const NOT_LEADER: i16 = 6;
const LEADER_NOT_AVAILABLE: i16 = 5;
const UNSUPPORTED_VERSION: i16 = 35;

/// One topic with one partition, which is empty.
struct Broker {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    is_starting: bool,
    /// Whether somebody reads.
    is_read: bool,
    connections: Vec<TcpStream>,
}

impl State {
    fn of(state: &Mutex<Self>) -> MutexGuard<'_, Self> {
        state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Broker {
    fn start(topic: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let broker = Self {
            address: listener.local_addr().expect("it is bound"),
            state: Arc::default(),
        };
        let (address, state) = (broker.address, Arc::clone(&broker.state));
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let kept = connection.try_clone().expect("there are descriptors");
                State::of(&state).connections.push(kept);
                let state = Arc::clone(&state);
                thread::spawn(move || drop(serve(connection, address, topic, &state)));
            }
        });
        broker
    }

    /// All connections break, and from now on there are no brokers.
    fn restarts(&self) {
        let mut state = State::of(&self.state);
        state.is_starting = true;
        for connection in state.connections.drain(..) {
            // One that is closed already is as it should be.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    fn is_read(&self) -> bool {
        State::of(&self.state).is_read
    }

    /// From now on there is a broker.
    fn has_started(&self) {
        State::of(&self.state).is_starting = false;
    }

    /// How to reach it; a client that it makes forget all brokers stays as it is.
    fn properties(&self) -> [(String, String); 2] {
        [
            ("bootstrap.servers", self.address.to_string()),
            ("metadata.recovery.strategy", "none".to_owned()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
    }
}

fn serve(
    mut connection: TcpStream,
    address: SocketAddr,
    topic: &str,
    state: &Mutex<State>,
) -> io::Result<()> {
    loop {
        let mut length = [0; 4];
        connection.read_exact(&mut length)?;
        let mut request = vec![0; u32::from_be_bytes(length) as usize];
        connection.read_exact(&mut request)?;
        let number = |at: usize| i16::from_be_bytes([request[at], request[at + 1]]);
        let is_starting = State::of(state).is_starting;
        let answer = match number(0) {
            API_VERSIONS => versions(number(2)),
            METADATA => metadata(address, topic, is_starting),
            LIST_OFFSETS => Answer::default()
                .array(1)
                .text(topic)
                .array(1)
                .int(0)
                .short(0)
                .long(-1)
                .long(0),
            FETCH => {
                State::of(state).is_read = true;
                thread::sleep(Duration::from_millis(50));
                fetched(topic, is_starting)
            }
            // Whoever looks for a coordinator waits in vain.
            _ => continue,
        };
        let answer = [&request[4..8], &answer.0].concat();
        let length = u32::try_from(answer.len()).expect("answers are short");
        connection.write_all(&[&length.to_be_bytes()[..], &answer].concat())?;
    }
}

fn versions(asked: i16) -> Answer {
    let error = if asked == 0 { 0 } else { UNSUPPORTED_VERSION };
    let answered = ANSWERED.iter();
    answered.fold(
        Answer::default().short(error).array(ANSWERED.len()),
        |answer, (number, from, to)| answer.short(*number).short(*from).short(*to),
    )
}

/// A partition without a leader is named all the same.
fn metadata(address: SocketAddr, topic: &str, is_starting: bool) -> Answer {
    let none = Answer::default().array(0);
    let one = Answer::default().array(1).int(1).text("127.0.0.1");
    let one = one.int(i32::from(address.port())).short(-1);
    let (brokers, error, leader) = if is_starting {
        (none, LEADER_NOT_AVAILABLE, -1)
    } else {
        (one, 0, 1)
    };
    let topic = brokers.int(1).array(1).short(0).text(topic).flag(false);
    let partition = topic.array(1).short(error).int(0).int(leader);
    partition.array(1).int(1).array(1).int(1)
}

fn fetched(topic: &str, is_starting: bool) -> Answer {
    let error = if is_starting { NOT_LEADER } else { 0 };
    let partition = Answer::default()
        .int(0)
        .array(1)
        .text(topic)
        .array(1)
        .int(0);
    partition.short(error).long(0).long(0).array(0).int(0)
}

/// The body of an answer.
#[derive(Default)]
struct Answer(Vec<u8>);

impl Answer {
    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    fn short(self, number: i16) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    fn int(self, number: i32) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    fn long(self, number: i64) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    fn flag(self, flag: bool) -> Self {
        self.bytes(&[u8::from(flag)])
    }

    fn array(self, length: usize) -> Self {
        self.int(i32::try_from(length).expect("arrays are short"))
    }

    fn text(self, text: &str) -> Self {
        let length = i16::try_from(text.len()).expect("texts are short");
        self.short(length).bytes(text.as_bytes())
    }
}

#[test]
fn a_canary_that_was_told_of_no_brokers_sees_its_target_again() {
    let source = cluster_with(1, TOPIC, 1);
    let target = Broker::start(REMOTE);
    let mut config = config(&source, &source);
    config.target_cluster = target.properties().into();
    let handle = canary::start(config).expect("the properties are sound");
    wait_for(&handle, |view| {
        view.partitions.len() == 1 && target.is_read()
    });
    target.restarts();
    thread::sleep(STARTS_FOR);
    target.has_started();
    wait_for(&handle, |view| is_blind(&view.target_blind));
    let view = wait_for(&handle, |view| !is_blind(&view.target_blind));
    assert_eq!(view.source_blind.count, 0, "{view:#?}");
    stop(handle);
}

#[test]
fn a_reader_of_offsets_that_was_told_of_no_brokers_reads_again() {
    let broker = Broker::start(TOPIC);
    let reader = OffsetsReader::new(broker.properties().into());
    let partition = TopicPartition {
        topic: TOPIC.into(),
        partition: 0,
    };
    let is_read = || {
        let read = reader.read(std::slice::from_ref(&partition), Duration::from_secs(1));
        read.is_ok_and(|read| read.partitions.len() == 1)
    };
    assert!(is_read());
    broker.restarts();
    assert!(!is_read());
    broker.has_started();
    let mut questions = (0..60).map(|_| {
        thread::sleep(Duration::from_millis(500));
        is_read()
    });
    assert!(questions.any(|is_read| is_read));
}
