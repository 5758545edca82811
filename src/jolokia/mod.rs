//! JMX over HTTP: one bulk read of the MBeans in the catalogue. Only `read`, only by POST; never `exec` or `write`.
//!
//! All agents from 1.7 to 2.6 are understood; see the protocol notes in `answer`.

mod answer;
mod labels;
mod object_name;
mod topics;
mod value;

pub use answer::view;
pub use object_name::ObjectName;

use reqwest::Url;
use serde_json::{Value, json};

use crate::fetch;
use crate::model::flow::Flow;
use crate::model::jmx::{BEANS, Bean, JmxView};
use crate::model::snapshot::ErrorKind;

/// Why a Jolokia agent gave no reading.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request failed.
    #[error("{0}")]
    Request(#[from] fetch::Error),
    /// The answer is not Jolokia's.
    #[error("the answer is not Jolokia's (line {line}, column {column})")]
    Malformed {
        /// Line of the answer.
        line: usize,
        /// Column of that line.
        column: usize,
    },
    /// There are not as many answers as questions.
    #[error("{got} answers to {asked} questions")]
    Count {
        /// Answers.
        got: usize,
        /// Questions.
        asked: usize,
    },
    /// Nothing could be read.
    #[error("no MBean could be read: {0}")]
    Refused(String),
    /// Nothing could be read, for the agent's policy forbids it.
    #[error("no MBean could be read: {0}")]
    Forbidden(String),
}

impl Error {
    /// The kind for the error counter.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Request(source) => source.kind(),
            Self::Malformed { .. } | Self::Count { .. } => ErrorKind::Malformed,
            Self::Refused(_) | Self::Forbidden(_) => ErrorKind::Mbean,
        }
    }
}

/// One worker's Jolokia agent.
#[derive(Clone, Debug)]
pub struct Client {
    http: fetch::Client,
    url: Url,
    question: Vec<u8>,
}

impl Client {
    /// The agent at `url`, asked through `http`.
    pub fn new(http: fetch::Client, url: Url) -> Self {
        Self {
            http,
            url,
            question: question(),
        }
    }

    /// All values of the catalogue that this worker has. `flows` name the source where an MBean does not.
    pub async fn read(&self, flows: &[Flow]) -> Result<JmxView, Error> {
        let body = self
            .http
            .post(self.url.clone(), self.question.clone())
            .await?;
        answer::view(&body, flows)
    }
}

/// What could not be read of an answer, why one of it, and what to do about that.
pub fn refusal(view: &JmxView) -> String {
    let reason = view.refusal.as_deref().unwrap_or("no reason given");
    format!("not readable: {} ({reason})", view.refused.join(", "))
}

/// The names that MM2 gives its MBeans where `metric.names.formats` says so (KIP-1280, Kafka 4.3).
const NEW_NAMES: &str = "kafka.connect:type=plugins,*";

/// The body of the one request that an agent is asked with.
pub fn question() -> Vec<u8> {
    questions().collect::<Value>().to_string().into()
}

/// One read request for each group of the catalogue, in its order, and one for MM2's new names.
fn questions() -> impl Iterator<Item = Value> {
    let mirrored = BEANS
        .iter()
        .filter(|bean| bean.prefix.starts_with("kafka_connect_mirror_"));
    let attributes: Vec<_> = mirrored
        .flat_map(|bean| bean.attributes.iter().map(|row| row.name))
        .collect();
    let new_names = read(NEW_NAMES, &attributes);
    BEANS
        .iter()
        .map(|bean| read(bean.name, &attributes_of(bean)))
        .chain([new_names])
}

/// The attributes of a group as JMX names them: a composite one stands once, whatever parts of it are read.
fn attributes_of(bean: &Bean) -> Vec<&'static str> {
    let names = bean
        .attributes
        .iter()
        .map(|row| row.name.split('.').next().unwrap_or(row.name));
    let mut names: Vec<_> = names.collect();
    names.dedup();
    names
}

/// One read request. An attribute that throws must not take its MBean with it, hence `ignoreErrors`; attributes are
/// named so that an agent does not send what nobody mirrors.
fn read(mbean: &str, attributes: &[&'static str]) -> Value {
    json!({
        "type": "read",
        "mbean": mbean,
        "attribute": attributes,
        "config": { "ignoreErrors": true, "includeStackTrace": false },
    })
}

#[test]
fn only_reads_are_ever_asked_for() {
    assert_eq!(questions().count(), BEANS.len() + 1);
    for question in questions() {
        assert_eq!(question["type"], "read");
        assert_eq!(question["config"]["ignoreErrors"], true);
        let attributes = question["attribute"].as_array().unwrap();
        assert!(!attributes.is_empty() && attributes.iter().all(Value::is_string));
    }
}

#[test]
fn a_composite_attribute_is_asked_for_once() {
    let memory = BEANS
        .iter()
        .find(|bean| bean.name == "java.lang:type=Memory")
        .unwrap();
    assert_eq!(
        attributes_of(memory),
        ["HeapMemoryUsage", "NonHeapMemoryUsage"]
    );
}
