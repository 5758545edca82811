//! The load that pauses and goes on.

use std::time::Duration;

use serde_json::json;

use super::deeds::{Done, stamped};
use super::fault::Error;
use super::shared::Shared;
use crate::clock;
use crate::load::{Control, State};

const PATIENCE: Duration = Duration::from_secs(30);

/// Tells the load and waits until it has obeyed.
pub(super) fn turn(shared: &Shared, state: State) -> Result<Done, Error> {
    if shared.lab.load.records_per_second <= 0.0 {
        return Err(Error::NoLoad);
    }
    let control = Control::new(&shared.lab.dir);
    let (stamp, ()) = stamped(|| {
        control.ask(state)?;
        let deadline = clock::monotonic() + PATIENCE;
        while control.state() != state {
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
    })?;
    Ok(Done {
        stamp,
        details: json!({ "topic": shared.lab.load.topic, "load": state.name() }),
    })
}
