//! What all Kafka clients of the canary share: the properties that the measurement rests on, and quiet logging.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Timestamp as Stamp;

use super::running::Running;
use crate::model::time::Timestamp;
use crate::{clock, token};

/// These win over the user's properties: with librdkafka's defaults (reconnect after up to 10 s, requests that hang for 60 s)
/// the canary would measure its own client's patience.
const OURS: [(&str, &str); 7] = [
    ("reconnect.backoff.ms", "50"),
    ("reconnect.backoff.max.ms", "500"),
    ("socket.timeout.ms", "5000"),
    ("socket.connection.setup.timeout.ms", "2000"),
    ("socket.nagle.disable", "true"),
    ("topic.metadata.refresh.fast.interval.ms", "100"),
    ("allow.auto.create.topics", "false"),
];

/// The same complaint of a client is logged once in this time.
const REPEAT_AFTER: Duration = Duration::from_secs(30);

/// The user's properties, ours on top; `client.id` is ours unless the user set it.
pub(super) fn config(properties: &BTreeMap<String, String>, role: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("client.id", format!("mirrorwatch-canary-{role}"));
    for (key, value) in token::without(properties) {
        config.set(key, value);
    }
    for (key, value) in OURS {
        config.set(key, value);
    }
    config
}

/// When the broker appended a record, by its own clock; `None` where the topic carries the sender's time.
pub(super) fn appended(stamp: Stamp) -> Option<Timestamp> {
    match stamp {
        Stamp::LogAppendTime(millis) => Some(Timestamp::from_millis(millis)),
        Stamp::CreateTime(_) | Stamp::NotAvailable => None,
    }
}

/// End a client: that may take long while brokers are down, and is never done on a thread that measures.
pub(super) fn drop_aside(client: impl Send + 'static, running: Running) {
    thread::spawn(move || {
        drop(client);
        drop(running);
    });
}

/// Passes what a client has to say to the log, without its repetitions: an outage makes dozens of callbacks.
#[derive(Debug)]
pub(super) struct Quiet {
    client: String,
    said: Arc<Mutex<Limiter>>,
    token: token::Source,
}

impl Quiet {
    /// Of a client with these properties.
    pub(super) fn new(client: &str, properties: &BTreeMap<String, String>) -> Self {
        Self {
            client: client.to_owned(),
            said: Arc::default(),
            token: token::Source::of(properties),
        }
    }

    /// Of the client that takes this one's place: what was said is said.
    pub(super) fn of_successor(&self, properties: &BTreeMap<String, String>) -> Self {
        Self {
            said: Arc::clone(&self.said),
            ..Self::new(&self.client, properties)
        }
    }

    /// What the client does.
    pub(super) fn role(&self) -> &str {
        &self.client
    }

    /// How often the same was held back, if it is to be said now.
    fn admit(&self, what: &str) -> Option<u64> {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.admit(what, clock::monotonic())
    }

    /// Say why a client could not do something; not that brokers are away, of which librdkafka tells the reason.
    pub(super) fn complain(&self, error: &KafkaError) {
        let text = error.to_string();
        if is_absence(error) {
            tracing::debug!(client = %self.client, "canary: {text}");
        } else if let Some(held_back) = self.admit(&text) {
            tracing::warn!(client = %self.client, held_back, "canary: {text}");
        }
    }
}

impl ClientContext for Quiet {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(client = %self.client, facility, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let code = error.rdkafka_error_code();
        // Who asked for the end of a log to be told finds it in what was polled; and that all brokers are away follows from the reasons.
        if matches!(
            code,
            Some(RDKafkaErrorCode::PartitionEOF | RDKafkaErrorCode::AllBrokersDown)
        ) {
            return;
        }
        if let Some(held_back) = self.admit(&error.to_string()) {
            tracing::warn!(client = %self.client, held_back, "canary: {error}: {reason}");
        }
    }

    fn stats_raw(&self, _statistics: &[u8]) {}

    fn generate_oauth_token(
        &self,
        _: Option<&str>,
    ) -> Result<OAuthToken, Box<dyn std::error::Error>> {
        self.token.answer()
    }
}

impl ConsumerContext for Quiet {}

/// Whether no broker was there to be asked.
fn is_absence(error: &KafkaError) -> bool {
    let code = error.rdkafka_error_code();
    matches!(
        code,
        Some(RDKafkaErrorCode::BrokerTransportFailure | RDKafkaErrorCode::AllBrokersDown)
    )
}

/// Lets each complaint through once in a while. Complaints come from a closed set of codes.
#[derive(Debug, Default)]
struct Limiter {
    said: HashMap<String, (Duration, u64)>,
}

impl Limiter {
    fn admit(&mut self, what: &str, now: Duration) -> Option<u64> {
        match self.said.get_mut(what) {
            Some((last, held_back)) if now.saturating_sub(*last) < REPEAT_AFTER => {
                *held_back += 1;
                None
            }
            Some((last, held_back)) => {
                *last = now;
                Some(std::mem::take(held_back))
            }
            None => {
                self.said.insert(what.to_owned(), (now, 0));
                Some(0)
            }
        }
    }
}

#[test]
fn our_properties_win_and_the_users_others_stand() {
    let user = BTreeMap::from([
        ("reconnect.backoff.max.ms".to_owned(), "10000".to_owned()),
        ("sasl.mechanism".to_owned(), "PLAIN".to_owned()),
        ("client.id".to_owned(), "mine".to_owned()),
    ]);
    let config = config(&user, "producer");
    assert_eq!(config.get("reconnect.backoff.max.ms"), Some("500"));
    assert_eq!(config.get("sasl.mechanism"), Some("PLAIN"));
    assert_eq!(config.get("client.id"), Some("mine"));
}

#[test]
fn a_complaint_is_repeated_only_after_a_while_and_says_how_often_it_was_held_back() {
    let mut limiter = Limiter::default();
    let at = Duration::from_secs;
    assert_eq!(limiter.admit("down", at(0)), Some(0));
    assert_eq!(limiter.admit("down", at(1)), None);
    assert_eq!(limiter.admit("other", at(1)), Some(0));
    assert_eq!(limiter.admit("down", at(29)), None);
    assert_eq!(limiter.admit("down", at(30)), Some(2));
}
