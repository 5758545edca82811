//! Finds the canary's topic on one side, sets the reader on it, and asks again and again whether the cluster answers.
//!
//! The question is put through the reader's own client and needs no record to flow: while MM2 stalls, the target answers, and the
//! canary is not blind.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use rdkafka::consumer::Consumer as _;
use rdkafka::error::{KafkaResult, RDKafkaErrorCode};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::event::{Event, Side};
use super::reader::Consumer;
use super::running::Running;
use super::topic::Creator;
use crate::clock;

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// Every so many questions the topic is looked up again: it may have been given more partitions.
const LOOK_UP_EVERY: u32 = 100;

/// Fields are dropped in their order: the client before the word that all has ended.
pub(super) struct Scout {
    pub(super) client: Arc<Consumer>,
    pub(super) side: Side,
    /// The topic's name on this side.
    pub(super) topic: String,
    /// Makes the topic where it is missing; only the source has one.
    pub(super) creator: Option<Creator>,
    pub(super) interval: Duration,
    pub(super) events: Sender<Event>,
    /// Partitions that the reader was set on.
    pub(super) known: i32,
    /// Whether the topic was seen to be missing: then it is read from its beginning.
    pub(super) was_missing: bool,
    pub(super) said: Option<String>,
    pub(super) running: Running,
}

impl Scout {
    pub(super) fn run(mut self) {
        let mut questions = 0_u32;
        while !self.running.is_stopped() {
            let answer = if self.known == 0 || questions.is_multiple_of(LOOK_UP_EVERY) {
                self.look_up()
            } else {
                self.ask(questions)
            };
            questions = questions.wrapping_add(1);
            let problem = answer.unwrap_or_else(|error| {
                self.client.context().complain(&error);
                Some(format!(
                    "the {} cluster does not answer: {error}",
                    self.side.name()
                ))
            });
            self.report(problem);
            thread::sleep(self.interval);
        }
    }

    /// Say what is wrong, or that nothing is any more, once.
    fn report(&mut self, problem: Option<String>) {
        if problem != self.said {
            self.tell(Event::Problem(self.side, problem.clone()));
            self.said = problem;
        }
    }

    fn tell(&self, event: Event) {
        // Without a receiver the canary has been stopped; the flag ends the loop.
        let _ = self.events.send(event);
    }

    fn answered(&self) {
        self.tell(Event::Answered(self.side, clock::monotonic()));
    }

    fn ask(&self, questions: u32) -> KafkaResult<Option<String>> {
        let partitions = u32::try_from(self.known).unwrap_or(1).max(1);
        let partition = i32::try_from(questions % partitions).unwrap_or(0);
        self.client
            .fetch_watermarks(&self.topic, partition, PATIENCE)?;
        self.answered();
        Ok(None)
    }

    fn look_up(&mut self) -> KafkaResult<Option<String>> {
        let metadata = self.client.fetch_metadata(Some(&self.topic), PATIENCE)?;
        self.answered();
        let topic = metadata
            .topics()
            .iter()
            .find(|topic| topic.name() == self.topic);
        let error = topic
            .and_then(rdkafka::metadata::MetadataTopic::error)
            .map(RDKafkaErrorCode::from);
        let partitions = topic.map_or(0, |topic| topic.partitions().len());
        match error {
            None if partitions > 0 => {
                self.extend_to(i32::try_from(partitions).unwrap_or(i32::MAX))?;
                Ok(None)
            }
            None
            | Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {
                self.was_missing = true;
                Ok(self.missing(metadata.brokers().len()))
            }
            Some(code) => Ok(Some(format!(
                "topic `{}` cannot be read on the {} cluster: {code}",
                self.topic,
                self.side.name()
            ))),
        }
    }

    fn missing(&self, brokers: usize) -> Option<String> {
        match &self.creator {
            Some(creator) => creator.create(&self.topic, brokers),
            None => Some(format!(
                "topic `{}` is not on the target yet: MM2 creates it at its next topic refresh (refresh.topics.interval.seconds)",
                self.topic
            )),
        }
    }

    /// Set the reader on the partitions that it does not read yet: at their end if they were there from the start, else at
    /// their beginning.
    fn extend_to(&mut self, partitions: i32) -> KafkaResult<()> {
        if partitions <= self.known {
            return Ok(());
        }
        let mut assignment = TopicPartitionList::new();
        let positions = self.client.position()?;
        for partition in 0..partitions {
            let offset = match positions.find_partition(&self.topic, partition) {
                Some(standing) if partition < self.known => resumed(standing.offset()),
                _ if self.was_missing || self.known > 0 => Offset::Beginning,
                _ => Offset::Offset(
                    self.client
                        .fetch_watermarks(&self.topic, partition, PATIENCE)?
                        .1,
                ),
            };
            assignment.add_partition_offset(&self.topic, partition, offset)?;
        }
        self.client.assign(&assignment)?;
        self.known = partitions;
        self.tell(Event::Positioned(
            self.side,
            usize::try_from(partitions).unwrap_or(0),
        ));
        Ok(())
    }
}

/// A partition that has not been read from yet has no position; what stands there is then all new.
fn resumed(position: Offset) -> Offset {
    match position {
        Offset::Offset(_) => position,
        _ => Offset::Beginning,
    }
}
