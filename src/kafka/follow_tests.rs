//! Following a topic of librdkafka's mock cluster.

use rdkafka::ClientConfig;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer};

use super::*;

const TOPIC: &str = "test-followed";
const DEADLINE: Duration = Duration::from_secs(20);

type Cluster = MockCluster<'static, DefaultProducerContext>;

/// All values in the order in which they came.
#[derive(Clone, Debug, Default)]
struct Values(Vec<String>);

impl Fold for Values {
    fn take(&mut self, record: &Record<'_>) {
        let value = record.value.unwrap_or_default();
        self.0.push(String::from_utf8_lossy(value).into_owned());
    }
}

fn cluster() -> (Cluster, BaseProducer, Follower<Values>) {
    let cluster = MockCluster::new(1).expect("a mock is at hand");
    cluster
        .create_topic(TOPIC, 2, 1)
        .expect("a mock is at hand");
    let servers = cluster.bootstrap_servers();
    let producer = ClientConfig::new()
        .set("bootstrap.servers", &servers)
        .set("linger.ms", "0")
        .create()
        .expect("a mock is at hand");
    let properties = [("bootstrap.servers".to_owned(), servers)].into();
    let follower = Follower::new(properties, TOPIC.to_owned(), From::Beginning);
    (cluster, producer, follower)
}

fn send(producer: &BaseProducer, partition: i32, value: &str) {
    let record = BaseRecord::<(), str>::to(TOPIC)
        .partition(partition)
        .payload(value);
    producer.send(record).expect("the mock takes it");
    producer.flush(DEADLINE).expect("the mock takes it");
}

/// Long enough for the client to queue the end that it has come to, which is what a read leaves behind.
fn let_the_end_be_told() {
    std::thread::sleep(Duration::from_millis(700));
}

#[test]
fn every_record_is_taken_once_by_the_read_after_it_whatever_ends_were_told_before() {
    let (_cluster, producer, follower) = cluster();
    let mut sent = Vec::new();
    assert!(follower.read(DEADLINE).expect("it is read").0.is_empty());
    for round in 0..4 {
        let_the_end_be_told();
        for (partition, count) in [(0, 1), (1, 3)] {
            for number in 0..count {
                let value = format!("{round}-{partition}-{number}");
                send(&producer, partition, &value);
                sent.push(value);
            }
        }
        let mut taken = follower.read(DEADLINE).expect("it is read").0;
        taken.sort();
        assert_eq!(taken, sent, "after round {round}");
    }
}

#[test]
fn a_read_that_has_no_time_says_that_it_is_behind_and_the_next_one_reads_on() {
    let (_cluster, producer, follower) = cluster();
    send(&producer, 0, "first");
    assert!(follower.read(Duration::ZERO).is_err());
    assert_eq!(follower.read(DEADLINE).expect("it is read").0, ["first"]);
}

#[test]
fn the_first_read_of_a_cluster_that_is_back_does_not_fail_of_what_was_told_meanwhile() {
    let (cluster, producer, follower) = cluster();
    send(&producer, 0, "before");
    assert_eq!(follower.read(DEADLINE).expect("it is read").0, ["before"]);
    cluster.broker_down(1).expect("a mock is at hand");
    assert!(follower.read(Duration::from_secs(1)).is_err());
    cluster.broker_up(1).expect("a mock is at hand");
    send(&producer, 0, "after");
    let taken = follower.read(DEADLINE).expect("the cluster is back").0;
    assert_eq!(taken, ["before", "after"]);
}
