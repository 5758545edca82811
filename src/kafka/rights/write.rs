//! Whether a topic may be written to: a record that asks for two acknowledgements. Brokers know only none, one and all, and turn it down after
//! they have looked at the right and before they look at the record.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseProducer, BaseRecord, ProducerContext};

use super::Held;
use super::ask::is_refusal;
use crate::{clock, token};

const STEP: Duration = Duration::from_millis(50);

/// Keeps what became of the record.
struct Report {
    token: token::Source,
    outcome: Mutex<Option<Result<(), KafkaError>>>,
}

impl ClientContext for Report {
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

impl ProducerContext for Report {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let outcome = match result {
            Ok(_) => Ok(()),
            Err((error, _)) => Err(error.clone()),
        };
        if let Ok(mut kept) = self.outcome.lock() {
            *kept = Some(outcome);
        }
    }
}

/// What the cluster says of a write to this partition.
pub(super) fn tried(
    properties: &BTreeMap<String, String>,
    topic: &str,
    partition: i32,
    deadline: Duration,
) -> Held {
    match outcome(properties, topic, partition, deadline) {
        Ok(()) | Err(KafkaError::MessageProduction(RDKafkaErrorCode::InvalidRequiredAcks)) => {
            Held::Granted
        }
        Err(error) if is_refusal(&error) => Held::Missing,
        Err(error) => Held::NotKnown(error.to_string()),
    }
}

fn outcome(
    properties: &BTreeMap<String, String>,
    topic: &str,
    partition: i32,
    deadline: Duration,
) -> Result<(), KafkaError> {
    let mut config = ClientConfig::new();
    config.set("client.id", "mirrorwatch-check");
    for (key, value) in token::without(properties) {
        config.set(key, value);
    }
    config.set("acks", "2");
    config.set("enable.idempotence", "false");
    config.set("message.send.max.retries", "0");
    config.set(
        "message.timeout.ms",
        deadline.as_millis().max(1).to_string(),
    );
    config.set_log_level(RDKafkaLogLevel::Warning);
    let producer: BaseProducer<Report> = config.create_with_context(Report {
        token: token::Source::of(properties),
        outcome: Mutex::new(None),
    })?;
    let record: BaseRecord<'_, [u8], [u8]> =
        BaseRecord::to(topic).partition(partition).payload(b"");
    producer.send(record).map_err(|(error, _)| error)?;
    let until = clock::monotonic() + deadline + STEP;
    while clock::monotonic() < until {
        producer.poll(STEP);
        let context = rdkafka::producer::Producer::client(&producer).context();
        if let Some(outcome) = context.outcome.lock().ok().and_then(|mut kept| kept.take()) {
            return outcome;
        }
    }
    Err(KafkaError::MessageProduction(
        RDKafkaErrorCode::MessageTimedOut,
    ))
}
