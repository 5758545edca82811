//! The audit under way: threads that read and compare, and what the main thread does meanwhile.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use rdkafka::Offset;
use rdkafka::consumer::Consumer as _;

use super::Error;
use super::lane::{Lane, Progress};
use super::progress::Telling;
use super::run::{Audit, PATIENCE, PAUSE, Under};
use super::state::State;
use crate::clock;

/// How often the clients' own events are looked at, and the progress is told.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How often later ends are asked for.
const ASK_EVERY: Duration = Duration::from_millis(200);
/// How often the state is written.
const SAVE_EVERY: Duration = Duration::from_secs(5);

/// What the main thread did or saw last, and when.
struct Last {
    /// Records that had been read.
    read: u64,
    /// When there were more of them than before.
    moved: Duration,
    /// When later ends were asked for.
    asked: Duration,
    /// When the state was written.
    saved: Duration,
}

impl Last {
    fn saw(&mut self, read: u64, now: Duration) {
        if read > self.read {
            (self.read, self.moved) = (read, now);
        }
    }
}

impl Audit<'_> {
    /// Read and compare until all partitions are through; every thread takes whichever no other one has.
    pub(super) fn compare(&self, under: &Under) -> Result<(), Error> {
        let threads = thread::available_parallelism()
            .map_or(1, usize::from)
            .min(under.lanes.len());
        let failed: Mutex<Option<Error>> = Mutex::new(None);
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            let (failed, stop) = (&failed, &stop);
            let workers: Vec<_> = (0..threads)
                .map(|number| scope.spawn(move || self.work(under, number, failed, stop)))
                .collect();
            let outcome = self.attend(under, || {
                workers.iter().all(thread::ScopedJoinHandle::is_finished)
            });
            stop.store(true, Ordering::SeqCst);
            outcome
        })?;
        match lock(&failed).take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn work(&self, under: &Under, number: usize, failed: &Mutex<Option<Error>>, stop: &AtomicBool) {
        let settle = self.options.settle;
        while !stop.load(Ordering::Relaxed) {
            let mut went_on = false;
            let mut is_done = true;
            let now = clock::monotonic();
            let (before, after) = under.lanes.split_at(number);
            for lane in after.iter().chain(before) {
                let Some(mut lane) = at_hand(lane) else {
                    is_done = false;
                    continue;
                };
                match lane.turn(now, settle) {
                    Ok(some) => went_on |= some,
                    Err(error) => {
                        lock(failed).get_or_insert(error);
                        stop.store(true, Ordering::SeqCst);
                        return;
                    }
                }
                is_done &= lane.is_done();
            }
            if is_done {
                return;
            }
            if !went_on {
                thread::sleep(PAUSE);
            }
        }
    }

    /// What the main thread does meanwhile: it serves the clients, asks for later ends, tells the progress, and keeps the state.
    fn attend(&self, under: &Under, is_done: impl Fn() -> bool) -> Result<(), Error> {
        let begun = clock::monotonic();
        let mut telling = Telling::new(self.options.terminal, begun);
        let total = total(under);
        let mut last = Last {
            read: 0,
            moved: begun,
            asked: Duration::ZERO,
            saved: begun,
        };
        while !is_done() {
            self.hear();
            thread::sleep(LOOK_EVERY);
            let now = clock::monotonic();
            last.saw(under.read(), now);
            telling.read(last.read, total, now);
            if now >= last.asked + ASK_EVERY {
                last.asked = now;
                self.look(under, now);
            }
            self.keep(under, &mut last, now)?;
            if now >= last.moved + PATIENCE + self.options.settle {
                return Err(self.silent());
            }
        }
        telling.done(under.read(), clock::monotonic());
        Ok(())
    }

    /// Write the state when it is time; an audit that is interrupted writes it once more, and ends.
    fn keep(&self, under: &Under, last: &mut Last, now: Duration) -> Result<(), Error> {
        let is_interrupted = self.interrupted.load(Ordering::SeqCst);
        if let Some(path) = &self.options.state
            && (is_interrupted || now >= last.saved + SAVE_EVERY)
        {
            save(under, path)?;
            last.saved = now;
        }
        if is_interrupted {
            return Err(Error::Interrupted(self.how_to_go_on()));
        }
        Ok(())
    }

    /// Ask for later ends for the partitions that wait for them; a cluster that does not answer is asked again.
    fn look(&self, under: &Under, now: Duration) {
        let waiting = under.lanes.iter().filter_map(|lane| {
            let lane = lock(lane);
            lane.wants_look().then_some(lane.partition)
        });
        let waiting: Vec<i32> = waiting.collect();
        if waiting.is_empty() {
            return;
        }
        // In this order: the source has everything then that the target had.
        let target = self.target.edges(&waiting, Offset::End);
        let source = self.source.edges(&waiting, Offset::End);
        let (Ok(target), Ok(source)) = (target, source) else {
            return;
        };
        for lane in &under.lanes {
            let mut lane = lock(lane);
            let ends = target.get(&lane.partition).zip(source.get(&lane.partition));
            if let Some((target, source)) = ends {
                lane.look(now, *target, *source);
            }
        }
    }

    /// Serve what the clients have to say besides records.
    pub(super) fn hear(&self) {
        for client in [&self.source, &self.target] {
            if let Some(Err(error)) = client.consumer.poll(Duration::ZERO) {
                client.consumer.context().hear(error.to_string());
            }
        }
    }
}

impl Under {
    /// Records read so far.
    fn read(&self) -> u64 {
        self.lanes.iter().map(|lane| lock(lane).read()).sum()
    }
}

/// Records to be read of both sides, were there no gaps in the offsets.
fn total(under: &Under) -> u64 {
    let records = under.plans.iter().map(|(partition, plan)| {
        let target = plan.target.map_or(0, |(_, end)| {
            end - under
                .target_from
                .get(partition)
                .copied()
                .unwrap_or(end)
                .min(end)
        });
        u64::try_from(plan.read.1 - plan.read.0 + target).unwrap_or(0)
    });
    records.sum()
}

fn save(under: &Under, path: &Path) -> Result<(), Error> {
    let done = under
        .done
        .iter()
        .map(|(partition, found)| (*partition, Progress::Done(Box::new(found.clone()))));
    let lanes = under.lanes.iter().map(|lane| {
        let mut lane = lock(lane);
        (lane.partition, lane.save())
    });
    let progress = done.chain(lanes).collect();
    State::new(
        under.identity.clone(),
        under.window.clone(),
        under.plans.clone(),
        under.target_from.clone(),
        progress,
    )
    .write(path)
}

/// The lane, unless somebody else has it.
fn at_hand(lane: &Mutex<Lane>) -> Option<MutexGuard<'_, Lane>> {
    match lane.try_lock() {
        Ok(lane) => Some(lane),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
