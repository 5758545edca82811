//! Which task a Kafka client of a worker belongs to, by its `client.id`.

/// The connector, and the task if the client is a task's.
///
/// Connect names a task's own clients `connector-producer-<connector>-<task>`; MM2 names its own since Kafka 3.5
/// `[<client.id>|]<source>-><target>|<connector>[-<task>]|<role>`. Of others nothing is known.
pub fn owner(client_id: &str) -> Option<(&str, Option<&str>)> {
    for kind in ["producer", "consumer", "adminclient"] {
        let own = client_id
            .strip_prefix("connector-")
            .and_then(|rest| rest.strip_prefix(kind)?.strip_prefix('-'));
        if let Some(own) = own {
            return Some(task(own));
        }
    }
    let (front, _role) = client_id.rsplit_once('|')?;
    let (flow, own) = front.rsplit_once('|')?;
    flow.contains("->").then(|| task(own))
}

/// `<connector>-<task>`, or a connector alone.
fn task(own: &str) -> (&str, Option<&str>) {
    match own.rsplit_once('-') {
        Some((connector, task))
            if !task.is_empty() && task.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            (connector, Some(task))
        }
        _ => (own, None),
    }
}

#[test]
fn the_clients_of_tasks_tell_their_task() {
    for (client_id, connector, task) in [
        (
            "connector-producer-mirror-source-2",
            "mirror-source",
            Some("2"),
        ),
        (
            "source->target|mirror-source-0|replication-consumer",
            "mirror-source",
            Some("0"),
        ),
        (
            "mine|source->target|mirror-source-11|offset-syncs-source-producer",
            "mirror-source",
            Some("11"),
        ),
        (
            "source->target|mirror-source|replication-source-admin",
            "mirror-source",
            None,
        ),
        (
            "connector-adminclient-mirror-checkpoint-0",
            "mirror-checkpoint",
            Some("0"),
        ),
    ] {
        assert_eq!(owner(client_id), Some((connector, task)), "{client_id}");
    }
}

#[test]
fn other_clients_tell_nothing() {
    for client_id in [
        "connect-lab-configs",
        "consumer-null-3",
        "a|b|c",
        "",
        "|",
        "connect-127.0.0.1:8083",
    ] {
        assert_eq!(owner(client_id), None, "{client_id}");
    }
}
