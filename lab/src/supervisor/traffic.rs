//! The load that pauses and goes on, is raised and lowered.

use std::time::Duration;

use serde_json::json;

use super::deeds::{Done, stamped};
use super::fault::Error;
use super::links;
use super::shared::Shared;
use crate::clock;
use crate::config::Load;
use crate::load::{Control, Pace, State};

const PATIENCE: Duration = Duration::from_secs(30);
/// How many times as many records as usual are sent when the load is raised.
const MORE: f64 = 2.0;
/// Their size, if that is more than usual: bytes make a load heavy without as many lines in the notes.
const LARGE: usize = 5_000;
/// What Kafka and TCP put around a record that is sent alone.
const AROUND: usize = 100;
/// A worker's part of the raised load: two of three tasks fit through its link, all three do not.
const PART: f64 = 0.75;

/// Tells the load and waits until it has obeyed.
pub(super) fn turn(shared: &Shared, state: State) -> Result<Done, Error> {
    if shared.lab.load.records_per_second <= 0.0 {
        return Err(Error::NoLoad);
    }
    let control = Control::new(&shared.lab.dir);
    let (stamp, ()) = stamped(|| {
        control.ask(state)?;
        await_load(|| control.state() == state)
    })?;
    Ok(Done {
        stamp,
        details: json!({ "topic": shared.lab.load.topic, "load": state.name() }),
    })
}

/// Raises the load, and gives each worker a link to the source that is too narrow for all of it. Workers that share a machine's processors
/// have no capacity of their own otherwise: one alone would be as fast as three.
pub(super) fn raise(
    shared: &Shared,
    rate: Option<u32>,
    size: Option<usize>,
    width: Option<u32>,
) -> Result<Done, Error> {
    let load = &shared.lab.load;
    if load.records_per_second <= 0.0 {
        return Err(Error::NoLoad);
    }
    let pace = Pace {
        records_per_second: rate.map_or(load.records_per_second * MORE, f64::from),
        size: size.unwrap_or(load.size.max(LARGE)),
    };
    let width = width.map_or_else(|| width_for(load, pace), f64::from);
    change(shared, Some(pace), Some(width))
}

/// The usual load, through links as wide as usual.
pub(super) fn lower(shared: &Shared) -> Result<Done, Error> {
    change(shared, None, None)
}

fn change(shared: &Shared, pace: Option<Pace>, width: Option<f64>) -> Result<Done, Error> {
    let load = &shared.lab.load;
    let control = Control::new(&shared.lab.dir);
    let (stamp, ()) = stamped(|| {
        let links = links::of_all(shared, "source");
        shared.links.narrow(&links, width);
        control.ask_pace(pace)?;
        // A load that was never started has nothing to say.
        await_load(|| control.pace() == pace || load.records_per_second <= 0.0)
    })?;
    let pace = pace.unwrap_or_else(|| Pace::of(load));
    Ok(Done {
        stamp,
        details: json!({
            "topic": load.topic, "records_per_second_and_partition": pace.records_per_second, "bytes_of_a_record": pace.size,
            "bytes_per_second_and_worker": width,
        }),
    })
}

/// The narrowest link that the larger part of the load fits through.
fn width_for(load: &Load, pace: Pace) -> f64 {
    let records = pace.records_per_second * f64::from(load.partitions);
    let bytes = u32::try_from(pace.size + AROUND).unwrap_or(u32::MAX);
    records * f64::from(bytes) * PART
}

fn await_load(obeyed: impl Fn() -> bool) -> Result<(), Error> {
    let deadline = clock::monotonic() + PATIENCE;
    while !obeyed() {
        if clock::monotonic() > deadline {
            return Err(Error::TooSlow {
                name: "load".to_owned(),
                what: "obey",
                seconds: PATIENCE.as_secs(),
            });
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_tasks_of_three_fit_through_a_narrow_link_and_all_three_do_not() {
        let load = Load::default();
        let pace = Pace {
            records_per_second: 100.0,
            size: 2_000,
        };
        let width = width_for(&load, pace);
        assert!((800_000.0..1_200_000.0).contains(&width), "{width}");
    }
}
