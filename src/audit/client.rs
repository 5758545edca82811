//! The two clients of an audit: they are assigned partitions, join no group, commit nothing and write nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::client::{ClientContext, DefaultClientContext, OAuthToken};
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};

use super::{Error, Isolation, Side};
use crate::token;

/// Longest wait for an answer about a topic.
const DEADLINE: Duration = Duration::from_secs(20);
/// KiB that librdkafka may hold of one side before they are taken: with less it waits for room, with more its memory is cold when it is read.
const QUEUED_KIB: usize = 16 * 1_024;

/// What every client of an audit has.
const OURS: [(&str, &str); 11] = [
    // librdkafka assigns partitions only to a consumer with a group; without a subscription and commits it never joins it.
    ("group.id", "mirrorwatch-audit"),
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("enable.partition.eof", "true"),
    // What is deleted under the reader is told, never jumped over.
    ("auto.offset.reset", "error"),
    ("allow.auto.create.topics", "false"),
    ("fetch.wait.max.ms", "100"),
    ("fetch.error.backoff.ms", "200"),
    // A queue that was full is filled again at once; a second of pause is librdkafka's default.
    ("fetch.queue.backoff.ms", "5"),
    ("reconnect.backoff.max.ms", "2000"),
    // A client that lives for seconds has nothing to report of itself, and would do so at its end.
    ("enable.metrics.push", "false"),
];

/// librdkafka's properties of one cluster.
pub type Properties = BTreeMap<String, String>;

/// Keeps what a client complained of last; the audit says it when nothing comes any more.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    last: Mutex<Option<String>>,
    token: token::Source,
}

impl Complaints {
    pub(super) fn last(&self) -> Option<String> {
        self.last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn hear(&self, text: String) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }
}

impl ClientContext for Complaints {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, message, "librdkafka");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.hear(format!("{error}: {reason}"));
    }

    fn generate_oauth_token(
        &self,
        _: Option<&str>,
    ) -> Result<OAuthToken, Box<dyn std::error::Error>> {
        self.token.answer()
    }
}

impl ConsumerContext for Complaints {}

pub(super) type Consumer = BaseConsumer<Complaints>;

/// A client of one side.
pub(super) struct Client {
    pub(super) side: Side,
    pub(super) consumer: Arc<Consumer>,
    pub(super) topic: String,
}

impl Client {
    pub(super) fn new(
        side: Side,
        properties: &Properties,
        topic: &str,
        isolation: Isolation,
        partitions: usize,
    ) -> Result<Self, Error> {
        let config = config(side, properties, isolation, partitions);
        let consumer = config.create_with_context(Complaints {
            token: token::Source::of(properties),
            ..Complaints::default()
        });
        Ok(Self {
            side,
            consumer: Arc::new(consumer.map_err(|error| Error::client(side, error))?),
            topic: topic.to_owned(),
        })
    }

    /// Take a token where it is time for one: who only asks is polled by nobody else.
    fn prove(&self) {
        self.consumer.context().token.serve(&self.consumer);
    }

    fn failed(&self, error: &KafkaError) -> Error {
        let context = self.consumer.context();
        let token = context
            .token
            .problem()
            .map(|problem| format!("`{}` {problem}", token::FILE));
        Error::Cluster {
            side: self.side,
            why: token
                .or_else(|| context.last())
                .unwrap_or_else(|| error.to_string()),
        }
    }

    /// The partitions of the topic.
    pub(super) fn partitions(&self) -> Result<Vec<i32>, Error> {
        self.prove();
        let metadata = self.consumer.fetch_metadata(Some(&self.topic), DEADLINE);
        let metadata = metadata.map_err(|error| self.failed(&error))?;
        let found = metadata
            .topics()
            .iter()
            .find(|found| found.name() == self.topic);
        let no_topic = || Error::NoTopic {
            side: self.side,
            topic: self.topic.clone(),
        };
        let found = found.ok_or_else(no_topic)?;
        match found.error().map(RDKafkaErrorCode::from) {
            None if !found.partitions().is_empty() => {}
            None
            | Some(
                RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::TopicAuthorizationFailed,
            ) => {
                return Err(no_topic());
            }
            Some(error) => return Err(self.failed(&KafkaError::MetadataFetch(error))),
        }
        let mut partitions: Vec<i32> = found
            .partitions()
            .iter()
            .map(rdkafka::metadata::MetadataPartition::id)
            .collect();
        partitions.sort_unstable();
        Ok(partitions)
    }

