//! Rights that only an administrator's questions need: one that is checked and not done, and one about a topic's settings.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};

use super::Held;
use super::ask::{code, is_refusal};
use crate::kafka::client::QuietContext;
use crate::token;

type Admin = AdminClient<QuietContext>;

/// Whether the topic, which is not there, may be made.
pub(super) fn create(
    properties: &BTreeMap<String, String>,
    topic: &str,
    deadline: Duration,
) -> Held {
    answered(properties, async |admin: &Admin| {
        let topic = NewTopic::new(topic, 1, TopicReplication::Fixed(1));
        let options = options(deadline).validate_only(true);
        let answers = admin.create_topics([&topic], &options).await?;
        match answers.into_iter().next() {
            Some(Err((_, code))) if code != RDKafkaErrorCode::TopicAlreadyExists => {
                Err(KafkaError::AdminOp(code))
            }
            _ => Ok(()),
        }
    })
}

/// Whether the topic's settings may be seen.
pub(super) fn describe_configs(
    properties: &BTreeMap<String, String>,
    topic: &str,
    deadline: Duration,
) -> Held {
    answered(properties, async |admin: &Admin| {
        let resource = [ResourceSpecifier::Topic(topic)];
        let answers = admin
            .describe_configs(&resource, &options(deadline))
            .await?;
        match answers.into_iter().next() {
            Some(Err(code)) => Err(KafkaError::AdminOp(code)),
            _ => Ok(()),
        }
    })
}

fn options(deadline: Duration) -> AdminOptions {
    AdminOptions::new().request_timeout(Some(deadline))
}

fn answered(
    properties: &BTreeMap<String, String>,
    question: impl AsyncFnOnce(&Admin) -> KafkaResult<()>,
) -> Held {
    if token::Source::of(properties).is_there() {
        let why = "the library's client for such questions takes no tokens";
        return Held::NotKnown(why.to_owned());
    }
    match asked(properties, question) {
        Ok(()) => Held::Granted,
        Err(error) if is_refusal(&error) => Held::Missing,
        Err(error) if code(&error) == Some(RDKafkaErrorCode::UnknownTopicOrPartition) => {
            Held::NotKnown("there is no such topic yet".to_owned())
        }
        Err(error) => Held::NotKnown(error.to_string()),
    }
}

fn asked(
    properties: &BTreeMap<String, String>,
    question: impl AsyncFnOnce(&Admin) -> KafkaResult<()>,
) -> KafkaResult<()> {
    let mut config: ClientConfig = properties.clone().into_iter().collect();
    config.set("client.id", "mirrorwatch-check");
    config.set_log_level(RDKafkaLogLevel::Warning);
    let admin: Admin = config.create_with_context(QuietContext::default())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| KafkaError::ClientCreation(error.to_string()))?;
    runtime.block_on(question(&admin))
}
