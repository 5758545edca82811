//! A client of one cluster: it joins no group, and commits nothing but what `probe` has it commit.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::thread;
use std::time::Duration;

use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::{ClientConfig, FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::BorrowedMessage;

use super::Error;
use crate::{clock, token};

/// librdkafka's own log lines are ours at debug level: the poll says once what is wrong.
#[derive(Default)]
pub(super) struct QuietContext {
    token: token::Source,
}

impl ClientContext for QuietContext {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, message, "librdkafka");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "librdkafka");
    }

    fn generate_oauth_token(
        &self,
        _: Option<&str>,
    ) -> Result<OAuthToken, Box<dyn std::error::Error>> {
        self.token.answer()
    }
}

impl ConsumerContext for QuietContext {}

/// What is left until an instant of the monotonic clock; nothing once it is past.
pub(super) fn left(until: Duration) -> Duration {
    until.saturating_sub(clock::monotonic())
}

pub(super) type Client = BaseConsumer<QuietContext>;

/// A client that hears nothing for so long, at every question, is made anew. librdkafka, from 2.11 on, forgets all brokers when one that
/// only starts tells it that there are none, and may never ask for them again (its issue 5301).
const DEAF_AFTER: Duration = Duration::from_secs(10);

/// How long a client that seems to be deaf is asked for brokers.
const PATIENCE: Duration = Duration::from_millis(500);

/// The topic that is asked about: without one a broker would list them all.
pub(super) const SOME_TOPIC: &str = "__consumer_offsets";

/// So many polls that tell nothing, one after the other, say that nothing is left: a line of librdkafka's log is a poll that tells nothing, too.
const QUIET_POLLS: u32 = 50;

/// A record, or what a client has to say of its connections.
pub(super) type Told<'a> = KafkaResult<BorrowedMessage<'a>>;

/// Take in all that a client has to tell: it waits for a poll, and unheard it piles up as long as the client lives.
pub(super) fn hear_out(client: &Client, mut take: impl FnMut(Told<'_>)) {
    let mut quiet = 0;
    while quiet < QUIET_POLLS {
        quiet += 1;
        if let Some(told) = client.poll(Duration::ZERO) {
            quiet = 0;
            take(told);
        }
    }
}

/// Whether nothing is assigned, so that all that is told is of connections.
fn only_asks(client: &Client) -> bool {
    client.assignment().is_ok_and(|list| list.count() == 0)
}

/// Made at the first question and kept as long as it hears its cluster; one question at a time.
pub(super) struct Slot {
    properties: BTreeMap<String, String>,
    name: &'static str,
    group: String,
    client: Mutex<Option<Connected>>,
}

struct Connected {
    client: Client,
    /// Since when no question was answered.
    silent_since: Option<Duration>,
}

impl Connected {
    /// A question was answered at `now`, or was not: whether there has been silence for too long.
    fn seems_deaf(&mut self, error: Option<&Error>, now: Duration) -> bool {
        if !error.is_some_and(Error::is_silence) {
            self.silent_since = None;
            return false;
        }
        let since = *self.silent_since.get_or_insert(now);
        now.saturating_sub(since) >= DEAF_AFTER
    }

    /// Whether it is told of brokers: what it was asked may have been too much for the time.
    fn hears(&self) -> bool {
        let metadata = self.client.fetch_metadata(Some(SOME_TOPIC), PATIENCE);
        metadata.is_ok_and(|metadata| !metadata.brokers().is_empty())
    }
}

impl Slot {
    /// A client of the cluster that librdkafka's `properties` lead to; `name` is its `client.id`.
    pub(super) fn new(properties: BTreeMap<String, String>, name: &'static str) -> Self {
        Self {
            properties,
            name,
            // No group is joined, but librdkafka wants one named before it reads.
            group: name.to_owned(),
            client: Mutex::new(None),
        }
    }

    /// A client that asks for what `group` has committed.
    pub(super) fn of_group(properties: BTreeMap<String, String>, group: &str) -> Self {
        Self {
            group: group.to_owned(),
            ..Self::new(properties, "mirrorwatch-consumer-groups")
        }
    }

    /// Ask `question` of the client; an earlier question that is still under way makes this one fail at once.
    pub(super) fn ask<T>(
        &self,
        question: impl FnOnce(&Client) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut slot = self.free()?;
        let connected = match &mut *slot {
            Some(connected) => connected,
            empty => empty.insert(self.connect()?),
        };
        let client = &connected.client;
        let token = &client.context().token;
        token.serve(client);
        if only_asks(client) {
            // What is old is no answer to this question.
            hear_out(client, |_| ());
        }
        let answer = question(client).map_err(|error| match token.problem() {
            Some(problem) => problem.into(),
            None => error,
        });
        if connected.seems_deaf(answer.as_ref().err(), clock::monotonic()) && !connected.hears() {
            let deaf = slot.take();
            // To end a client may take long, and nobody has to wait for that.
            thread::spawn(move || drop(deaf));
        }
        answer
    }

    /// Hear what the client has told since it was asked the last time, if there is one: for who does not ask it now. Whoever has assigned it
    /// something is handed what it read.
    pub(super) fn hear(&self, take: impl FnMut(Told<'_>)) {
        if let Ok(slot) = self.free()
            && let Some(connected) = &*slot
        {
            hear_out(&connected.client, take);
        }
    }

    /// The client's place. After a panic it is empty: what state the client was left in, nobody knows.
    fn free(&self) -> Result<MutexGuard<'_, Option<Connected>>, Error> {
        match self.client.try_lock() {
            Ok(slot) => Ok(slot),
            Err(TryLockError::WouldBlock) => Err(Error::Stuck),
            Err(TryLockError::Poisoned(poisoned)) => {
                self.client.clear_poison();
                let mut slot = poisoned.into_inner();
                *slot = None;
                Ok(slot)
            }
        }
    }

    fn connect(&self) -> Result<Connected, KafkaError> {
        let mut config = ClientConfig::new();
        config.set("client.id", self.name);
        // A cluster that is back must be seen to be back: librdkafka's own backoff goes up to 10 s.
        config.set("reconnect.backoff.ms", "50");
        config.set("reconnect.backoff.max.ms", "500");
        config.set("socket.connection.setup.timeout.ms", "2000");
        config.set("group.id", &self.group);
        config.set("enable.auto.commit", "false");
        config.set("enable.partition.eof", "true");
        // Where the log was cut short before a reader came there, it reads on with what is left, not with what is next.
        config.set("auto.offset.reset", "earliest");
        for (key, value) in token::without(&self.properties) {
            config.set(key, value);
        }
        config.set_log_level(RDKafkaLogLevel::Warning);
        let token = token::Source::of(&self.properties);
        let client = BaseConsumer::from_config_and_context(&config, QuietContext { token })?;
        Ok(Connected {
            client,
            silent_since: None,
        })
    }
}

#[test]
fn a_question_that_panics_does_not_stop_the_next_one() {
    let slot = Slot::new(BTreeMap::new(), "mirrorwatch-test");
    let thrown = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        slot.ask(|_| -> Result<(), Error> { panic!("in a question") })
    }));
    assert!(thrown.is_err());
    assert!(slot.client.is_poisoned());
    assert!(matches!(slot.ask(|_| Ok(7)), Ok(7)));
    let within = slot.ask(|_| slot.ask(|_| Ok(8)));
    assert!(matches!(within, Err(Error::Stuck)));
}

