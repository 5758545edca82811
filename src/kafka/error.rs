//! Why a cluster gave no reading, and under which kind that is counted.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::model::snapshot::ErrorKind;
use crate::token;

/// Why a cluster gave no reading.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// librdkafka refused the configuration or the request.
    #[error("{0}")]
    Kafka(#[from] KafkaError),
    /// There is no token by which the client could prove itself.
    #[error("`sasl.oauthbearer.token.file` {0}")]
    Token(#[from] token::Error),
    /// An earlier read has not come back yet.
    #[error("the read before this one has not come back yet")]
    Stuck,
    /// The cluster does not know the topic, or does not let us see it.
    #[error("there is no topic `{0}` on this cluster, or it may not be read")]
    NoTopic(String),
    /// The topic is longer than what could be read in time.
    #[error("topic `{0}` is not read to its end yet")]
    Behind(String),
    /// The topic goes on, and nothing of that came.
    #[error("nothing of topic `{0}` comes, though it is not read to its end yet")]
    Silent(String),
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
            Self::Token(_) => ErrorKind::Denied,
            Self::Stuck | Self::Behind(_) | Self::Silent(_) => ErrorKind::Timeout,
            Self::NoTopic(_) | Self::Missing(_) | Self::NotConnect { .. } => ErrorKind::Kafka,
            Self::Malformed(_) => ErrorKind::Malformed,
        }
    }

    /// Whether nothing was heard of the cluster: what librdkafka says by itself is no word of a broker.
    pub(super) fn is_silence(&self) -> bool {
        match self {
            Self::Kafka(error) => error
                .rdkafka_error_code()
                .is_some_and(|code| (code as i32) <= RDKafkaErrorCode::End as i32),
            Self::Silent(_) => true,
            _ => false,
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
            | RDKafkaErrorCode::TopicAuthorizationFailed
            | RDKafkaErrorCode::GroupAuthorizationFailed
            | RDKafkaErrorCode::ClusterAuthorizationFailed,
        ) => ErrorKind::Denied,
        _ => ErrorKind::Kafka,
    }
}

#[test]
fn what_the_client_says_by_itself_is_silence_and_what_a_broker_says_is_not() {
    let said = |code| Error::Kafka(KafkaError::MetadataFetch(code)).is_silence();
    assert!(said(RDKafkaErrorCode::BrokerTransportFailure));
    assert!(said(RDKafkaErrorCode::UnknownPartition));
    assert!(said(RDKafkaErrorCode::OperationTimedOut));
    assert!(!said(RDKafkaErrorCode::UnknownTopicOrPartition));
    assert!(!said(RDKafkaErrorCode::TopicAuthorizationFailed));
    assert!(!Error::Missing("connect".to_owned()).is_silence());
}
