//! The load and its witnesses: a producer on the source with an open-loop schedule, a consumer of its records on the target, and a watcher
//! that notes the first arrival of every record in other topics without decoding it. They share the journal only. Nothing here is shared with the product.

mod control;
mod doubt;
mod extra;
mod journal;
mod payload;
mod producer;
mod reader;
mod watcher;

use std::io::{self, Read as _};
use std::path::Path;
use std::thread;

pub(crate) use control::{Control, Pace, State};

use crate::description::{self, Cluster, Description};
use extra::Extra;
use journal::{Journal, Notes};
use producer::Sending;
use reader::Reader;

/// The load cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No lab there.
    #[error(transparent)]
    Description(#[from] description::Error),
    /// The journal cannot be written.
    #[error("the journal in {dir} cannot be written")]
    Journal {
        /// The folder.
        dir: String,
        /// Why not.
        source: io::Error,
    },
    /// A client cannot be made.
    #[error("a Kafka client cannot be made")]
    Client(#[from] rdkafka::error::KafkaError),
}

/// Runs the load of the lab in this directory until standard input ends.
pub fn run(dir: &Path) -> Result<(), Error> {
    let lab = Description::read(dir)?;
    let truth = dir.join("truth");
    let journal = Journal::create(&truth).map_err(|source| Error::Journal {
        dir: truth.display().to_string(),
        source,
    })?;
    let (source, target) = (&lab.clusters["source"], &lab.clusters["target"]);
    let run = std::process::id();
    witness(target, lab.remote_topic, run, journal.notes())?;
    watcher::start(target, lab.watch, journal.notes())?;
    reader::application(source, &lab.load.topic)?;
    if lab.load.records_per_second > 0.0 {
        let sending = Sending {
            load: lab.load,
            run,
            notes: journal.notes(),
            control: Control::new(dir),
            extra: Extra::new(source, lab.extra_topics, Control::new(dir))?,
        };
        producer::start(source, sending)?;
    }
    let mut sink = [0_u8; 64];
    while io::stdin()
        .lock()
        .read(&mut sink)
        .is_ok_and(|read| read > 0)
    {}
    journal.close();
    Ok(())
}

/// Notes every arrival of the load's own records on a thread of its own, those that come twice included.
fn witness(cluster: &Cluster, topic: String, run: u32, notes: Notes) -> Result<(), Error> {
    let reader = Reader::new(cluster, vec![topic])?;
    thread::spawn(move || {
        reader.run(|arrival| {
            if let Some((partition, sequence)) = payload::decode(arrival.payload, run) {
                notes.received(partition, sequence, arrival.us);
            }
        });
    });
    Ok(())
}