#[test]
fn what_a_client_says_of_its_connections_does_not_pile_up() {
    let nobody = ("bootstrap.servers".to_owned(), "127.0.0.1:1".to_owned());
    let slot = Slot::new(BTreeMap::from([nobody]), "mirrorwatch-test");
    // Refused for two seconds, it tells so several times.
    let told_in_two_seconds = |slot: &Slot| {
        let mut told = 0;
        thread::sleep(Duration::from_secs(2));
        slot.hear(|_| told += 1);
        told
    };
    assert_eq!(told_in_two_seconds(&slot), 0, "there is no client yet");
    slot.ask(|_| Ok(())).unwrap();
    assert!(told_in_two_seconds(&slot) >= 3);
    thread::sleep(Duration::from_secs(2));
    let while_asked = slot.ask(|client| {
        let polls = (0..100).filter_map(|_| client.poll(Duration::ZERO));
        Ok(polls.count())
    });
    assert!(while_asked.unwrap() <= 1, "it was heard before");
}

#[test]
fn a_client_seems_deaf_once_no_question_was_answered_for_ten_seconds() {
    let slot = Slot::new(BTreeMap::new(), "mirrorwatch-test");
    let mut connected = slot.connect().unwrap();
    let silence = Error::Silent("orders".to_owned());
    let at = Duration::from_secs;
    assert!(!connected.seems_deaf(Some(&silence), at(1)));
    assert!(!connected.seems_deaf(Some(&silence), at(10)));
    assert!(connected.seems_deaf(Some(&silence), at(11)));
    // A refusal is an answer, and so is a topic that is long.
    assert!(!connected.seems_deaf(Some(&Error::Behind("orders".to_owned())), at(12)));
    assert!(!connected.seems_deaf(Some(&silence), at(13)));
    assert!(!connected.seems_deaf(None, at(23)));
    assert!(!connected.seems_deaf(Some(&silence), at(24)));
    assert!(connected.seems_deaf(Some(&silence), at(34)));
}
