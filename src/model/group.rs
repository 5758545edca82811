//! What the Connect cluster's own group says: who is in it, who leads, and whether tasks are withheld.

use std::time::Duration;

use super::time::Timestamp;

/// The Connect group at one read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectGroup {
    /// Members, with or without an assignment.
    pub members: usize,
    /// What the members were assigned; `None` while the group rebalances.
    pub assignment: Option<GroupAssignment>,
}

/// What the last rebalance decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupAssignment {
    /// Worker ids of the members, sorted.
    pub workers: Vec<String>,
    /// Worker id of the leader.
    pub leader: Option<String>,
    /// How long the leader withholds lost tasks from the moment of that rebalance; zero when nothing is withheld.
    pub delay: Duration,
}

/// The group, and until when tasks are withheld by what was seen since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupView {
    /// The group as it was read.
    pub group: ConnectGroup,
    /// Latest end of the withholding; `None` when nothing is withheld.
    pub withheld_until: Option<Timestamp>,
}

/// Remembers since when a delay has been seen: the delay in the assignments is constant and does not count down.
#[derive(Clone, Copy, Debug, Default)]
pub struct Withholding {
    since: Option<(Timestamp, Duration)>,
}

impl Withholding {
    /// Take in what was read at `now`, and say until when tasks are withheld at the latest.
    ///
    /// A changed delay is a new rebalance that carries what was left, so it counts from its own first sight. So does one
    /// that is still there after its end: another worker was lost before the end of the first withholding was seen.
    /// A group that rebalances says nothing: what was seen before stands.
    pub fn observe(&mut self, group: &ConnectGroup, now: Timestamp) -> Option<Timestamp> {
        if let Some(assignment) = &group.assignment {
            self.since = match self.since {
                _ if assignment.delay.is_zero() => None,
                Some((seen, delay)) if delay == assignment.delay && now <= seen.plus(delay) => {
                    Some((seen, delay))
                }
                _ => Some((now, assignment.delay)),
            };
        }
        self.since.map(|(seen, delay)| seen.plus(delay))
    }
}

#[cfg(test)]
fn with_delay(seconds: u64) -> ConnectGroup {
    ConnectGroup {
        members: 2,
        assignment: Some(GroupAssignment {
            workers: vec!["a:1".to_owned(), "b:1".to_owned()],
            leader: Some("a:1".to_owned()),
            delay: Duration::from_secs(seconds),
        }),
    }
}

#[test]
fn tasks_are_withheld_until_the_first_sight_of_the_delay_plus_the_delay() {
    let mut withholding = Withholding::default();
    let at = |second: i64| Timestamp::from_millis(second * 1_000);
    assert_eq!(withholding.observe(&with_delay(0), at(0)), None);
    assert_eq!(withholding.observe(&with_delay(300), at(5)), Some(at(305)));
    assert_eq!(withholding.observe(&with_delay(300), at(10)), Some(at(305)));
    let rebalancing = ConnectGroup {
        members: 2,
        assignment: None,
    };
    assert_eq!(withholding.observe(&rebalancing, at(15)), Some(at(305)));
    assert_eq!(withholding.observe(&with_delay(280), at(25)), Some(at(305)));
    assert_eq!(withholding.observe(&with_delay(0), at(306)), None);
    assert_eq!(
        withholding.observe(&with_delay(300), at(400)),
        Some(at(700))
    );
}

#[test]
fn a_delay_that_is_still_there_after_its_end_is_another_one() {
    let mut withholding = Withholding::default();
    let at = |second: i64| Timestamp::from_millis(second * 1_000);
    assert_eq!(withholding.observe(&with_delay(8), at(5)), Some(at(13)));
    assert_eq!(withholding.observe(&with_delay(8), at(10)), Some(at(13)));
    assert_eq!(withholding.observe(&with_delay(8), at(15)), Some(at(23)));
    assert_eq!(withholding.observe(&with_delay(8), at(20)), Some(at(23)));
}
