//! The Connect cluster's own group, read by `DescribeGroups` through librdkafka: who is in it, who leads, and whether
//! tasks are withheld. No peer of this exporter reads it; Connect's REST API does not tell it.

mod group;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::config::{ClientConfig, FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::model::group::ConnectGroup;
use crate::model::snapshot::ErrorKind;

/// Why the group could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// librdkafka refused the configuration or the request.
    #[error("{0}")]
    Kafka(#[from] KafkaError),
    /// An earlier read has not come back yet.
    #[error("the read before this one has not come back yet")]
    Stuck,
    /// The cluster does not know the group.
    #[error("there is no group `{0}` on this cluster")]
    Missing(String),
    /// The group is not a Connect cluster's.
    #[error("group `{group}` is not a Connect cluster's, its protocol type is `{found}`")]
    NotConnect {
        /// The group.
        group: String,
        /// Its protocol type.
        found: String,
    },
    /// A member's bytes are not in a form that Connect writes.
    #[error(
        "group `{0}`: a member's metadata or assignment is not in a form that Kafka Connect writes"
    )]
    Malformed(String),
}

impl Error {
    /// The kind for the error counter.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Kafka(error) => kafka_kind(error),
            Self::Stuck => ErrorKind::Timeout,
            Self::Missing(_) | Self::NotConnect { .. } => ErrorKind::Kafka,
            Self::Malformed(_) => ErrorKind::Malformed,
        }
    }
}

fn kafka_kind(error: &KafkaError) -> ErrorKind {
    match error.rdkafka_error_code() {
        Some(
            RDKafkaErrorCode::BrokerTransportFailure
            | RDKafkaErrorCode::AllBrokersDown
            | RDKafkaErrorCode::Resolve
            | RDKafkaErrorCode::SSL,
        ) => ErrorKind::Connect,
        Some(RDKafkaErrorCode::OperationTimedOut | RDKafkaErrorCode::RequestTimedOut) => {
            ErrorKind::Timeout
        }
        Some(
            RDKafkaErrorCode::Authentication
            | RDKafkaErrorCode::SaslAuthenticationFailed
            | RDKafkaErrorCode::GroupAuthorizationFailed
            | RDKafkaErrorCode::ClusterAuthorizationFailed,
        ) => ErrorKind::Denied,
        _ => ErrorKind::Kafka,
    }
}

/// librdkafka's own log lines are ours at debug level: the poll says once what is wrong.
struct QuietContext;

impl ClientContext for QuietContext {
    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, message, "librdkafka");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "librdkafka");
    }
}

impl ConsumerContext for QuietContext {}

/// Reads one group; the client is made at the first read and kept.
pub struct GroupReader {
    properties: BTreeMap<String, String>,
    group: String,
    client: Mutex<Option<BaseConsumer<QuietContext>>>,
}

impl GroupReader {
    /// A reader of `group` on the cluster that librdkafka's `properties` lead to.
    pub fn new(properties: BTreeMap<String, String>, group: &str) -> Self {
        Self {
            properties,
            group: group.to_owned(),
            client: Mutex::new(None),
        }
    }

    /// Read the group. Blocks for up to `deadline`; a read that is still under way makes the next one fail at once.
    pub fn read(&self, deadline: Duration) -> Result<ConnectGroup, Error> {
        let mut slot = self.client.try_lock().map_err(|_| Error::Stuck)?;
        let client = match &mut *slot {
            Some(client) => client,
            empty => empty.insert(self.connect()?),
        };
        let list = client.fetch_group_list(Some(&self.group), deadline)?;
        let found = list
            .groups()
            .iter()
            .find(|group| group.name() == self.group)
            .ok_or_else(|| Error::Missing(self.group.clone()))?;
        match found.protocol_type() {
            "connect" => {}
            // A group that is dead or empty for good has no protocol type.
            "" => return Err(Error::Missing(self.group.clone())),
            other => {
                return Err(Error::NotConnect {
                    group: self.group.clone(),
                    found: other.to_owned(),
                });
            }
        }
        let members = found.members().iter().map(|member| group::Member {
            metadata: member.metadata().unwrap_or_default(),
            assignment: member.assignment().unwrap_or_default(),
        });
        group::decode(found.state(), members).ok_or_else(|| Error::Malformed(self.group.clone()))
    }

    fn connect(&self) -> Result<BaseConsumer<QuietContext>, KafkaError> {
        let mut config = ClientConfig::new();
        config.set("client.id", "mirrorwatch-group");
        // A cluster that is back must be seen to be back: librdkafka's own backoff goes up to 10 s.
        config.set("reconnect.backoff.ms", "50");
        config.set("reconnect.backoff.max.ms", "500");
        config.set("socket.connection.setup.timeout.ms", "2000");
        for (key, value) in &self.properties {
            config.set(key, value);
        }
        config.set_log_level(RDKafkaLogLevel::Warning);
        BaseConsumer::from_config_and_context(&config, QuietContext)
    }
}
