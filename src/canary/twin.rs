//! Whether another process writes in this instance's name: both would take the other's records for theirs. Pure.

use std::time::Duration;

/// One of its records is enough to say so for this long.
const SAID_FOR: Duration = Duration::from_secs(30);

/// What gives a twin away: a record of this instance that this process did not send.
#[derive(Debug)]
pub(super) struct Twin {
    start: Duration,
    /// By partition: the sequences that this process has sent, from the first to before the next.
    sent: Vec<(u64, u64)>,
    seen: Option<Duration>,
    is_there: bool,
}

impl Twin {
    /// This process began at `start`.
    pub(super) fn new(start: Duration) -> Self {
        Self {
            start,
            sent: Vec::new(),
            seen: None,
            is_there: false,
        }
    }

    /// This process sends to the partitions that follow, from these sequences on.
    pub(super) fn begins(&mut self, first: &[u64]) {
        self.sent.extend(first.iter().map(|first| (*first, *first)));
    }

    /// How many partitions this process sends to.
    pub(super) fn partitions(&self) -> usize {
        self.sent.len()
    }

    pub(super) fn sent(&mut self, partition: usize, sequence: u64) {
        if let Some((_, next)) = self.sent.get_mut(partition) {
            *next = sequence + 1;
        }
    }

    pub(super) fn is_ours(&self, partition: usize, sequence: u64) -> bool {
        self.sent
            .get(partition)
            .is_some_and(|(first, next)| (*first..*next).contains(&sequence))
    }

    /// A record of this instance was read at the source. One that was meant to be sent before this process began may be a last word of
    /// the process before, that reached the broker late.
    pub(super) fn read(&mut self, is_ours: bool, intended: Duration, at: Duration) {
        if !is_ours && intended > self.start {
            self.seen = Some(at);
        }
    }

    /// Let time pass; the log is told when one appears, and when it is gone.
    pub(super) fn advance(&mut self, now: Duration, instance: &str) {
        let is_there = self
            .seen
            .is_some_and(|seen| now.saturating_sub(seen) < SAID_FOR);
        if is_there != self.is_there {
            if is_there {
                tracing::error!(
                    instance,
                    "canary: another process writes in the name of this instance"
                );
            } else {
                tracing::info!(
                    instance,
                    "canary: nobody else writes in the name of this instance any more"
                );
            }
        }
        self.is_there = is_there;
    }

    pub(super) fn problem(&self, instance: &str) -> Option<String> {
        self.is_there.then(|| {
            format!(
                "another process sends canary records as `{instance}`: counts of both are wrong; give each exporter a name of its own (--exporter-name)"
            )
        })
    }
}

#[test]
fn a_record_that_this_process_did_not_send_gives_a_twin_away_for_a_while() {
    let second = Duration::from_secs;
    let mut twin = Twin::new(second(100));
    twin.begins(&[40]);
    twin.sent(0, 40);
    assert!(twin.is_ours(0, 40) && !twin.is_ours(0, 41) && !twin.is_ours(1, 40));
    twin.read(true, second(101), second(101));
    twin.read(false, second(99), second(102));
    twin.advance(second(103), "me");
    assert_eq!(
        twin.problem("me"),
        None,
        "a last word of the process before"
    );
    twin.read(false, second(104), second(104));
    twin.advance(second(105), "me");
    assert!(twin.problem("me").unwrap().contains("`me`"));
    twin.advance(second(134), "me");
    assert_eq!(twin.problem("me"), None);
}
