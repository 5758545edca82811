//! The JSON of Kafka Connect's REST API, and its translation into the model. Unknown fields are skipped.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::model::connect::{
    AssignedTask, ConnectorStatus, ConnectorTasks, Health, State, TaskStatus, TopicPartition,
};

/// `GET /`
#[derive(Debug, Deserialize)]
pub struct Root {
    /// Version of Connect.
    pub version: String,
    /// The commit that it was built from; empty if it does not say.
    #[serde(default)]
    pub commit: String,
    /// The id of the cluster behind Connect; empty if it does not say.
    #[serde(default)]
    pub kafka_cluster_id: String,
}

#[derive(Deserialize)]
struct Expanded {
    /// Absent or null while a connector is being made.
    status: Option<Status>,
}

#[derive(Deserialize)]
struct Status {
    connector: Placed,
    #[serde(default)]
    tasks: Vec<Task>,
}

#[derive(Deserialize)]
struct Placed {
    state: String,
    worker_id: String,
}

#[derive(Deserialize)]
struct Task {
    id: u32,
    state: String,
    worker_id: String,
}

#[derive(Deserialize)]
struct ListedTask {
    id: TaskId,
    config: TaskConfig,
}

#[derive(Deserialize)]
struct TaskId {
    task: u32,
}

/// The only keys of a task's configuration that are kept.
#[derive(Default, Deserialize)]
struct TaskConfig {
    #[serde(rename = "task.assigned.partitions")]
    partitions: Option<String>,
    #[serde(rename = "tasks.max")]
    tasks_max: Option<String>,
    topics: Option<String>,
    #[serde(rename = "topics.exclude")]
    topics_exclude: Option<String>,
}

/// `GET /connectors/{name}/offsets`
#[derive(Deserialize)]
struct Offsets {
    offsets: Vec<Offset>,
}

/// One offset. Its forms are the connector's own business; that of `MirrorSourceConnector` is read, others are left out.
#[derive(Deserialize)]
struct Offset {
    partition: OffsetPartition,
    offset: Option<OffsetValue>,
}

#[derive(Deserialize)]
struct OffsetPartition {
    topic: Option<String>,
    partition: Option<i32>,
    group: Option<String>,
}

#[derive(Deserialize)]
struct OffsetValue {
    offset: Option<i64>,
}

/// `GET /health`
#[derive(Deserialize)]
struct Condition {
    status: Word,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Healthy,
    Unhealthy,
    Starting,
}

/// What `GET /health` says.
pub fn health(body: &[u8]) -> Result<Health, serde_json::Error> {
    let Condition { status } = serde_json::from_slice(body)?;
    Ok(match status {
        Word::Healthy => Health::Healthy,
        Word::Unhealthy => Health::Unhealthy,
        Word::Starting => Health::Starting,
    })
}

/// What `GET /` says.
pub fn root(body: &[u8]) -> Result<Root, serde_json::Error> {
    serde_json::from_slice(body)
}

/// What `GET /connectors?expand=status` says, by connector.
pub fn connectors(body: &[u8]) -> Result<Vec<ConnectorStatus>, serde_json::Error> {
    let answer: BTreeMap<String, Expanded> = serde_json::from_slice(body)?;
    Ok(answer
        .into_iter()
        .filter_map(|(name, expanded)| Some(connector(name, expanded.status?)))
        .collect())
}

/// By source partition the offset of the last record that was acknowledged and flushed.
pub fn offsets(body: &[u8]) -> Result<BTreeMap<TopicPartition, i64>, serde_json::Error> {
    let answer: Offsets = serde_json::from_slice(body)?;
    let of_a_partition = |row: Offset| {
        let OffsetPartition {
            topic,
            partition,
            group: None,
        } = row.partition
        else {
            return None;
        };
        let at = TopicPartition {
            topic: topic?,
            partition: partition?,
        };
        Some((at, row.offset?.offset?))
    };
    Ok(answer
        .offsets
        .into_iter()
        .filter_map(of_a_partition)
        .collect())
}

fn connector(name: String, status: Status) -> ConnectorStatus {
    let mut tasks: Vec<TaskStatus> = status
        .tasks
        .into_iter()
        .map(|task| TaskStatus {
            id: task.id,
            state: State::parse(&task.state),
            worker: task.worker_id,
        })
        .collect();
    tasks.sort_by_key(|task| task.id);
    tasks.dedup_by_key(|task| task.id);
    ConnectorStatus {
        name,
        state: State::parse(&status.connector.state),
        worker: status.connector.worker_id,
        tasks,
    }
}

/// What `GET /connectors/{connector}/tasks` says.
pub fn tasks(connector: &str, body: &[u8]) -> Result<ConnectorTasks, serde_json::Error> {
    let mut listed: Vec<ListedTask> = serde_json::from_slice(body)?;
    listed.sort_by_key(|task| task.id.task);
    listed.dedup_by_key(|task| task.id.task);
    let mut tasks = ConnectorTasks {
        connector: connector.to_owned(),
        ..ConnectorTasks::default()
    };
    for ListedTask { id, config } in listed {
        tasks.tasks.push(AssignedTask {
            id: id.task,
            partitions: config
                .partitions
                .as_deref()
                .map(partitions)
                .unwrap_or_default(),
        });
        tasks.tasks_max = tasks
            .tasks_max
            .or(config.tasks_max.and_then(|max| max.parse().ok()));
        tasks.topics = tasks.topics.or(config.topics);
        tasks.topics_exclude = tasks.topics_exclude.or(config.topics_exclude);
    }
    Ok(tasks)
}

