//! The socket by which a running lab is asked and commanded.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::deeds;
use super::fault;
use super::links;
use super::protocol::{Answer, Request, Stamp, Status};
use super::scene;
use super::shared::Shared;
use super::{Error, chain, failed};
use crate::clock;
use crate::connect::Client;

/// The socket of the lab in this directory.
pub(crate) fn path(dir: &Path) -> PathBuf {
    dir.join("lab.sock")
}

/// Takes the socket; one that nobody answers on is left over from a lab that was killed.
pub(super) fn listen(dir: &Path) -> Result<UnixListener, Error> {
    fs::create_dir_all(dir).map_err(failed(format!("the lab's directory {}", dir.display())))?;
    let path = path(dir);
    if UnixStream::connect(&path).is_ok() {
        return Err(Error::Running(dir.display().to_string()));
    }
    let _ = fs::remove_file(&path);
    UnixListener::bind(&path).map_err(failed(format!("the socket {}", path.display())))
}

/// Removes the socket.
pub(super) fn remove(dir: &Path) {
    let _ = fs::remove_file(path(dir));
}

/// Answers, each connection on a thread of its own, so that a status does not wait for a fault.
pub(super) fn serve(shared: &Arc<Shared>, listener: &UnixListener) {
    for stream in listener.incoming().flatten() {
        let shared = Arc::clone(shared);
        thread::spawn(move || converse(&shared, &stream));
    }
}

fn converse(shared: &Arc<Shared>, stream: &UnixStream) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
        let answer = match serde_json::from_str::<Request>(&line) {
            Ok(request) => answer(shared, request),
            Err(error) => Answer::Error {
                message: format!("not understood: {error}"),
            },
        };
        let Ok(text) = serde_json::to_string(&answer) else {
            return;
        };
        let mut writer = stream;
        if writeln!(writer, "{text}").is_err() {
            return;
        }
        line.clear();
    }
}

fn answer(shared: &Arc<Shared>, request: Request) -> Answer {
    match request {
        Request::Status => Answer::Status(status(shared)),
        Request::Fault { action, worker } => fault::inject(shared, action, &worker)
            .map_or_else(|error| refusal(&error), Answer::Fault),
        Request::Deed { deed } => {
            deeds::carry_out(shared, &deed).map_or_else(|error| refusal(&error), Answer::Outcome)
        }
        Request::Down => {
            let before_us = clock::now_us();
            shared.request_stop();
            Answer::Done(Stamp {
                before_us,
                after_us: clock::now_us(),
            })
        }
    }
}

fn refusal(error: &fault::Error) -> Answer {
    Answer::Error {
        message: chain(error),
    }
}

fn status(shared: &Shared) -> Status {
    let client = Client::new(Duration::from_secs(2), &shared.lab);
    let alive = scene::alive(shared);
    Status {
        processes: shared.processes(),
        connectors: client.connectors(&alive).unwrap_or_default(),
        leader: client.leader(&alive).map(|worker| worker.id.clone()),
        hurt: links::hurt(shared),
    }
}
