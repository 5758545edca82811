//! Processes that are ended, stopped and started again, stamped before it is asked for and after it took effect.

use std::sync::mpsc;
use std::time::Duration;

use rustix::process::Signal;

use super::fault::{Error, REST_DEADLINE, STATE_DEADLINE};
use super::protocol::Stamp;
use super::shared::{Order, Shared};
use crate::clock;
use crate::process;

const END_DEADLINE: Duration = Duration::from_mins(2);

/// Ends a process and waits until it is gone.
pub(super) fn end(shared: &Shared, name: &str, how: Signal) -> Result<Stamp, Error> {
    if how == Signal::TERM && shared.pid(name).is_some_and(process::is_frozen) {
        return Err(Error::Frozen(name.to_owned()));
    }
    let stamp = signal(shared, name, how, |pid| {
        wait("end", name, END_DEADLINE, || process::is_gone(pid))
    })?;
    // The main thread reaps it a moment later; until then it would count as running.
    wait("be reaped", name, STATE_DEADLINE, || {
        shared.pid(name).is_none()
    })?;
    Ok(stamp)
}

/// Sends a signal and waits for its effect.
pub(super) fn signal(
    shared: &Shared,
    name: &str,
    signal: Signal,
    effect: impl Fn(u32) -> Result<(), Error>,
) -> Result<Stamp, Error> {
    let pid = shared
        .pid(name)
        .ok_or_else(|| Error::NotRunning(name.to_owned()))?;
    let before_us = clock::now_us();
    process::signal(pid, signal)?;
    effect(pid)?;
    Ok(Stamp {
        before_us,
        after_us: clock::now_us(),
    })
}

/// Starts a process again and waits until it answers. One that runs is only waited for: whoever restores a lab need not know how far a
/// fault had got.
pub(super) fn start(
    shared: &Shared,
    name: &str,
    answers: impl Fn() -> bool,
) -> Result<Stamp, Error> {
    if shared.pid(name).is_some_and(process::is_frozen) {
        return Err(Error::Frozen(name.to_owned()));
    }
    let failed = |why: String| Error::Spawn {
        name: name.to_owned(),
        why,
    };
    let before_us = clock::now_us();
    if shared.pid(name).is_none() {
        let (reply, answer) = mpsc::channel();
        shared.order(Order::Spawn(name.to_owned(), reply));
        let gone = |_| failed("the lab is stopping".to_owned());
        answer.recv().map_err(gone)?.map_err(failed)?;
    }
    let deadline = clock::monotonic() + REST_DEADLINE;
    while !answers() {
        if shared.pid(name).is_none() {
            let log = shared.lab.dir.join(format!("logs/{name}.log"));
            return Err(failed(format!("it ended at once, see {}", log.display())));
        }
        if clock::monotonic() > deadline {
            return Err(too_slow("answer", name, REST_DEADLINE));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(Stamp {
        before_us,
        after_us: clock::now_us(),
    })
}

/// Waits until it is done.
pub(super) fn wait(
    what: &'static str,
    name: &str,
    patience: Duration,
    done: impl Fn() -> bool,
) -> Result<(), Error> {
    let deadline = clock::monotonic() + patience;
    while !done() {
        if clock::monotonic() > deadline {
            return Err(too_slow(what, name, patience));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

fn too_slow(what: &'static str, name: &str, patience: Duration) -> Error {
    Error::TooSlow {
        name: name.to_owned(),
        what,
        seconds: patience.as_secs(),
    }
}
