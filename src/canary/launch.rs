//! Starts a canary: its clients, its threads, and the handle on them.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::mpsc as queue;
use std::thread;
use std::time::Duration;

use rdkafka::error::{KafkaError, KafkaResult};
use tokio::sync::watch;

use super::anchor::{self, Anchor};
use super::client::Quiet;
use super::config::Config;
use super::core::Core;
use super::event::{Event, Side};
use super::producer::Producer;
use super::reader::{self, Consumer, Reader};
use super::running::Running;
use super::scout::{Home, Scout, TargetStarts};
use super::settled::Pace;
use super::shared::{Shared, Silence};
use super::state::State;
use super::topic::Creator;
use super::{Error, Handle, instant};
use crate::clock;
use crate::model::canary::CanaryView;

/// What every thread of a canary gets.
struct Threads {
    events: queue::Sender<Event>,
    starts: TargetStarts,
    running: Running,
}

struct Clients {
    source: Consumer,
    target: Consumer,
    producer: Producer,
}

/// A canary whose settings are sound, and which does nothing yet.
pub struct Prepared {
    config: Config,
    clients: Clients,
    threads: Threads,
    received: queue::Receiver<Event>,
    publisher: watch::Sender<Option<Arc<CanaryView>>>,
    handle: Handle,
}

/// Start a canary. It keeps trying while clusters are down or topics are missing, and says so in its view.
pub fn start(config: Config) -> Result<Handle, Error> {
    prepare(config)?.start()
}

/// Prepare a canary, to be started when one of the same name has ended.
pub fn prepare(config: Config) -> Result<Prepared, Error> {
    check(&config)?;
    let (running, ended) = Running::new();
    let (publisher, view) = watch::channel(None);
    let (events, received) = queue::channel();
    // If anything fails from here on, dropping the handle ends what was started.
    let stop = running.stop_flag();
    let handle = Handle {
        view,
        events: events.clone(),
        stop,
        ended,
    };
    let threads = Threads {
        events,
        starts: TargetStarts::default(),
        running,
    };
    let clients = clients(&config, &threads)?;
    Ok(Prepared {
        config,
        clients,
        threads,
        received,
        publisher,
        handle,
    })
}

impl Prepared {
    /// Where its view will be found.
    pub fn view(&self) -> watch::Receiver<Option<Arc<CanaryView>>> {
        self.handle.view()
    }

    /// Start it.
    pub fn start(self) -> Result<Handle, Error> {
        let Self {
            config,
            clients,
            threads,
            ..
        } = self;
        let wanted = Arc::new(AtomicU32::new(config.partitions.unwrap_or(0)));
        let home = Home {
            creator: Creator::new(&config.source_cluster, Arc::clone(&wanted)),
            instance: config.instance.clone(),
            period: config.period,
        };
        watch_side(&config, clients.source, Some(home), &threads)?;
        watch_side(&config, clients.target, None, &threads)?;

        let core = Core {
            state: state(&config, wanted),
            config,
            producer: clients.producer,
            events: self.received,
            view: self.publisher,
            schedule: None,
            pace: Pace::new(Duration::ZERO, 0),
            founding: None,
            held_until: Duration::ZERO,
            running: threads.running,
        };
        spawn("canary", move || core.run())?;
        Ok(self.handle)
    }
}

/// Only properties can be wrong here: no client connects yet.
fn clients(config: &Config, threads: &Threads) -> Result<Clients, Error> {
    let refused = |side| {
        move |cause: KafkaError| Error::Properties {
            source_alias: config.source.clone(),
            target_alias: config.target.clone(),
            side,
            cause: without_values(&cause),
        }
    };
    let source = consumer(&config.source_cluster, Side::Source);
    let target = consumer(&config.target_cluster, Side::Target);
    let (events, running) = (threads.events.clone(), threads.running.clone());
    let producer = Producer::new(&config.source_cluster, &config.topic, events, running);
    Ok(Clients {
        source: source.map_err(refused("source"))?,
        target: target.map_err(refused("target"))?,
        producer: producer.map_err(refused("source"))?,
    })
}

fn consumer(properties: &BTreeMap<String, String>, side: Side) -> KafkaResult<Consumer> {
    let role = format!("{}-reader", side.name());
    reader::consumer(properties, side, Quiet::new(&role, properties))
}

fn check(config: &Config) -> Result<(), Error> {
    let lengths = [
        (config.period, "period"),
        (config.outage_threshold, "outage threshold"),
    ];
    lengths
        .into_iter()
        .find(|(length, _)| length.is_zero())
        .map_or(Ok(()), |(_, name)| Err(Error::Zero(name)))
}

fn state(config: &Config, wanted: Arc<AtomicU32>) -> State {
    let start = instant::now();
    // An inexact one lasts until the first publication.
    let anchor = anchor::read(instant::now, clock::wall).map_or_else(
        || Anchor::new(clock::wall(), instant::now()),
        |reading| reading.anchor,
    );
    State::new(config, random_run(), anchor, start, wanted)
}

/// Start the two threads of one side: one reads, the other finds the topic and asks whether the cluster answers.
fn watch_side(
    config: &Config,
    client: Consumer,
    home: Option<Home>,
    threads: &Threads,
) -> std::io::Result<()> {
    let client = Arc::new(Shared::new(client));
    let side = match home {
        Some(_) => Side::Source,
        None => Side::Target,
    };
    let reader = Reader {
        client: Arc::clone(&client),
        side,
        events: threads.events.clone(),
        running: threads.running.clone(),
    };
    let scout = Scout {
        client,
        side,
        topic: match side {
            Side::Source => config.topic.clone(),
            Side::Target => config.remote_topic(),
        },
        properties: match side {
            Side::Source => config.source_cluster.clone(),
            Side::Target => config.target_cluster.clone(),
        },
        home,
        starts: Arc::clone(&threads.starts),
        found: None,
        // Several questions within the threshold: one slow answer makes nobody blind.
        interval: (config.outage_threshold / 4)
            .clamp(Duration::from_millis(50), Duration::from_millis(500)),
        events: threads.events.clone(),
        set: Vec::new(),
        was_missing: false,
        silence: Silence::default(),
        said: None,
        running: threads.running.clone(),
    };
    spawn(&format!("canary-{}-reader", side.name()), move || {
        reader.run();
    })?;
    spawn(&format!("canary-{}-scout", side.name()), move || {
        scout.run();
    })
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map(drop)
}

/// What librdkafka says of a property, without its value: that may be a secret under a mistyped name.
fn without_values(error: &KafkaError) -> String {
    match error {
        KafkaError::ClientConfig(_, said, key, _) => format!("`{key}`: {said}"),
        other => other.to_string(),
    }
}

/// The standard library seeds its hash maps from the system's randomness: enough to tell runs apart.
pub(super) fn random_run() -> String {
    format!("{:016x}", RandomState::new().hash_one("run"))
}

#[test]
fn two_runs_have_different_names() {
    assert_ne!(random_run(), random_run());
}