/// `orders-0,my-topic-12`: topics may contain `-`, so the last one parts topic and number; a comma cannot be in a topic.
fn partitions(list: &str) -> Vec<TopicPartition> {
    list.split(',')
        .filter_map(|item| {
            let (topic, partition) = item.trim().rsplit_once('-')?;
            (!topic.is_empty()).then_some(())?;
            Some(TopicPartition {
                topic: topic.to_owned(),
                partition: partition.parse().ok()?,
            })
        })
        .collect()
}

#[test]
fn statuses_keep_unknown_states_and_leave_out_connectors_without_status() {
    let body = br#"{
        "mirror-source": {"status": {"name": "mirror-source", "type": "source",
            "connector": {"state": "RUNNING", "worker_id": "a:1", "version": "4.3.1"},
            "tasks": [{"id": 1, "state": "DRAINED", "worker_id": "b:1", "trace": "secret"},
                      {"id": 0, "state": "FAILED", "worker_id": "a:1"}]}},
        "new": {"status": null}}"#;
    let connectors = connectors(body).unwrap();
    assert_eq!(connectors.len(), 1);
    let tasks = &connectors[0].tasks;
    assert_eq!((tasks[0].id, tasks[0].state.as_str()), (0, "failed"));
    assert_eq!((tasks[1].id, tasks[1].state.as_str()), (1, "drained"));
}

#[test]
fn topic_partitions_are_parted_at_their_last_dash() {
    let body = br#"[{"id": {"connector": "c", "task": 0}, "config": {
        "task.assigned.partitions": "test-orders-0,test-orders-12,-1,bad,a.b_c-3",
        "tasks.max": "3", "topics": "test-.*", "source.sasl.jaas.config": "secret"}}]"#;
    let tasks = tasks("c", body).unwrap();
    let seen: Vec<_> = tasks.tasks[0]
        .partitions
        .iter()
        .map(|at| (at.topic.as_str(), at.partition))
        .collect();
    assert_eq!(
        seen,
        [("test-orders", 0), ("test-orders", 12), ("a.b_c", 3)]
    );
    assert_eq!(tasks.tasks_max, Some(3));
    assert_eq!(tasks.topics.as_deref(), Some("test-.*"));
    assert!(!format!("{tasks:?}").contains("secret"));
}

#[test]
fn health_is_one_of_three_words() {
    for (word, expected) in [
        ("healthy", Health::Healthy),
        ("unhealthy", Health::Unhealthy),
        ("starting", Health::Starting),
    ] {
        let body = format!(r#"{{"status":"{word}","message":"whatever"}}"#);
        assert_eq!(health(body.as_bytes()).unwrap(), expected);
    }
    assert!(health(br#"{"error_code":500,"message":"Request timed out"}"#).is_err());
}

#[test]
fn only_offsets_of_source_partitions_are_read() {
    let body = br#"{"offsets":[
        {"partition":{"cluster":"source","partition":3,"topic":"test-orders"},"offset":{"offset":12345}},
        {"partition":{"cluster":"source","partition":4,"topic":"test-orders"},"offset":null},
        {"partition":{"group":"g","partition":0,"topic":"source.test-orders"},"offset":{"offset":0}},
        {"partition":{"sourceClusterAlias":"source","targetClusterAlias":"target"},"offset":{"offset":0}}]}"#;
    let offsets = offsets(body).unwrap();
    let seen: Vec<_> = offsets
        .iter()
        .map(|(at, offset)| (at.topic.as_str(), at.partition, *offset))
        .collect();
    assert_eq!(seen, [("test-orders", 3, 12_345)]);
}

#[test]
fn a_checkpoint_task_has_no_partitions() {
    let body =
        br#"[{"id": {"connector": "c", "task": 0}, "config": {"task.assigned.groups": "g"}}]"#;
    assert!(tasks("c", body).unwrap().tasks[0].partitions.is_empty());
}

#[test]
fn every_cut_and_every_flipped_byte_of_real_answers_is_no_panic() {
    let status = include_bytes!("../../tests/fixtures/connect-4.3.1-status.json");
    let listed = include_bytes!("../../tests/fixtures/connect-4.3.1-tasks.json");
    assert_eq!(connectors(status).unwrap().len(), 4);
    assert_eq!(tasks("mirror-source", listed).unwrap().tasks.len(), 3);
    for end in 0..status.len() {
        assert!(connectors(&status[..end]).is_err(), "cut at {end}");
    }
    let mut bent = listed.to_vec();
    for at in 0..bent.len() {
        bent[at] ^= 0x41;
        let _ = tasks("mirror-source", &bent);
        bent[at] ^= 0x41;
    }
}
