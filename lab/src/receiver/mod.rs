//! The receiver of Alertmanager's notifications: it takes its webhooks at `/critical` and `/warning`, and appends each to
//! `truth/notifications.jsonl` with the time of its arrival.

mod http;
mod webhook;

use std::fs::File;
use std::io::{self, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::clock;
use crate::description::{self, Description};
use crate::truth::{NOTIFICATIONS, Notification};
use http::Status;

/// Where notifications arrive.
const RECEIVERS: [&str; 2] = ["critical", "warning"];
/// How long a connection may say nothing.
const PATIENCE: Duration = Duration::from_secs(10);

/// The receiver cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No lab there.
    #[error(transparent)]
    Description(#[from] description::Error),
    /// The lab was started without the shipped alerts.
    #[error("the lab in {0} has no receiver; start it with: lab up --alerts")]
    NoReceiver(String),
    /// It cannot listen, or cannot write down what arrives.
    #[error("{what}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: io::Error,
    },
}

/// Runs the receiver of the lab in this directory until it is killed.
pub fn run(dir: &Path) -> Result<(), Error> {
    let lab = Description::read(dir)?;
    let url = lab.receiver;
    let url = url.ok_or_else(|| Error::NoReceiver(dir.display().to_string()))?;
    let failed = |what: String| move |source| Error::Io { what, source };
    let path = dir.join("truth").join(NOTIFICATIONS);
    let notes = File::options().create(true).append(true).open(&path);
    let notes = notes.map_err(failed(path.display().to_string()))?;
    let listener = TcpListener::bind(url.trim_start_matches("http://")).map_err(failed(url))?;
    serve(&listener, &Arc::new(Mutex::new(notes)));
    Ok(())
}

/// Answers, each connection on a thread of its own.
fn serve(listener: &TcpListener, notes: &Arc<Mutex<File>>) {
    for stream in listener.incoming().flatten() {
        let notes = Arc::clone(notes);
        thread::spawn(move || converse(&stream, &notes));
    }
}

/// One request and its answer; Alertmanager tells again what was not taken.
fn converse(stream: &TcpStream, notes: &Mutex<File>) {
    let answered = stream.set_read_timeout(Some(PATIENCE)).and_then(|()| {
        let status = match http::read(&mut BufReader::new(stream)) {
            Ok(request) => take(&request, notes),
            Err(_) => Status::BadRequest,
        };
        http::answer(stream, status)
    });
    // Whoever asked is gone: there is nobody to tell.
    drop(answered);
}

fn take(request: &http::Request, notes: &Mutex<File>) -> Status {
    let us = clock::now_us();
    let receiver = request.path.trim_start_matches('/');
    match (request.method.as_str(), receiver) {
        ("GET", "") => return Status::Ok,
        ("POST", receiver) if RECEIVERS.contains(&receiver) => {}
        _ => return Status::NotFound,
    }
    let Ok(notification) = webhook::notification(&request.body, receiver, us) else {
        return Status::BadRequest;
    };
    match note(&notification, notes) {
        Ok(()) => Status::Ok,
        Err(_) => Status::Failed,
    }
}

/// A line at once, so that no two of them mix.
fn note(notification: &Notification, notes: &Mutex<File>) -> io::Result<()> {
    let line = serde_json::to_string(notification)? + "\n";
    let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
    notes.write_all(line.as_bytes())
}

#[cfg(test)]
mod tests;
