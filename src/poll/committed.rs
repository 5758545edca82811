//! What the connectors of the flows have committed as copied. Each answer costs the worker a look into its offset topic, and
//! all of them together may take longer than a poll may: what came in time counts, and the rest is asked for first next time.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::stream::{self, StreamExt};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Schedule;
use super::endpoint::{self, Answer, Failure};
use super::readers::{AT_A_TIME, connect_failure, connectors, hedged, whole};
use crate::connect;
use crate::model::flow::Flow;
use crate::model::offsets::ConnectOffsets;
use crate::model::snapshot::{ErrorKind, Reading};

/// Connectors that are named where some are missing.
const NAMED: usize = 5;

/// Ask for the offsets of the flows' connectors again and again.
pub(super) fn offsets(
    loops: &mut JoinSet<()>,
    schedule: Schedule,
    clients: Vec<connect::Client>,
    flows: &Arc<[Flow]>,
) -> watch::Receiver<Reading<ConnectOffsets>> {
    let (sender, receiver) = endpoint::channel("connect_offsets");
    let clients: Arc<[_]> = clients.into();
    let order = Arc::new(Mutex::new(connectors(flows).to_vec()));
    loops.spawn(endpoint::run(schedule, sender, move || {
        let (clients, order) = (Arc::clone(&clients), Arc::clone(&order));
        async move {
            let round = Arc::new(Round::of(unpoisoned(&order).clone()));
            let asked = hedged(&clients, schedule.deadline, |client| {
                ask(Arc::clone(&round), client)
            });
            // What is there has to be handed over before the poll gives up.
            let outcome = timeout(schedule.deadline.mul_f64(0.9), asked).await;
            *unpoisoned(&order) = round.missing_first();
            let failure = match outcome {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(connect_failure(error)),
                Err(_) => Some(round.late()),
            };
            round.answer(failure)
        }
    }));
    receiver
}

/// One round through all connectors, by several workers.
struct Round {
    wanted: Vec<String>,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    offsets: ConnectOffsets,
    /// Connectors that are not there.
    gone: BTreeSet<String>,
}

impl Told {
    fn has(&self, connector: &str) -> bool {
        self.offsets.connectors.contains_key(connector) || self.gone.contains(connector)
    }
}

impl Round {
    fn of(wanted: Vec<String>) -> Self {
        Self {
            wanted,
            told: Mutex::default(),
        }
    }

    /// The connectors of which nobody has told.
    fn missing(&self) -> Vec<String> {
        let told = unpoisoned(&self.told);
        let missing = self.wanted.iter().filter(|connector| !told.has(connector));
        missing.cloned().collect()
    }

    /// All connectors, those first of which nobody has told.
    fn missing_first(&self) -> Vec<String> {
        let told = unpoisoned(&self.told);
        let mut order = self.wanted.clone();
        order.sort_by_key(|connector| told.has(connector));
        order
    }

    fn late(&self) -> Failure {
        let missing = self.missing();
        let named = missing[..missing.len().min(NAMED)].join(", ");
        let more = if missing.len() > NAMED { ", …" } else { "" };
        let (some, all) = (missing.len(), self.wanted.len());
        Failure {
            kind: ErrorKind::Timeout,
            message: format!("no offsets in time of {some} of {all} connectors: {named}{more}"),
        }
    }

    /// What was told, with what went wrong; if nothing was, only that.
    fn answer(&self, failure: Option<Failure>) -> Result<Answer<ConnectOffsets>, Failure> {
        let offsets = unpoisoned(&self.told).offsets.clone();
        match failure {
            None => Ok(whole(offsets)),
            Some(failure) if offsets.connectors.is_empty() => Err(failure),
            partial => Ok(Answer {
                value: offsets,
                partial,
            }),
        }
    }
}

/// Ask one worker for what nobody has told yet. One connector that cannot be told leaves the others; if none is there,
/// whatever answers may not be Connect.
async fn ask(round: Arc<Round>, client: connect::Client) -> Result<(), connect::Error> {
    let asking = Arc::clone(&round);
    let answers = stream::iter(round.wanted.clone()).map(move |connector| {
        let (client, round) = (client.clone(), Arc::clone(&asking));
        async move {
            if unpoisoned(&round.told).has(&connector) {
                return None;
            }
            let offsets = client.offsets(&connector).await;
            Some((connector, offsets))
        }
    });
    // In the order in which they come: a slow one does not keep those behind it waiting.
    let mut answers = answers.buffer_unordered(AT_A_TIME);
    let mut failed = None;
    while let Some(answer) = answers.next().await {
        let Some((connector, offsets)) = answer else {
            continue;
        };
        match offsets {
            Ok(offsets) => {
                let mut told = unpoisoned(&round.told);
                told.offsets.connectors.insert(connector, offsets);
            }
            Err(error) if error.is_not_found() => {
                unpoisoned(&round.told).gone.insert(connector);
                failed = failed.or(Some(error));
            }
            Err(error) if is_of_the_worker(error.kind()) => return Err(error),
            Err(error) => failed = Some(error),
        }
    }
    let is_told = round.missing().is_empty();
    let is_empty = unpoisoned(&round.told).offsets.connectors.is_empty();
    match failed {
        Some(error) if is_empty || !is_told => Err(error),
        _ => Ok(()),
    }
}

/// Whether the next question to the worker would fare no better.
fn is_of_the_worker(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Connect | ErrorKind::Denied | ErrorKind::Busy
    )
}

/// Whatever was noted before a panic stands.
fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn what_is_missing_is_named_and_is_asked_for_first_next_time() {
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|&name| name.to_owned())
            .collect::<Vec<_>>()
    };
    let round = Round::of(names(&["a", "b", "c", "d"]));
    assert!(
        round.answer(Some(round.late())).is_err(),
        "nothing was told"
    );
    let mut told = Told::default();
    told.offsets.connectors.insert("a".to_owned(), [].into());
    told.gone.insert("c".to_owned());
    *unpoisoned(&round.told) = told;
    assert_eq!(round.missing_first(), names(&["b", "d", "a", "c"]));
    let answer = round.answer(Some(round.late())).ok().unwrap();
    let partial = answer.partial.unwrap();
    assert_eq!(answer.value.connectors.len(), 1);
    assert_eq!(partial.kind, ErrorKind::Timeout);
    assert!(partial.message.ends_with("2 of 4 connectors: b, d"));
}
