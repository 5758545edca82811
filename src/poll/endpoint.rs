//! The clock of one endpoint: poll, note how it went, publish the reading.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::task::JoinError;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::Schedule;
use crate::clock;
use crate::model::snapshot::{ErrorKind, Moment, Reading};

/// Why a poll failed: a kind for the counter, a text for the log.
#[derive(Debug, PartialEq)]
pub(super) struct Failure {
    pub(super) kind: ErrorKind,
    pub(super) message: String,
}

/// What a poll yielded, and what was wrong with parts of it.
pub(super) struct Answer<T> {
    pub(super) value: T,
    /// Parts that could not be read.
    pub(super) partial: Option<Failure>,
}

/// Poll an endpoint for ever. `read` is called anew for each poll; one that is late makes the next start later, one that
/// panics is a failure like any other.
pub(super) async fn run<T, F: Future<Output = Result<Answer<T>, Failure>>>(
    schedule: Schedule,
    sender: watch::Sender<Reading<T>>,
    mut read: impl FnMut() -> F,
) {
    let mut ticks = interval(schedule.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut complaint = None;
    loop {
        ticks.tick().await;
        let begun = clock::now();
        // What a read leaves behind when it panics, the readers themselves put right: see their locks.
        let answer = AssertUnwindSafe(async { read().await }).catch_unwind();
        let outcome = match timeout(schedule.deadline, answer).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => Err(panicked(panic.as_ref())),
            Err(_) => Err(late(schedule.deadline)),
        };
        let ended = clock::now();
        let said = complaint_of(&outcome);
        let endpoint = Arc::clone(&sender.borrow().endpoint);
        log_change(&endpoint, complaint.as_ref(), said.as_ref());
        complaint = said;
        sender.send_modify(|reading| {
            reading.expire(ended, schedule.time_to_live);
            note(reading, outcome, begun, ended);
        });
    }
}

