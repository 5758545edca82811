//! What the lab asks Connect itself: states over REST, the leader over Jolokia. Nothing here is shared with the product.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use ureq::http::{HeaderValue, Request, Response, header::AUTHORIZATION, uri::Scheme};
use ureq::middleware::{Middleware, MiddlewareNext};
use ureq::{Agent, Body, SendBody};

use crate::description::{Description, Worker};
use crate::secure::{LAB, MIRRORWATCH, Secure};

const LEADER_BEAN: &str = "kafka.connect:type=connect-worker-rebalance-metrics";

/// Connect did not answer as hoped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No answer.
    #[error("no answer from {url}")]
    Unreachable {
        /// What was asked.
        url: String,
        /// Why not.
        source: Box<ureq::Error>,
    },
    /// An answer other than 2xx.
    #[error("{url} answered {status}: {body}")]
    Refused {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The answer's text.
        body: String,
    },
    /// No worker at all.
    #[error("no worker answers")]
    NoWorker,
}

/// A connector and its tasks as `/connectors?expand=status` has them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Connector {
    /// Its name.
    pub name: String,
    /// Its state, in Connect's capitals.
    pub state: String,
    /// The worker that runs it.
    pub worker: String,
    /// Its tasks in order.
    pub tasks: Vec<Task>,
}

/// One task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Task {
    /// Number of the task.
    pub id: u32,
    /// Its state, in Connect's capitals.
    pub state: String,
    /// The worker that runs it, or ran it last.
    pub worker: String,
}

/// An HTTP client with one deadline for everything.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    agent: Agent,
}

impl Client {
    /// A client that waits this long for each answer.
    pub(crate) fn new(deadline: Duration, lab: &Description) -> Self {
        let mut config = Agent::config_builder()
            .timeout_global(Some(deadline))
            .http_status_as_error(false)
            .max_idle_connections(0);
        let secure = lab.secure.as_ref();
        // Without the authority nothing is trusted, and each question says so.
        if let Some(Ok(tls)) = secure.map(Secure::https) {
            config = config.tls_config(tls);
        }
        if let Some(secure) = secure {
            config = config.middleware(Asking {
                connect: basic(secure, LAB),
                jolokia: basic(secure, MIRRORWATCH),
            });
        }
        Self {
            agent: config.build().into(),
        }
    }

    /// Whether the URL answers 2xx.
    pub(crate) fn answers(&self, url: &str) -> bool {
        self.get(url).is_ok()
    }

