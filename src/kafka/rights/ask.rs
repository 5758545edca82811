//! Tries rights one by one on one cluster. What is tried changes nothing: records are asked for and not kept, a commit is of a partition that
//! is not there, a write is one that brokers must turn down.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::MetadataPartition;
use rdkafka::{Offset, TopicPartitionList};

use super::{Held, Operation, Resource, Right, admin, write};
use crate::clock;
use crate::kafka::Error;
use crate::kafka::client::{Client, SOME_TOPIC, Slot, hear_out, left};

/// No topic has such a partition.
const NO_PARTITION: i32 = i32::MAX;
/// One wait for an answer, between two looks at what else the client has heard.
const STEP: Duration = Duration::from_millis(500);

/// What the cluster of this alias says of each of these rights that is on it, in their order. Blocks for up to `deadline` for each.
pub fn held(
    alias: &str,
    properties: &BTreeMap<String, String>,
    rights: &[Right],
    deadline: Duration,
) -> Vec<(Right, Held)> {
    let here = rights.iter().filter(|right| right.cluster == alias);
    let here: Vec<_> = here.cloned().collect();
    if here.is_empty() {
        return Vec::new();
    }
    let answers = answers(properties, &here, deadline);
    here.into_iter().zip(answers).collect()
}

fn answers(
    properties: &BTreeMap<String, String>,
    rights: &[Right],
    deadline: Duration,
) -> Vec<Held> {
    let slot = Slot::new(properties.clone(), "mirrorwatch-check");
    let there = slot.ask(|client| {
        Ok(client
            .fetch_metadata(Some(SOME_TOPIC), deadline)
            .map(drop)?)
    });
    if let Err(error) = there {
        let why = format!("the cluster does not answer: {error}");
        return rights.iter().map(|_| Held::NotKnown(why.clone())).collect();
    }
    // A commit is of a topic that may be read: else that would be turned down, and not what is asked about.
    let mut read = rights
        .iter()
        .filter(|right| (right.resource, right.operation) == (Resource::Topic, Operation::Read));
    let readable = read.next().map_or(SOME_TOPIC, |right| &right.name);
    let one = |right: &Right| {
        tried(&slot, properties, right, readable, deadline).unwrap_or_else(|error| of_error(&error))
    };
    rights.iter().map(one).collect()
}

fn tried(
    slot: &Slot,
    properties: &BTreeMap<String, String>,
    right: &Right,
    readable: &str,
    deadline: Duration,
) -> Result<Held, Error> {
    let until = clock::monotonic() + deadline;
    let name = match right.prefix() {
        Some(prefix) => format!("{prefix}check"),
        None => right.name.clone(),
    };
    match (right.resource, right.operation) {
        (Resource::Group, operation) => {
            let slot = Slot::of_group(properties.clone(), &name);
            slot.ask(|client| group(client, operation, readable, until))
        }
        (Resource::Topic, Operation::Describe) => {
            slot.ask(|client| partition(client, &name, until).map(|_| Held::Granted))
        }
        (Resource::Topic, Operation::Read) => slot.ask(|client| read(client, &name, until)),
        (Resource::Topic, Operation::Write) => slot.ask(|client| {
            let partition = partition(client, &name, until)?;
            Ok(partition.map_or_else(no_topic, |at| {
                write::tried(properties, &name, at, left(until))
            }))
        }),
        (Resource::Topic, Operation::Create) => slot.ask(|client| {
            let partition = partition(client, &name, until)?;
            // What is there need not be made.
            Ok(partition.map_or_else(
                || admin::create(properties, &name, left(until)),
                |_| Held::Granted,
            ))
        }),
        (Resource::Topic, Operation::DescribeConfigs) => {
            Ok(admin::describe_configs(properties, &name, left(until)))
        }
    }
}

fn no_topic() -> Held {
    Held::NotKnown("there is no such topic yet".to_owned())
}

