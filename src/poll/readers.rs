//! What one poll of each kind of endpoint does.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::future::select_ok;
use futures_util::stream::{self, StreamExt};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::endpoint::{self, Answer, Failure};
use super::latest::WorkerLatest;
use super::{Group, Schedule, Worker};
use crate::clock;
use crate::model::connect::TaskMap;
use crate::model::flow::Flow;
use crate::model::group::{ConnectGroup, GroupView, Withholding};
use crate::model::jmx::JmxView;
use crate::model::snapshot::{ErrorKind, Reading};
use crate::{connect, jolokia, kafka};

/// Most lists of one kind (tasks, offsets) that one worker is asked for at a time, however many connectors there are.
pub(super) const AT_A_TIME: usize = 8;

/// Pause between two looks at a group that rebalances.
const REBALANCE_PAUSE: Duration = Duration::from_millis(200);

pub(super) fn worker(
    loops: &mut JoinSet<()>,
    schedule: Schedule,
    worker: Worker,
    flows: &Arc<[Flow]>,
) -> WorkerLatest {
    let (sender, rest) = endpoint::channel(&format!("rest:{}", worker.id));
    let client = worker.rest.clone();
    loops.spawn(endpoint::run(schedule, sender, move || {
        let client = client.clone();
        async move { client.worker().await.map(whole).map_err(connect_failure) }
    }));
    let (sender, health) = endpoint::channel(&format!("health:{}", worker.id));
    let client = worker.rest;
    loops.spawn(endpoint::run(schedule, sender, move || {
        let client = client.clone();
        async move { client.health().await.map(whole).map_err(connect_failure) }
    }));
    let jolokia = worker.jolokia.map(|client| {
        let (sender, receiver) = endpoint::channel(&format!("jolokia:{}", worker.id));
        let flows = Arc::clone(flows);
        loops.spawn(endpoint::run(schedule, sender, move || {
            let (client, flows) = (client.clone(), Arc::clone(&flows));
            async move { client.read(&flows).await.map(jmx).map_err(jolokia_failure) }
        }));
        receiver
    });
    WorkerLatest {
        id: worker.id.into(),
        rest,
        health,
        jolokia,
    }
}

/// The group is read on a thread of its own: librdkafka blocks.
pub(super) fn group(
    loops: &mut JoinSet<()>,
    schedule: Schedule,
    group: Group,
) -> watch::Receiver<Reading<GroupView>> {
    let (sender, receiver) = endpoint::channel(&format!("group:{}", group.id));
    let reader = Arc::new(group.reader);
    // The read has to come back before the poll gives up, else the next one finds it still under way.
    let deadline = schedule.deadline.mul_f64(0.9);
    let withholding = Arc::new(std::sync::Mutex::new(Withholding::default()));
    loops.spawn(endpoint::run(schedule, sender, move || {
        let (reader, withholding) = (Arc::clone(&reader), Arc::clone(&withholding));
        async move {
            let group = settled(&reader, deadline).await?;
            // Whatever was noted before a panic stands.
            let mut withholding = withholding.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(whole(view(&mut withholding, group)))
        }
    }));
    receiver
}

/// Read the group, and read it again for a while if it rebalances: that is over in a moment, the next poll is far.
async fn settled(
    reader: &Arc<kafka::GroupReader>,
    deadline: Duration,
) -> Result<ConnectGroup, Failure> {
    let begun = clock::monotonic();
    loop {
        let left = deadline.saturating_sub(clock::monotonic().saturating_sub(begun));
        let reader = Arc::clone(reader);
        let read = tokio::task::spawn_blocking(move || reader.read(left)).await;
        let group = read
            .map_err(endpoint::lost)?
            .map_err(|error| kafka_failure(&error))?;
        if group.assignment.is_some() || group.members == 0 || left < deadline / 2 {
            return Ok(group);
        }
        sleep(REBALANCE_PAUSE).await;
    }
}

fn view(withholding: &mut Withholding, group: ConnectGroup) -> GroupView {
    GroupView {
        withheld_until: withholding.observe(&group, clock::wall()),
        group,
    }
}

