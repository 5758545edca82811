//! The append-only notes of the truth. Events come through a channel from every thread with their times on them; one thread writes.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::reader::Arrival;
use crate::clock;

/// What is written is on its way to the file at the latest after this.
const FLUSH_EVERY: Duration = Duration::from_millis(200);
/// An event whose time was taken this long ago has certainly reached the channel.
const SETTLED_US: i64 = 50_000;

enum Event {
    Load(char, i32, u64, i64),
    Arrival(String),
    Close,
}

/// The journal: `load.csv` and `arrivals.csv`.
pub(super) struct Journal {
    notes: Notes,
    writer: JoinHandle<()>,
}

/// One thread's way to the journal.
#[derive(Clone)]
pub(super) struct Notes(Sender<Event>);

impl Journal {
    pub(super) fn create(truth: &Path) -> io::Result<Self> {
        let open = |name: &str| {
            File::options()
                .create(true)
                .append(true)
                .open(truth.join(name))
                .map(BufWriter::new)
        };
        let (load, arrivals) = (open("load.csv")?, open("arrivals.csv")?);
        let (sender, events) = mpsc::channel();
        let writer = thread::spawn(move || write(&events, load, arrivals));
        Ok(Self {
            notes: Notes(sender),
            writer,
        })
    }

    pub(super) fn notes(&self) -> Notes {
        self.notes.clone()
    }

    /// Writes out everything.
    pub(super) fn close(self) {
        let _ = self.notes.0.send(Event::Close);
        let _ = self.writer.join();
    }
}

impl Notes {
    pub(super) fn sent(&self, partition: i32, sequence: u64, us: i64) {
        self.put(Event::Load('S', partition, sequence, us));
    }

    pub(super) fn acknowledged(&self, partition: i32, sequence: u64, us: i64) {
        self.put(Event::Load('A', partition, sequence, us));
    }

    pub(super) fn given_up(&self, partition: i32, sequence: u64, us: i64) {
        self.put(Event::Load('F', partition, sequence, us));
    }

    pub(super) fn received(&self, partition: i32, sequence: u64, us: i64) {
        self.put(Event::Load('R', partition, sequence, us));
    }

    pub(super) fn arrived(&self, arrival: &Arrival<'_>) {
        let Arrival {
            topic,
            partition,
            offset,
            timestamp_ms,
            us,
            ..
        } = arrival;
        self.put(Event::Arrival(format!(
            "{topic},{partition},{offset},{timestamp_ms},{us}"
        )));
    }

    fn put(&self, event: Event) {
        // The journal is closed only when the process ends.
        let _ = self.0.send(event);
    }
}

fn write(events: &Receiver<Event>, mut load: impl Write, mut arrivals: impl Write) {
    let mut flushed = clock::monotonic();
    loop {
        let outcome = match events.recv_timeout(FLUSH_EVERY) {
            Ok(Event::Load(kind, partition, sequence, us)) => {
                writeln!(load, "{kind},{partition},{sequence},{us}")
            }
            Ok(Event::Arrival(line)) => writeln!(arrivals, "{line}"),
            Err(RecvTimeoutError::Timeout) => Ok(()),
            Ok(Event::Close) | Err(RecvTimeoutError::Disconnected) => {
                let _ = settle(&mut load, &mut arrivals);
                return;
            }
        };
        let settled = if flushed.elapsed() >= FLUSH_EVERY {
            flushed = clock::monotonic();
            settle(&mut load, &mut arrivals)
        } else {
            Ok(())
        };
        if outcome.and(settled).is_err() {
            return;
        }
    }
}

/// Writes up to when the notes are complete. The channel is nearly empty at any time, so an old event has been written.
fn settle(load: &mut impl Write, arrivals: &mut impl Write) -> io::Result<()> {
    let through = clock::now_us() - SETTLED_US;
    for file in [load as &mut dyn Write, arrivals as &mut dyn Write] {
        writeln!(file, "T,{through}")?;
        file.flush()?;
    }
    Ok(())
}