/// A partition of the topic; none if there is no such topic. An error if it is not to be seen by us.
fn partition(client: &Client, topic: &str, until: Duration) -> Result<Option<i32>, Error> {
    let metadata = client.fetch_metadata(Some(topic), left(until))?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    let Some(found) = found else {
        return Ok(None);
    };
    match found.error().map(RDKafkaErrorCode::from) {
        None => Ok(found.partitions().first().map(MetadataPartition::id)),
        Some(RDKafkaErrorCode::UnknownTopicOrPartition) => Ok(None),
        Some(code) => Err(KafkaError::MetadataFetch(code).into()),
    }
}

/// Whether a fetch at the end of the topic is answered.
fn read(client: &Client, topic: &str, until: Duration) -> Result<Held, Error> {
    let Some(partition) = partition(client, topic, until)? else {
        return Ok(no_topic());
    };
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, Offset::End)?;
    client.assign(&list)?;
    let answer = fetched(client, until);
    client.unassign()?;
    Ok(answer)
}

fn fetched(client: &Client, until: Duration) -> Held {
    while !left(until).is_zero() {
        match client.poll(STEP.min(left(until))) {
            Some(Ok(_) | Err(KafkaError::PartitionEOF(_))) => return Held::Granted,
            Some(Err(error)) if is_refusal(&error) => return Held::Missing,
            Some(Err(_)) | None => {}
        }
    }
    unanswered()
}

fn unanswered() -> Held {
    Held::NotKnown("no answer in time".to_owned())
}

/// Whether the group's offsets may be asked for, and then whether they may be committed.
fn group(
    client: &Client,
    operation: Operation,
    readable: &str,
    until: Duration,
) -> Result<Held, Error> {
    let seen = described(client, until);
    if seen != Held::Granted || operation == Operation::Describe {
        return Ok(seen);
    }
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(readable, NO_PARTITION, Offset::Offset(0))?;
    match client.commit(&list, CommitMode::Sync) {
        // Brokers look at the right on the group before anything else.
        Err(error) if code(&error) == Some(RDKafkaErrorCode::GroupAuthorizationFailed) => {
            Ok(Held::Missing)
        }
        Ok(()) => Ok(Held::Granted),
        Err(error) => match code(&error) {
            Some(
                RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::TopicAuthorizationFailed,
            ) => Ok(Held::Granted),
            _ => Err(error.into()),
        },
    }
}

/// A client that may not look for the group's coordinator goes on looking, and says so beside.
fn described(client: &Client, until: Duration) -> Held {
    let mut list = TopicPartitionList::new();
    list.add_partition(SOME_TOPIC, 0);
    while !left(until).is_zero() {
        match client.committed_offsets(list.clone(), STEP.min(left(until))) {
            Ok(_) => return Held::Granted,
            Err(error) if is_refusal(&error) => return Held::Missing,
            Err(_) => {}
        }
        let mut is_refused = false;
        hear_out(client, |told| {
            is_refused |= told.is_err_and(|error| is_refusal(&error));
        });
        if is_refused {
            return Held::Missing;
        }
    }
    unanswered()
}

pub(super) fn code(error: &KafkaError) -> Option<RDKafkaErrorCode> {
    match error {
        KafkaError::AdminOp(code) => Some(*code),
        _ => error.rdkafka_error_code(),
    }
}

/// Whether an authorizer turned something down.
pub(super) fn is_refusal(error: &KafkaError) -> bool {
    matches!(
        code(error),
        Some(
            RDKafkaErrorCode::TopicAuthorizationFailed
                | RDKafkaErrorCode::GroupAuthorizationFailed
                | RDKafkaErrorCode::ClusterAuthorizationFailed
        )
    )
}

