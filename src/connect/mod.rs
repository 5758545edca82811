//! Kafka Connect's REST API, read only: `/`, `/health`, `/connectors?expand=status`, `/connectors/{name}/tasks` and
//! `/connectors/{name}/offsets`.
//!
//! It never asks for `expand=info` or `/config`; of the tasks' configurations only the keys named in
//! [`crate::model::connect::ConnectorTasks`] and [`CheckpointConnector`] leave the parser, because the others may hold secrets.

pub mod checkpoints;
pub mod wire;

use std::collections::BTreeMap;

use reqwest::{StatusCode, Url};

use crate::fetch;
use crate::model::checkpoint::CheckpointConnector;
use crate::model::connect::{ConnectorStatus, ConnectorTasks, Health, TopicPartition, WorkerView};
use crate::model::snapshot::ErrorKind;

/// Why a worker's REST API gave no reading.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request failed.
    #[error("{path}: {source}")]
    Request {
        /// What was asked.
        path: String,
        /// What happened.
        source: fetch::Error,
    },
    /// The answer is not Connect's. Where, not what: an answer may hold secrets.
    #[error("{path}: the answer is not Kafka Connect's (line {line}, column {column})")]
    Malformed {
        /// What was asked.
        path: String,
        /// Line of the answer.
        line: usize,
        /// Column of that line.
        column: usize,
    },
}

impl Error {
    /// The kind for the error counter.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Request { source, .. } => source.kind(),
            Self::Malformed { .. } => ErrorKind::Malformed,
        }
    }

    /// Whether what was asked for is not there.
    pub fn is_not_found(&self) -> bool {
        let Self::Request { source, .. } = self else {
            return false;
        };
        matches!(source, fetch::Error::Status(StatusCode::NOT_FOUND))
    }
}

/// Most bytes of `/` and `/health`, which are a few hundred long.
const SMALL: usize = 64 << 10;

/// One worker's REST API.
#[derive(Clone, Debug)]
pub struct Client {
    http: fetch::Client,
    /// The same for answers that are short whatever the worker runs.
    small: fetch::Client,
    base: Url,
}

impl Client {
    /// The API at `base`, asked through `http`.
    pub fn new(http: fetch::Client, base: Url) -> Self {
        let small = http.clone().with_cap(SMALL);
        Self { http, small, base }
    }

    /// The worker's version and the cluster behind it.
    pub async fn root(&self) -> Result<wire::Root, Error> {
        let root = self.small.get(self.url(&[], None)).await;
        let root = root.map_err(|source| Error::Request {
            path: "/".to_owned(),
            source,
        })?;
        wire::root(&root).map_err(|error| malformed("/", &error))
    }

    /// The worker's version and its view of all connectors.
    pub async fn worker(&self) -> Result<WorkerView, Error> {
        let root = self.root().await?;
        Ok(WorkerView {
            version: root.version,
            commit: root.commit,
            kafka_cluster_id: root.kafka_cluster_id,
            connectors: self.statuses().await?,
        })
    }

    /// The task list of `connector`.
    pub async fn tasks(&self, connector: &str) -> Result<ConnectorTasks, Error> {
        self.task_list(connector, wire::tasks).await
    }

    /// The names of all connectors.
    pub async fn names(&self) -> Result<Vec<String>, Error> {
        let connectors = self.statuses().await?;
        Ok(connectors.into_iter().map(|one| one.name).collect())
    }

    /// What the tasks of `connector` say of the groups that it translates; `None` of one that translates none.
    pub async fn checkpoints(&self, connector: &str) -> Result<Option<CheckpointConnector>, Error> {
        self.task_list(connector, checkpoints::connector).await
    }

    /// The worker's view of all connectors.
    async fn statuses(&self) -> Result<Vec<ConnectorStatus>, Error> {
        let status = self.get(&["connectors"], Some("expand=status")).await?;
        wire::connectors(&status).map_err(|error| malformed("/connectors?expand=status", &error))
    }

    /// What a reader finds in the task list of `connector`.
    async fn task_list<T>(
        &self,
        connector: &str,
        read: impl Fn(&str, &[u8]) -> Result<T, serde_json::Error>,
    ) -> Result<T, Error> {
        let body = self.get(&["connectors", connector, "tasks"], None).await?;
        read(connector, &body)
            .map_err(|error| malformed(&format!("/connectors/{connector}/tasks"), &error))
    }

    /// What the worker says of its health. It answers late or never while the cluster behind Connect is gone.
    pub async fn health(&self) -> Result<Health, Error> {
        let url = self.url(&["health"], None);
        let path = url.path().to_owned();
        let answer = self.small.get_whatever(url).await;
        let answer = answer.map_err(|source| Error::Request {
            path: path.clone(),
            source,
        })?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(Health::NotOffered),
            StatusCode::OK
            | StatusCode::INTERNAL_SERVER_ERROR
            | StatusCode::SERVICE_UNAVAILABLE => {
                wire::health(&answer.body).map_err(|error| malformed(&path, &error))
            }
            status => Err(Error::Request {
                path,
                source: fetch::Error::Status(status),
            }),
        }
    }

    /// What `connector` has committed as copied, by source partition. Kafka 3.5 and later; each call makes the worker
    /// instantiate the connector and read its offset topic.
    pub async fn offsets(&self, connector: &str) -> Result<BTreeMap<TopicPartition, i64>, Error> {
        let body = self
            .get(&["connectors", connector, "offsets"], None)
            .await?;
        wire::offsets(&body)
            .map_err(|error| malformed(&format!("/connectors/{connector}/offsets"), &error))
    }

    fn url(&self, segments: &[&str], query: Option<&str>) -> Url {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .expect("the configuration accepts only http and https, which have paths")
            .pop_if_empty()
            .extend(segments);
        url.set_query(query);
        url
    }

    async fn get(&self, segments: &[&str], query: Option<&str>) -> Result<Vec<u8>, Error> {
        let url = self.url(segments, query);
        let path = url.path().to_owned();
        self.http
            .get(url)
            .await
            .map_err(|source| Error::Request { path, source })
    }
}

fn malformed(path: &str, error: &serde_json::Error) -> Error {
    Error::Malformed {
        path: path.to_owned(),
        line: error.line(),
        column: error.column(),
    }
}