/// The task lists are the same on every worker, but only a worker whose herder is alive can answer.
pub(super) fn tasks(
    loops: &mut JoinSet<()>,
    schedule: Schedule,
    clients: Vec<connect::Client>,
    flows: &Arc<[Flow]>,
) -> watch::Receiver<Reading<TaskMap>> {
    let (sender, receiver) = endpoint::channel("tasks");
    let (clients, connectors): (Arc<[_]>, _) = (clients.into(), connectors(flows));
    loops.spawn(endpoint::run(schedule, sender, move || {
        let (clients, connectors) = (Arc::clone(&clients), Arc::clone(&connectors));
        async move {
            let read = hedged(&clients, schedule.deadline, |client| {
                task_map(client, &connectors)
            });
            read.await.map(whole).map_err(connect_failure)
        }
    }));
    receiver
}

/// The connectors of the flows, each once.
pub(super) fn connectors(flows: &[Flow]) -> Arc<[String]> {
    let connectors: BTreeSet<_> = flows.iter().map(|flow| flow.connector.clone()).collect();
    connectors.into_iter().collect()
}

/// Ask the first worker, and each next one a little later, until one answers: the first good answer counts.
pub(super) async fn hedged<T, F: Future<Output = Result<T, connect::Error>>>(
    clients: &[connect::Client],
    deadline: Duration,
    ask: impl Fn(connect::Client) -> F,
) -> Result<T, connect::Error> {
    let turns = u32::try_from(clients.len()).unwrap_or(u32::MAX);
    let head_start = deadline / 2 / turns.max(1);
    let questions = clients.iter().zip(0_u32..).map(|(client, turn)| {
        let question = ask(client.clone());
        Box::pin(async move {
            sleep(head_start * turn).await;
            question.await
        })
    });
    let (answer, _) = select_ok(questions).await?;
    Ok(answer)
}

/// A connector that is not there leaves the others; if none is there, whatever answers may not be Connect.
async fn task_map(
    client: connect::Client,
    connectors: &[String],
) -> Result<TaskMap, connect::Error> {
    let ask = |connector: String| {
        let client = client.clone();
        async move { client.tasks(&connector).await }
    };
    match lists(connectors.to_vec(), ask).await? {
        (found, Some(error)) if found.is_empty() => Err(error),
        (connectors, _) => Ok(TaskMap { connectors }),
    }
}

/// One list of each connector, in their order, and the error of one that is not there, if there is such a one.
pub(super) async fn lists<T, F: Future<Output = Result<T, connect::Error>>>(
    connectors: Vec<String>,
    ask: impl FnMut(String) -> F,
) -> Result<(Vec<T>, Option<connect::Error>), connect::Error> {
    let mut lists = stream::iter(connectors).map(ask).buffered(AT_A_TIME);
    let (mut found, mut missing) = (Vec::new(), None);
    while let Some(list) = lists.next().await {
        match list {
            Ok(list) => found.push(list),
            Err(error) if error.is_not_found() => missing = Some(error),
            Err(error) => return Err(error),
        }
    }
    Ok((found, missing))
}

pub(super) fn whole<T>(value: T) -> Answer<T> {
    Answer {
        value,
        partial: None,
    }
}

fn jmx(view: JmxView) -> Answer<JmxView> {
    let partial = (!view.refused.is_empty()).then(|| Failure {
        kind: ErrorKind::Mbean,
        message: jolokia::refusal(&view),
    });
    Answer {
        value: view,
        partial,
    }
}

fn failure(kind: ErrorKind, error: &impl std::fmt::Display) -> Failure {
    Failure {
        kind,
        message: error.to_string(),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what `map_err` hands over"
)]
pub(super) fn connect_failure(error: connect::Error) -> Failure {
    failure(error.kind(), &error)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what `map_err` hands over"
)]
fn jolokia_failure(error: jolokia::Error) -> Failure {
    failure(error.kind(), &error)
}

pub(super) fn kafka_failure(error: &kafka::Error) -> Failure {
    failure(error.kind(), error)
}