    /// All connectors with their tasks, by the first of these workers that answers.
    pub(crate) fn connectors(&self, workers: &[Worker]) -> Result<Vec<Connector>, Error> {
        let mut last = Error::NoWorker;
        for worker in workers {
            match self.get(&format!("{}/connectors?expand=status", worker.rest)) {
                Ok(answer) => return Ok(parse_connectors(&answer)),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Creates a connector or changes its configuration.
    pub(crate) fn put(
        &self,
        worker: &Worker,
        connector: &str,
        config: &Value,
    ) -> Result<(), Error> {
        let url = format!("{}/connectors/{connector}/config", worker.rest);
        let answer = self.agent.put(&url).send_json(config);
        parse(&url, answer).map(|_| ())
    }

    /// A request without a body, such as `pause`.
    pub(crate) fn put_plain(
        &self,
        worker: &Worker,
        connector: &str,
        what: &str,
    ) -> Result<(), Error> {
        let url = format!("{}/connectors/{connector}/{what}", worker.rest);
        parse(&url, self.agent.put(&url).send_empty()).map(|_| ())
    }

    /// Restarts the failed tasks of a connector.
    pub(crate) fn restart_failed(&self, worker: &Worker, connector: &str) -> Result<(), Error> {
        let query = "includeTasks=true&onlyFailed=true";
        let url = format!("{}/connectors/{connector}/restart?{query}", worker.rest);
        parse(&url, self.agent.post(&url).send_empty()).map(|_| ())
    }

    /// The whole status of one connector, traces included.
    pub(crate) fn status(&self, worker: &Worker, connector: &str) -> Result<Value, Error> {
        self.get(&format!("{}/connectors/{connector}/status", worker.rest))
    }

    /// Deletes a connector; one that is not there is as good as deleted.
    pub(crate) fn delete(&self, worker: &Worker, connector: &str) -> Result<(), Error> {
        let url = format!("{}/connectors/{connector}", worker.rest);
        match parse(&url, self.agent.delete(&url).call()) {
            Ok(_) | Err(Error::Refused { status: 404, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The leader of the Connect group, as most of these workers name it.
    pub(crate) fn leader<'a>(&self, workers: &'a [Worker]) -> Option<&'a Worker> {
        let named: Vec<&Worker> = workers
            .iter()
            .filter_map(|worker| self.leader_by(worker))
            .filter_map(|url| by_url(workers, &url))
            .collect();
        named
            .iter()
            .copied()
            .max_by_key(|worker| named.iter().filter(|other| other.id == worker.id).count())
    }

    fn leader_by(&self, worker: &Worker) -> Option<String> {
        // The policy of a secured lab lets nobody ask by GET.
        let question = json!({"type": "read", "mbean": LEADER_BEAN, "attribute": "leader-name"});
        let url = &worker.jolokia;
        let answer = parse(url, self.agent.post(url).send_json(question)).ok()?;
        Some(answer.get("value")?.as_str()?.to_owned())
    }

    fn get(&self, url: &str) -> Result<Value, Error> {
        parse(url, self.agent.get(url).call())
    }
}

/// Says who asks, to those of a secured lab who want to know.
struct Asking {
    connect: Option<HeaderValue>,
    jolokia: Option<HeaderValue>,
}

impl Middleware for Asking {
    fn handle(
        &self,
        mut request: Request<SendBody>,
        next: MiddlewareNext<'_>,
    ) -> Result<Response<Body>, ureq::Error> {
        let is_jolokia = request.uri().path().starts_with("/jolokia");
        let user = if is_jolokia {
            &self.jolokia
        } else {
            &self.connect
        };
        if let (Some(user), Some(true)) =
            (user, request.uri().scheme().map(|s| *s == Scheme::HTTPS))
        {
            request.headers_mut().insert(AUTHORIZATION, user.clone());
        }
        next.handle(request)
    }
}

fn basic(secure: &Secure, user: &str) -> Option<HeaderValue> {
    let pair = format!("{user}:{}", secure.password(user));
    HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair))).ok()
}

fn by_url<'a>(workers: &'a [Worker], url: &str) -> Option<&'a Worker> {
    workers
        .iter()
        .find(|worker| worker.rest == url.trim_end_matches('/'))
}

fn parse(
    url: &str,
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Value, Error> {
    let unreachable = |source| Error::Unreachable {
        url: url.to_owned(),
        source: Box::new(source),
    };
    let mut answer = answer.map_err(unreachable)?;
    let status = answer.status().as_u16();
    let body = answer.body_mut().read_to_string().map_err(unreachable)?;
    if !(200..300).contains(&status) {
        return Err(Error::Refused {
            url: url.to_owned(),
            status,
            body,
        });
    }
    Ok(serde_json::from_str(&body).unwrap_or(Value::Null))
}

fn parse_connectors(answer: &Value) -> Vec<Connector> {
    let entries = answer.as_object().into_iter().flatten();
    entries
        .map(|(name, value)| parse_connector(name, &value["status"]))
        .collect()
}

fn parse_connector(name: &str, status: &Value) -> Connector {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let tasks = status["tasks"].as_array().into_iter().flatten();
    let task = |task: &Value| Task {
        id: task["id"]
            .as_u64()
            .and_then(|id| u32::try_from(id).ok())
            .unwrap_or_default(),
        state: text(task, "state"),
        worker: text(task, "worker_id"),
    };
    let mut tasks: Vec<Task> = tasks.map(task).collect();
    tasks.sort_by_key(|task| task.id);
    let connector = &status["connector"];
    Connector {
        name: name.to_owned(),
        state: text(connector, "state"),
        worker: text(connector, "worker_id"),
        tasks,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connectors_are_read_with_their_tasks_in_order() {
        let answer = serde_json::json!({"mirror-source": {"status": {
            "connector": {"state": "RUNNING", "worker_id": "a:1"},
            "tasks": [{"id": 1, "state": "FAILED", "worker_id": "b:1", "trace": "x"}, {"id": 0, "state": "RUNNING", "worker_id": "a:1"}]}}});
        let connectors = parse_connectors(&answer);
        assert_eq!(connectors[0].tasks[1].state, "FAILED");
        assert_eq!(connectors[0].tasks[0].worker, "a:1");
    }
}