    /// An offset of each partition: where its log begins or ends, or the first record at or after a time in milliseconds. A partition
    /// without such a record is left out.
    pub(super) fn offsets(
        &self,
        wanted: &BTreeMap<i32, Offset>,
    ) -> Result<BTreeMap<i32, i64>, Error> {
        if wanted.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut list = TopicPartitionList::new();
        for (partition, offset) in wanted {
            let added = list.add_partition_offset(&self.topic, *partition, *offset);
            added.map_err(|error| self.failed(&error))?;
        }
        self.prove();
        let answer = self
            .consumer
            .offsets_for_times(list, DEADLINE)
            .map_err(|error| self.failed(&error))?;
        let mut found = BTreeMap::new();
        for element in answer.elements() {
            element.error().map_err(|error| self.failed(&error))?;
            if let Offset::Offset(offset) = element.offset() {
                found.insert(element.partition(), offset);
            }
        }
        Ok(found)
    }

    /// The same edge of each of these partitions.
    pub(super) fn edges(
        &self,
        partitions: &[i32],
        edge: Offset,
    ) -> Result<BTreeMap<i32, i64>, Error> {
        let found = self.offsets(
            &partitions
                .iter()
                .map(|partition| (*partition, edge))
                .collect(),
        )?;
        match partitions
            .iter()
            .find(|partition| !found.contains_key(partition))
        {
            Some(partition) => Err(Error::Cluster {
                side: self.side,
                why: format!(
                    "does not tell where partition {partition} of {} begins or ends",
                    self.topic
                ),
            }),
            None => Ok(found),
        }
    }

    /// The id of the cluster.
    pub(super) fn cluster_id(&self) -> Option<String> {
        self.consumer.client().fetch_cluster_id(DEADLINE)
    }
}

/// The properties of a client that reads so many partitions.
fn config(
    side: Side,
    properties: &Properties,
    isolation: Isolation,
    partitions: usize,
) -> ClientConfig {
    let queued = (QUEUED_KIB / partitions.max(1)).clamp(1_024, 16 * 1_024);
    let client_id = format!("mirrorwatch-audit-{side}");
    let mut config = ClientConfig::new();
    config.set("client.id", client_id);
    for (key, value) in token::without(properties) {
        config.set(key, value);
    }
    // These win over the user's.
    config.extend(OURS.map(|(key, value)| (key.to_owned(), value.to_owned())));
    config.set("isolation.level", isolation.as_str());
    config.set("queued.max.messages.kbytes", queued.to_string());
    config.set_log_level(RDKafkaLogLevel::Warning);
    config
}

/// Whether a topic is compacted; `None` if the cluster does not tell us, or cannot be asked: the library's client for such questions takes
/// no tokens.
pub(super) fn is_compacted(properties: &Properties, topic: &str) -> Option<bool> {
    if token::Source::of(properties).is_there() {
        return None;
    }
    let config: ClientConfig = properties.clone().into_iter().collect();
    let admin: AdminClient<DefaultClientContext> = config.create().ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .ok()?;
    let options = AdminOptions::new().request_timeout(Some(DEADLINE));
    let topic = [ResourceSpecifier::Topic(topic)];
    let answers = runtime
        .block_on(admin.describe_configs(&topic, &options))
        .ok()?;
    let described = answers.into_iter().next()?.ok()?;
    let policy = described.entry_map().get("cleanup.policy")?.value.clone()?;
    Some(policy.split(',').any(|policy| policy.trim() == "compact"))
}