fn of_error(error: &Error) -> Held {
    match error {
        Error::Kafka(error) if is_refusal(error) => Held::Missing,
        other => Held::NotKnown(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::mocking::MockCluster;
    use rdkafka::producer::DefaultProducerContext;
    use rdkafka::types::{RDKafkaApiKey as Key, RDKafkaRespErr as Code};

    use super::*;

    type Mock = MockCluster<'static, DefaultProducerContext>;

    fn held_at(cluster: &Mock, wanted: &[(Resource, &str, Operation)]) -> Vec<Held> {
        let properties =
            BTreeMap::from([("bootstrap.servers".to_owned(), cluster.bootstrap_servers())]);
        let right = |(resource, name, operation): &(Resource, &str, Operation)| Right {
            cluster: "source".to_owned(),
            resource: *resource,
            name: (*name).to_owned(),
            operation: *operation,
            features: "serve",
        };
        let rights: Vec<_> = wanted.iter().map(right).collect();
        answers(&properties, &rights, Duration::from_secs(5))
    }

    fn cluster() -> Mock {
        let cluster = MockCluster::new(1).unwrap();
        cluster.create_topic("there", 1, 1).unwrap();
        cluster
    }

    #[test]
    fn what_is_answered_is_granted() {
        let wanted = [
            (Resource::Topic, "there", Operation::Describe),
            (Resource::Topic, "there", Operation::Read),
            (Resource::Topic, "there", Operation::Create),
            (Resource::Group, "mirrorwatch-*", Operation::Describe),
        ];
        assert_eq!(held_at(&cluster(), &wanted), vec![Held::Granted; 4]);
    }

    #[test]
    fn what_an_authorizer_turns_down_is_missing() {
        let topic = Code::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
        let group = Code::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
        // A mock cannot turn down a fetch as brokers do, by partition: the secured lab shows that.
        for (asked, error, resource, operation) in [
            (Key::Produce, topic, Resource::Topic, Operation::Write),
            (
                Key::FindCoordinator,
                group,
                Resource::Group,
                Operation::Describe,
            ),
            (Key::OffsetCommit, group, Resource::Group, Operation::Read),
        ] {
            let cluster = cluster();
            cluster.request_errors(asked, &[error; 200]);
            let name = if resource == Resource::Topic {
                "there"
            } else {
                "g"
            };
            let found = held_at(&cluster, &[(resource, name, operation)]);
            assert_eq!(found, [Held::Missing], "{asked:?}");
        }
        let cluster = cluster();
        cluster.topic_error("there", topic).unwrap();
        let wanted = [(Resource::Topic, "there", Operation::Describe)];
        assert_eq!(held_at(&cluster, &wanted), [Held::Missing]);
    }

    #[test]
    fn a_broker_that_turns_down_what_is_tried_for_its_form_grants_the_right() {
        for (asked, error, resource, operation) in [
            (
                Key::Produce,
                Code::RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS,
                Resource::Topic,
                Operation::Write,
            ),
            (
                Key::OffsetCommit,
                Code::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
                Resource::Group,
                Operation::Read,
            ),
        ] {
            let cluster = cluster();
            cluster.request_errors(asked, &[error; 40]);
            let name = if resource == Resource::Topic {
                "there"
            } else {
                "g"
            };
            let found = held_at(&cluster, &[(resource, name, operation)]);
            assert_eq!(found, [Held::Granted], "{asked:?}");
        }
    }

    #[test]
    fn of_a_topic_that_is_not_there_it_is_not_known_whether_it_may_be_read() {
        let cluster = cluster();
        cluster
            .topic_error("there", Code::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
            .unwrap();
        let wanted = [(Resource::Topic, "there", Operation::Read)];
        assert_eq!(held_at(&cluster, &wanted), [no_topic()]);
    }

    #[test]
    fn a_cluster_that_is_not_there_tells_nothing() {
        let properties =
            BTreeMap::from([("bootstrap.servers".to_owned(), "127.0.0.1:1".to_owned())]);
        let right = Right {
            cluster: "source".to_owned(),
            resource: Resource::Topic,
            name: "t".to_owned(),
            operation: Operation::Read,
            features: "serve",
        };
        let [Held::NotKnown(why)] = &answers(&properties, &[right], Duration::from_millis(300))[..]
        else {
            panic!("nobody told")
        };
        assert!(why.contains("does not answer"), "{why}");
    }
}
