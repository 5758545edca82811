//! The bytes that Connect workers keep in their group: `ConnectProtocol` (version 0) and
//! `IncrementalCooperativeConnectProtocol` (versions 1 and 2) of Apache Kafka.

use std::time::Duration;

use super::bytes::Bytes;
use crate::model::group::{ConnectGroup, GroupAssignment};

/// One member's bytes; empty while the group rebalances.
pub struct Member<'a> {
    /// What it offers.
    pub metadata: &'a [u8],
    /// What it was told.
    pub assignment: &'a [u8],
}

/// What a member's assignment says. The lists of connectors and tasks in it are changes only, so they are not read out.
#[derive(Debug, PartialEq, Eq)]
struct Assignment {
    leader: Option<String>,
    delay: Duration,
}

/// The group in `state` with its members; `None` if their bytes are not Connect's.
pub fn decode<'a>(state: &str, members: impl Iterator<Item = Member<'a>>) -> Option<ConnectGroup> {
    let members: Vec<Member> = members.collect();
    let settled = state == "Stable" && members.iter().all(Member::is_told);
    Some(ConnectGroup {
        members: members.len(),
        assignment: if settled {
            Some(joined(&members)?)
        } else {
            None
        },
    })
}

impl Member<'_> {
    fn is_told(&self) -> bool {
        !self.metadata.is_empty() && !self.assignment.is_empty()
    }
}

fn joined(members: &[Member]) -> Option<GroupAssignment> {
    let mut group = GroupAssignment {
        workers: Vec::with_capacity(members.len()),
        leader: None,
        delay: Duration::ZERO,
    };
    for member in members {
        group
            .workers
            .push(worker(&url(member.metadata)?).to_owned());
        let assignment = assignment(member.assignment)?;
        group.leader = group.leader.or(assignment
            .leader
            .as_deref()
            .map(|url| worker(url).to_owned()));
        group.delay = group.delay.max(assignment.delay);
    }
    group.workers.sort();
    Some(group)
}

/// `http://host:port/` → `host:port`, as Connect prints its worker ids.
fn worker(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

fn url(metadata: &[u8]) -> Option<String> {
    let mut bytes = Bytes(metadata);
    let _version = bytes.int16()?;
    bytes.string()?
}

fn assignment(bytes: &[u8]) -> Option<Assignment> {
    let mut bytes = Bytes(bytes);
    let version = bytes.int16()?;
    let _error = bytes.int16()?;
    let _leader_member = bytes.string()?;
    let leader = bytes.string()?.filter(|url| !url.is_empty());
    let _config_offset = bytes.take(8)?;
    skip_connectors(&mut bytes)?;
    let mut delay = 0;
    if version > 0 {
        skip_connectors(&mut bytes)?;
        delay = bytes.int32()?;
    }
    Some(Assignment {
        leader,
        delay: Duration::from_millis(u64::try_from(delay).unwrap_or(0)),
    })
}

/// Skip an array of (connector, array of task numbers); a null one has length −1.
fn skip_connectors(bytes: &mut Bytes) -> Option<()> {
    for _ in 0..bytes.int32()?.max(0) {
        bytes.string()?;
        let tasks = usize::try_from(bytes.int32()?.max(0)).ok()?;
        bytes.take(tasks.checked_mul(4)?)?;
    }
    Some(())
}

#[cfg(test)]
fn text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend(i16::try_from(text.len()).unwrap().to_be_bytes());
    bytes.extend(text.as_bytes());
}

#[cfg(test)]
fn metadata_of(url: &str) -> Vec<u8> {
    let mut bytes = vec![0, 1];
    text(&mut bytes, url);
    bytes.extend([0, 0, 0, 0, 0, 0, 0, 9]);
    bytes.extend((-1_i32).to_be_bytes());
    bytes
}

#[cfg(test)]
fn assignment_of(version: u8, delay: i32) -> Vec<u8> {
    let mut bytes = vec![0, version, 0, 0];
    text(&mut bytes, "connect-1-uuid");
    text(&mut bytes, "http://127.0.0.1:18083/");
    bytes.extend([0, 0, 0, 0, 0, 0, 0, 9]);
    bytes.extend(1_i32.to_be_bytes());
    text(&mut bytes, "mirror-source");
    bytes.extend(2_i32.to_be_bytes());
    bytes.extend((-1_i32).to_be_bytes());
    bytes.extend(0_i32.to_be_bytes());
    if version > 0 {
        bytes.extend((-1_i32).to_be_bytes());
        bytes.extend(delay.to_be_bytes());
    }
    bytes
}

#[test]
fn a_stable_group_tells_members_leader_and_delay() {
    let (first, second) = (
        metadata_of("http://127.0.0.1:18084/"),
        metadata_of("http://127.0.0.1:18083/"),
    );
    let (none, withheld) = (assignment_of(2, 0), assignment_of(1, 300_000));
    let members = [
        Member {
            metadata: &first,
            assignment: &none,
        },
        Member {
            metadata: &second,
            assignment: &withheld,
        },
    ];
    let group = decode("Stable", members.into_iter()).unwrap();
    assert_eq!(group.members, 2);
    let assignment = group.assignment.unwrap();
    assert_eq!(assignment.workers, ["127.0.0.1:18083", "127.0.0.1:18084"]);
    assert_eq!(assignment.leader.as_deref(), Some("127.0.0.1:18083"));
    assert_eq!(assignment.delay, Duration::from_mins(5));
}

#[test]
fn the_eager_protocol_has_no_delay() {
    let expected = Assignment {
        leader: Some("http://127.0.0.1:18083/".to_owned()),
        delay: Duration::ZERO,
    };
    assert_eq!(assignment(&assignment_of(0, 7)), Some(expected));
}

#[test]
fn a_group_that_rebalances_tells_its_size_only() {
    let metadata = metadata_of("http://127.0.0.1:18084/");
    let members = [Member {
        metadata: &metadata,
        assignment: &[],
    }];
    let group = decode("CompletingRebalance", members.into_iter()).unwrap();
    assert_eq!((group.members, group.assignment), (1, None));
}

#[test]
fn every_cut_assignment_is_refused_without_a_panic() {
    let whole = assignment_of(2, 5_000);
    for end in 0..whole.len() {
        assert_eq!(assignment(&whole[..end]), None, "{end}");
    }
    let huge = [
        &[0, 1, 0, 0, 0, 0, 0, 0][..],
        &[0; 8],
        &[0x7f; 4],
        &[0x7f; 4],
    ]
    .concat();
    assert_eq!(assignment(&huge), None);
}