fn late(deadline: Duration) -> Failure {
    Failure {
        kind: ErrorKind::Timeout,
        message: format!("no answer within {deadline:?}"),
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Failure {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Failure {
        kind: ErrorKind::Panic,
        message: format!("panicked: {}", text.unwrap_or("it does not say why")),
    }
}

/// Why a read on a thread of its own did not come back.
pub(super) fn lost(error: JoinError) -> Failure {
    match error.try_into_panic() {
        Ok(panic) => panicked(panic.as_ref()),
        Err(error) => Failure {
            kind: ErrorKind::Kafka,
            message: error.to_string(),
        },
    }
}

/// Take the outcome of one poll into the reading.
fn note<T>(
    reading: &mut Reading<T>,
    outcome: Result<Answer<T>, Failure>,
    begun: Moment,
    ended: Moment,
) {
    reading.duration = Some(ended.monotonic.saturating_sub(begun.monotonic));
    reading.up = outcome.is_ok();
    let failure = match outcome {
        Ok(answer) => {
            reading.value = Some(Arc::new(answer.value));
            reading.begun = Some(begun);
            reading.last_success = Some(ended.wall);
            answer.partial
        }
        Err(failure) => Some(failure),
    };
    if let Some(failure) = failure {
        reading.errors[failure.kind.index()] += 1;
    }
}

/// What there is to complain about, and whether the whole poll failed.
#[derive(Debug, PartialEq)]
struct Complaint {
    down: bool,
    kind: ErrorKind,
    message: String,
}

impl Complaint {
    /// Whether the log has told of it: whoever is away refuses connections now and lets them wait then, which is no news.
    fn is_like(&self, told: &Self) -> bool {
        let is_silence = |kind| matches!(kind, ErrorKind::Connect | ErrorKind::Timeout);
        let both_silent = is_silence(self.kind) && is_silence(told.kind);
        self.down == told.down && (self.kind == told.kind || both_silent)
    }
}

fn complaint_of<T>(outcome: &Result<Answer<T>, Failure>) -> Option<Complaint> {
    let (down, failure) = match outcome {
        Ok(answer) => (false, answer.partial.as_ref()?),
        Err(failure) => (true, failure),
    };
    Some(Complaint {
        down,
        kind: failure.kind,
        message: failure.message.clone(),
    })
}

/// One line when an endpoint's state changes; repeated failures are counted on the page, not logged.
fn log_change(endpoint: &str, before: Option<&Complaint>, now: Option<&Complaint>) {
    match (before, now) {
        (None, None) => {}
        (Some(_), None) => tracing::info!(endpoint, "answers again"),
        (Some(before), Some(now)) if now.is_like(before) => {
            tracing::debug!(endpoint, error = now.message, "still no full answer");
        }
        (_, Some(now)) if now.down => {
            tracing::warn!(
                endpoint,
                kind = now.kind.as_str(),
                error = now.message,
                "does not answer"
            );
        }
        (_, Some(now)) => {
            tracing::warn!(
                endpoint,
                kind = now.kind.as_str(),
                error = now.message,
                "answers in part"
            );
        }
    }
}

/// A reading's channel that no poll has written to.
pub(super) fn channel<T>(
    endpoint: &str,
) -> (watch::Sender<Reading<T>>, watch::Receiver<Reading<T>>) {
    watch::channel(Reading::none(endpoint))
}

#[cfg(test)]
fn at(seconds: u64) -> Moment {
    Moment {
        wall: crate::model::time::Timestamp::from_millis(i64::try_from(seconds).unwrap() * 1_000),
        monotonic: Duration::from_secs(seconds),
    }
}

#[test]
fn a_failed_poll_keeps_the_last_value_and_its_age() {
    let mut reading = Reading::none("rest:a:1");
    let good = Ok(Answer {
        value: 7,
        partial: None,
    });
    note(&mut reading, good, at(10), at(11));
    note(
        &mut reading,
        Err(late(Duration::from_secs(4))),
        at(15),
        at(19),
    );
    assert!(!reading.up);
    assert_eq!(reading.value.as_deref(), Some(&7));
    assert_eq!(reading.age(at(20)), Some(Duration::from_secs(10)));
    assert_eq!(reading.last_success, Some(at(11).wall));
    assert_eq!(reading.duration, Some(Duration::from_secs(4)));
    assert_eq!(reading.errors[ErrorKind::Timeout.index()], 1);
}

#[test]
fn another_kind_of_silence_is_no_news_and_another_kind_of_failure_is() {
    let complaint = |down, kind| Complaint {
        down,
        kind,
        message: String::new(),
    };
    let refused = complaint(true, ErrorKind::Connect);
    assert!(complaint(true, ErrorKind::Timeout).is_like(&refused));
    assert!(refused.is_like(&complaint(true, ErrorKind::Timeout)));
    assert!(!complaint(true, ErrorKind::Denied).is_like(&refused));
    assert!(!complaint(false, ErrorKind::Timeout).is_like(&refused));
    let in_part = complaint(false, ErrorKind::Mbean);
    assert!(complaint(false, ErrorKind::Mbean).is_like(&in_part));
}

#[test]
fn an_answer_in_part_is_up_and_counted() {
    let mut reading = Reading::none("jolokia:a:1");
    let partial = Failure {
        kind: ErrorKind::Mbean,
        message: "one".to_owned(),
    };
    note(
        &mut reading,
        Ok(Answer {
            value: 7,
            partial: Some(partial),
        }),
        at(1),
        at(2),
    );
    assert!(reading.up);
    assert_eq!(reading.errors[ErrorKind::Mbean.index()], 1);
}

#[tokio::test(start_paused = true)]
async fn a_value_that_gets_too_old_is_dropped_and_counted_once() {
    let schedule = Schedule {
        interval: Duration::from_secs(5),
        deadline: Duration::from_secs(4),
        time_to_live: Duration::ZERO,
    };
    let (sender, mut receiver) = channel::<u8>("rest:a:1");
    let mut polls = 0;
    let poll = tokio::spawn(run(schedule, sender, move || {
        polls += 1;
        // The clock of readings is not the paused one.
        std::thread::sleep(Duration::from_millis(1));
        let outcome = if polls == 1 {
            Ok(Answer {
                value: 7,
                partial: None,
            })
        } else {
            Err(late(schedule.deadline))
        };
        std::future::ready(outcome)
    }));
    for expired in [0, 1, 1] {
        receiver.changed().await.unwrap();
        let reading = receiver.borrow_and_update();
        assert_eq!(reading.expired, expired);
        assert_eq!(reading.value.is_some(), expired == 0);
    }
    poll.abort();
}

#[tokio::test(start_paused = true)]
async fn a_poll_without_an_answer_ends_at_its_deadline() {
    let schedule = Schedule {
        interval: Duration::from_secs(5),
        deadline: Duration::from_secs(4),
        time_to_live: Duration::from_secs(15),
    };
    let (sender, mut receiver) = channel::<u8>("rest:a:1");
    let poll = tokio::spawn(run(schedule, sender, std::future::pending));
    receiver.changed().await.unwrap();
    assert_eq!(
        receiver.borrow_and_update().errors[ErrorKind::Timeout.index()],
        1
    );
    receiver.changed().await.unwrap();
    assert_eq!(receiver.borrow().errors[ErrorKind::Timeout.index()], 2);
    poll.abort();
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_panics_is_counted_and_tried_again() {
    let schedule = Schedule {
        interval: Duration::from_secs(5),
        deadline: Duration::from_secs(4),
        time_to_live: Duration::from_secs(15),
    };
    let (sender, mut receiver) = channel::<u8>("rest:a:1");
    let mut turn = 0;
    let read = move || {
        turn += 1;
        // Before the future, within it, on a thread of its own; then all is well.
        assert_ne!(turn, 1, "at once");
        async move {
            assert_ne!(turn, 2, "later");
            let task = tokio::task::spawn_blocking(move || assert_ne!(turn, 3, "elsewhere"));
            task.await.map_err(lost)?;
            Ok(Answer {
                value: 7,
                partial: None,
            })
        }
    };
    let poll = tokio::spawn(run(schedule, sender, read));
    for panics in 1..=3 {
        receiver.changed().await.unwrap();
        let reading = receiver.borrow_and_update();
        assert!(!reading.up);
        assert_eq!(reading.errors[ErrorKind::Panic.index()], panics);
    }
    receiver.changed().await.unwrap();
    let reading = receiver.borrow_and_update().clone();
    assert!(reading.up);
    assert_eq!(reading.value.as_deref(), Some(&7));
    assert_eq!(reading.errors.iter().sum::<u64>(), 3);
    poll.abort();
}
