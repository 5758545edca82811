//! Compares the exporter's and the server's clock with ours, before and after the window (definitions.md, "Clocks").

use std::future::Future;
use std::io;

use super::events::EventLog;
use crate::clock;
use crate::recovery::clocks::{Clock, compared};
use crate::recovery::events::What;
use crate::storage::prometheus::{self, Server};

/// How often each clock is read; the comparison with the shortest round trip counts.
const READINGS: usize = 5;

/// How far a server's clock is ahead of ours, and half the round trip with the coarseness of its answer, in microseconds.
pub async fn server_offset(server: &Server) -> Result<(i64, i64), prometheus::Error> {
    let before = clock::wall();
    let there = server.clock().await?;
    let (offset, half) = compared(before, there.at, clock::wall());
    Ok((offset, half + there.half))
}

/// Read `clock` a few times and note the best comparison; a clock that cannot be read is not known, and that is said.
///
/// `read` gives how far it is ahead of ours and half the round trip, in microseconds.
pub async fn compare<E, F>(
    clock: &str,
    log: &mut EventLog,
    read: impl FnMut() -> F,
) -> io::Result<Option<Clock>>
where
    E: std::fmt::Display,
    F: Future<Output = Result<(i64, i64), E>>,
{
    let best = best(clock, read).await;
    if let Some(Clock { offset, epsilon }) = best {
        log.append(What::ClockCompared {
            clock: clock.to_owned(),
            offset_us: offset,
            epsilon_us: epsilon,
        })?;
    }
    Ok(best)
}

/// The same, without a note of it.
pub(super) async fn best<E, F>(clock: &str, mut read: impl FnMut() -> F) -> Option<Clock>
where
    E: std::fmt::Display,
    F: Future<Output = Result<(i64, i64), E>>,
{
    let mut best: Option<(i64, i64)> = None;
    for _ in 0..READINGS {
        match read().await {
            Ok(reading) => {
                let readings = best.into_iter().chain([reading]);
                best = readings.min_by_key(|(_, half)| *half);
            }
            Err(error) => {
                tracing::warn!(clock, %error, "cannot compare this clock with ours");
                break;
            }
        }
    }
    best.map(|(offset, epsilon)| Clock { offset, epsilon })
}

#[tokio::test]
async fn the_shortest_round_trip_counts() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = EventLog::create(dir.path()).unwrap();
    let mut readings = [(7, 40), (5, 20), (9, 90), (6, 30), (8, 50)].into_iter();
    let read = || std::future::ready(readings.next().ok_or("no more"));
    let best = Clock {
        offset: 5,
        epsilon: 20,
    };
    assert_eq!(
        compare("exporter", &mut log, read).await.unwrap(),
        Some(best)
    );
    let What::ClockCompared { epsilon_us, .. } = log.written()[0].what else {
        panic!("another event");
    };
    assert_eq!(epsilon_us, 20);
}

#[tokio::test]
async fn a_clock_that_cannot_be_read_leaves_no_event() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = EventLog::create(dir.path()).unwrap();
    let offset = compare("exporter", &mut log, || {
        std::future::ready(Err::<(i64, i64), _>("down"))
    })
    .await;
    assert_eq!(offset.unwrap(), None);
    assert!(log.written().is_empty());
}
