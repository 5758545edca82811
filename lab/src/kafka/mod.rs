//! The few things that the lab asks of Kafka: whether a cluster answers, topics and their records, the members of the Connect group.

pub(crate) mod acls;
mod copied;
pub(crate) mod large;
pub(crate) mod topics;
mod wire;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

pub(crate) use copied::uncopied;
use rdkafka::client::{Client, ClientContext};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::description::Cluster;

/// Kafka did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client says why.
    #[error("cluster {bootstrap}")]
    Client {
        /// The cluster.
        bootstrap: String,
        /// What librdkafka says.
        source: KafkaError,
    },
    /// The cluster refused the topic.
    #[error("topic {topic} is refused: {code}")]
    Topic {
        /// The topic.
        topic: String,
        /// What the cluster says.
        code: RDKafkaErrorCode,
    },
    /// A record that was to be read is not there.
    #[error("of {wanted} records to be found in {topic} only {found} are there")]
    NotFound {
        /// The topic.
        topic: String,
        /// How many were found.
        found: usize,
        /// How many should be there.
        wanted: usize,
    },
}

/// Settings for quick reconnection that all clients of the lab share. No address family is set: with one, a machine that has no address but
/// its loopback could not even resolve 127.0.0.1 (`AI_ADDRCONFIG`).
pub(crate) fn client(cluster: &Cluster) -> ClientConfig {
    let mut config = ClientConfig::new();
    if let Some(secure) = &cluster.secure {
        config.extend(secure.as_the_lab());
    }
    config
        .set("bootstrap.servers", &cluster.bootstrap)
        .set("client.id", "mirrorwatch-lab")
        .set("reconnect.backoff.ms", "50")
        .set("reconnect.backoff.max.ms", "500")
        .set("socket.connection.setup.timeout.ms", "2000")
        .set("topic.metadata.refresh.fast.interval.ms", "100");
    config
}

/// Whether a client hears nothing of a cluster that answers another one. librdkafka, from 2.11 on, forgets all brokers when one that only
/// starts tells it that there are none, and may never ask for them again (its issue 5301).
pub(crate) fn is_deaf<C: ClientContext>(ours: &Client<C>, cluster: &Cluster) -> bool {
    let another_hears = || {
        let another = client(cluster).create::<BaseConsumer>();
        another.is_ok_and(|another| hears(another.client()))
    };
    // Asked again: the cluster may have come back meanwhile.
    !hears(ours) && another_hears() && !hears(ours)
}

fn hears<C: ClientContext>(client: &Client<C>) -> bool {
    client
        .fetch_metadata(None, Duration::from_secs(1))
        .is_ok_and(|metadata| !metadata.brokers().is_empty())
}

/// Whether the cluster answers with this many brokers.
pub(crate) fn is_up(cluster: &Cluster, brokers: usize) -> bool {
    let Ok(consumer) = client(cluster).create::<BaseConsumer>() else {
        return false;
    };
    consumer
        .fetch_metadata(None, Duration::from_secs(2))
        .is_ok_and(|metadata| metadata.brokers().len() == brokers)
}

/// How many members the group has, once it is stable.
pub(crate) fn stable_members(cluster: &Cluster, group: &str) -> Option<usize> {
    let consumer: BaseConsumer = client(cluster).create().ok()?;
    let list = consumer
        .fetch_group_list(Some(group), Duration::from_secs(3))
        .ok()?;
    list.groups()
        .iter()
        .find(|found| found.name() == group && found.state() == "Stable")
        .map(|found| found.members().len())
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The administration calls are futures that a thread of librdkafka's completes: waiting needs no runtime.
fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
