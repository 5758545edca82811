//! JMX over HTTP: one bulk read of the MBeans in the catalogue. Only `read`, only by POST; never `exec` or `write`.
//!
//! All agents from 1.7 to 2.6 are understood; see the protocol notes in `answer`.

mod answer;
mod object_name;

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
}

impl Error {
    /// The kind for the error counter.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Request(source) => source.kind(),
            Self::Malformed { .. } | Self::Count { .. } => ErrorKind::Malformed,
            Self::Refused(_) => ErrorKind::Mbean,
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
        let question = BEANS.iter().map(read).collect::<Value>().to_string().into();
        Self {
            http,
            url,
            question,
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

/// One read request. An attribute that throws must not take its MBean with it, hence `ignoreErrors`; attributes are
/// named so that an agent does not send what nobody mirrors.
fn read(bean: &Bean) -> Value {
    let attributes: Vec<&str> = bean.attributes.iter().map(|row| row.name).collect();
    json!({
        "type": "read",
        "mbean": bean.name,
        "attribute": attributes,
        "config": { "ignoreErrors": true, "includeStackTrace": false },
    })
}

#[test]
fn only_reads_are_ever_asked_for() {
    for bean in BEANS {
        let request = read(bean);
        assert_eq!(request["type"], "read");
        assert_eq!(request["config"]["ignoreErrors"], true);
        assert_eq!(
            request["attribute"].as_array().unwrap().len(),
            bean.attributes.len()
        );
    }
}
