//! Binary forms: MM2's records, Connect's status topic and the bytes that its workers keep in their group, laid out as
//! the sources of Kafka say.

use mirrorwatch::kafka::{Fold, Member, Record, decode_group};
use mirrorwatch::model::checkpoint::{Checkpoints, Heartbeat};
use mirrorwatch::model::status::StatusLog;
use mirrorwatch::model::time::Timestamp;

fn text(text: &str) -> Vec<u8> {
    let length = i16::try_from(text.len()).unwrap();
    [&length.to_be_bytes()[..], text.as_bytes()].concat()
}

/// Two byte strings as one: how long the first is, the first, the second.
fn joined(first: &[u8], second: &[u8]) -> Vec<u8> {
    let length = u16::try_from(first.len()).unwrap();
    [&length.to_be_bytes()[..], first, second].concat()
}

fn parted(input: &[u8]) -> (&[u8], &[u8]) {
    let Some((length, rest)) = input.split_first_chunk() else {
        return (&[], &[]);
    };
    rest.split_at(usize::from(u16::from_be_bytes(*length)).min(rest.len()))
}

/// Keys and values of the three topics.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let key = [
        text("orders-app"),
        text("source.test-orders"),
        3_i32.to_be_bytes().to_vec(),
    ]
    .concat();
    let value = [
        vec![0, 0],
        200_i64.to_be_bytes().to_vec(),
        180_i64.to_be_bytes().to_vec(),
        text(""),
    ]
    .concat();
    let beat = [text("source"), text("target")].concat();
    let sent = [vec![0, 0], 1_795_423_000_000_i64.to_be_bytes().to_vec()].concat();
    let status = br#"{"state":"RUNNING","trace":null,"worker_id":"127.0.0.1:8083","generation":4,"version":"4.3.1"}"#;
    vec![
        joined(&key, &value),
        joined(&beat, &sent),
        joined(b"status-task-mirror-source-2", status),
        joined(b"status-connector-mirror-source", status),
    ]
}

/// Each record is taken in or counted as malformed, by every reader.
pub(crate) fn run(input: &[u8]) -> bool {
    let (key, value) = parted(input);
    let mut checkpoints = Checkpoints::default();
    let mut heartbeat = Heartbeat::default();
    let mut log = StatusLog::default();
    for value in [Some(value), None] {
        let record = Record {
            key,
            value,
            timestamp: Some(Timestamp::from_millis(7)),
            is_live: true,
        };
        checkpoints.take(&record);
        heartbeat.take(&record);
        log.take(&record);
    }
    checkpoints.malformed == 0 || heartbeat.malformed == 0 || log.malformed == 0
}

/// Metadata and assignment of a member.
pub(crate) fn groups() -> Vec<Vec<u8>> {
    let metadata = [
        vec![0, 1],
        text("http://127.0.0.1:8083/"),
        9_i64.to_be_bytes().to_vec(),
        (-1_i32).to_be_bytes().to_vec(),
    ]
    .concat();
    let listed = [
        1_i32.to_be_bytes().to_vec(),
        text("mirror-source"),
        2_i32.to_be_bytes().to_vec(),
        [0; 8].to_vec(),
    ]
    .concat();
    let assignment = |version: u8| {
        let revoked = [(-1_i32).to_be_bytes(), 300_000_i32.to_be_bytes()].concat();
        [
            vec![0, version, 0, 0],
            text("connect-1-uuid"),
            text("http://127.0.0.1:8083/"),
            9_i64.to_be_bytes().to_vec(),
            listed.clone(),
            if version > 0 { revoked } else { Vec::new() },
        ]
        .concat()
    };
    [0, 1, 2]
        .map(|version| joined(&metadata, &assignment(version)))
        .to_vec()
}

pub(crate) fn group(input: &[u8]) -> bool {
    let (metadata, assignment) = parted(input);
    let members = ["Stable", "PreparingRebalance"].map(|state| {
        let member = Member {
            metadata,
            assignment,
        };
        decode_group(state, std::iter::once(member))
    });
    assert!(
        members[1].is_some(),
        "while it rebalances, nothing is read out"
    );
    members[0].is_some()
}
