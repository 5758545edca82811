//! Looks for the newest settled point of each partition, backwards from the end of the source's log in growing steps.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::Consumer as _;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::SettledPoint;
use crate::canary::reader::Consumer;
use crate::canary::running::Running;
use crate::clock;

/// How far back each step begins, in records before the end. At 10 records/s a settled point is to be found every 51 records of one
/// instance; the last step is the bound: 12 hours of two instances.
const STEPS: [i64; 4] = [256, 4_096, 65_536, 1 << 20];
/// A step that reads nothing for so long is given up, and all is tried again later.
const PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(100);

/// The part of a log that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::canary) struct Log {
    pub(in crate::canary) low: i64,
    pub(in crate::canary) high: i64,
}

/// What was found in one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::canary) enum Found {
    /// The newest settled point of this instance.
    Point(Box<SettledPoint>),
    /// There is none in all of the log.
    Nothing,
    /// There is none before the bound.
    NotWithinBound,
}

/// Who looks, and where.
pub(in crate::canary) struct Search<'a> {
    pub(in crate::canary) client: &'a Consumer,
    pub(in crate::canary) topic: &'a str,
    pub(in crate::canary) instance: &'a str,
    pub(in crate::canary) running: &'a Running,
}

/// A stretch of a log that one step reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    from: i64,
    to: i64,
}

impl Search<'_> {
    /// The newest settled point of this instance in each partition; `logs` are those of the partitions from 0 on.
    pub(in crate::canary) fn newest(&self, logs: &[Log]) -> KafkaResult<Vec<Found>> {
        let mut found = vec![Found::Nothing; logs.len()];
        let mut open: BTreeMap<usize, Log> = logs.iter().copied().enumerate().collect();
        let mut before = 0;
        for step in STEPS {
            let stretches = open
                .iter()
                .filter_map(|(n, log)| Some((*n, stretch(*log, before, step)?)));
            for (partition, point) in self.read(stretches.collect())? {
                if let Some(found) = found.get_mut(partition) {
                    *found = Found::Point(point);
                }
                open.remove(&partition);
            }
            open.retain(|_, log| log.high - step > log.low);
            before = step;
        }
        for partition in open.into_keys() {
            if let Some(found) = found.get_mut(partition) {
                *found = Found::NotWithinBound;
            }
        }
        Ok(found)
    }

    /// Read each partition's stretch; the last settled point in it.
    fn read(
        &self,
        mut open: BTreeMap<usize, Stretch>,
    ) -> KafkaResult<BTreeMap<usize, Box<SettledPoint>>> {
        let mut points = BTreeMap::new();
        if open.is_empty() {
            return Ok(points);
        }
        self.assign(&open)?;
        let mut progress = clock::monotonic();
        while !open.is_empty() {
            let is_stuck = clock::monotonic().saturating_sub(progress) > PATIENCE;
            if is_stuck || self.running.is_stopped() {
                let code = RDKafkaErrorCode::OperationTimedOut;
                return Err(KafkaError::MessageConsumption(code));
            }
            let finished = match self.client.poll(POLL) {
                Some(Ok(message)) => {
                    progress = clock::monotonic();
                    let partition = usize::try_from(message.partition()).unwrap_or(usize::MAX);
                    let Some(stretch) = open.get(&partition) else {
                        continue;
                    };
                    if message.offset() < stretch.to
                        && let Some(point) = self.own(&message)
                    {
                        points.insert(partition, Box::new(point));
                    }
                    (message.offset() + 1 >= stretch.to).then_some(partition)
                }
                // What is left of the stretch holds no records.
                Some(Err(KafkaError::PartitionEOF(partition))) => usize::try_from(partition).ok(),
                Some(Err(error)) => {
                    self.client.context().complain(&error);
                    None
                }
                None => None,
            };
            if let Some(partition) = finished {
                open.remove(&partition);
            }
        }
        Ok(points)
    }

    fn assign(&self, open: &BTreeMap<usize, Stretch>) -> KafkaResult<()> {
        let mut assignment = TopicPartitionList::new();
        for (partition, stretch) in open {
            let partition = i32::try_from(*partition).unwrap_or(i32::MAX);
            assignment.add_partition_offset(self.topic, partition, Offset::Offset(stretch.from))?;
        }
        self.client.assign(&assignment)
    }

    fn own(&self, message: &BorrowedMessage<'_>) -> Option<SettledPoint> {
        let point = SettledPoint::decode(message.payload()?)?;
        let is_here = point.topic == self.topic && point.partition == message.partition();
        (is_here && point.instance == self.instance).then_some(point)
    }
}

/// What one step reads of a log: from `step` records before its end up to where the step before began; `None` if that is nothing.
fn stretch(log: Log, before: i64, step: i64) -> Option<Stretch> {
    let stretch = Stretch {
        from: log.high.saturating_sub(step).max(log.low),
        to: log.high - before,
    };
    (stretch.from < stretch.to).then_some(stretch)
}

#[test]
fn steps_follow_each_other_without_a_gap_and_end_at_the_start_of_the_log() {
    let log = Log {
        low: 40,
        high: 5_000,
    };
    let steps = [(0, 256), (256, 4_096), (4_096, 65_536), (65_536, 1 << 20)];
    let read = steps.map(|(before, step)| stretch(log, before, step).map(|s| (s.from, s.to)));
    assert_eq!(
        read,
        [
            Some((4_744, 5_000)),
            Some((904, 4_744)),
            Some((40, 904)),
            None
        ]
    );
}
