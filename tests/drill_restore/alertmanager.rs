//! A stand-in for Alertmanager, which answers what was captured from 0.25.0, with the ids, comments and states of what it was told.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::stand_in::request;

const CREATED: &str = include_str!("../fixtures/alertmanager-0.25.0-created.json");
const ACTIVE: &str = include_str!("../fixtures/alertmanager-0.25.0-silence.json");
const EXPIRED: &str = include_str!("../fixtures/alertmanager-0.25.0-expired.json");
const NOT_FOUND: &str = include_str!("../fixtures/alertmanager-0.25.0-not-found.json");

/// How it behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Well,
    /// It makes the silence and never says so.
    Mute,
    /// It makes none.
    Refusing,
    /// It has forgotten every silence when it is told to end one.
    Forgetful,
}

/// What it was told, in order: the silences that were asked for, and whether each has been ended.
#[derive(Clone)]
pub(crate) struct Alertmanager {
    pub(crate) url: String,
    silences: Arc<Mutex<Vec<(Value, bool)>>>,
}

impl Alertmanager {
    pub(crate) fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let this = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            silences: Arc::default(),
        };
        let shared = this.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = shared.clone();
                let stream = stream.unwrap();
                std::thread::spawn(move || drop(shared.answer(stream, manner)));
            }
        });
        this
    }

    /// The silences that were asked for.
    pub(crate) fn asked(&self) -> Vec<Value> {
        let silences = self.silences.lock().unwrap();
        silences.iter().map(|(asked, _)| asked.clone()).collect()
    }

    /// How many of them have not been ended.
    pub(crate) fn active(&self) -> usize {
        let silences = self.silences.lock().unwrap();
        silences.iter().filter(|(_, ended)| !ended).count()
    }

    fn answer(&self, mut stream: TcpStream, manner: Manner) -> std::io::Result<()> {
        let (request, body) = request(&stream)?;
        let mut words = request.split(' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let Some((status, body)) = self.said(method, path, &body, manner) else {
            std::thread::sleep(std::time::Duration::from_mins(1));
            return Ok(());
        };
        write!(
            stream,
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
    }

    fn said(
        &self,
        method: &str,
        path: &str,
        body: &[u8],
        manner: Manner,
    ) -> Option<(&'static str, String)> {
        let mut silences = self.silences.lock().unwrap();
        let id = path.strip_prefix("/api/v2/silence/").map(number);
        let ok = "200 OK";
        Some(match (method, id) {
            ("GET", None) if path == "/api/v2/status" => (ok, "{}".to_owned()),
            ("POST", _) if manner == Manner::Refusing => {
                let why = "\"Failed to create silence: start time must be before end time\"\n";
                ("400 Bad Request", why.to_owned())
            }
            ("POST", _) => {
                silences.push((serde_json::from_slice(body).unwrap(), false));
                let mut created: Value = serde_json::from_str(CREATED).unwrap();
                created["silenceID"] = json!(id_of(silences.len() - 1));
                (manner != Manner::Mute).then(|| (ok, created.to_string()))?
            }
            ("DELETE", Some(_)) if manner == Manner::Forgetful => {
                silences.clear();
                ("500 Internal Server Error", NOT_FOUND.to_owned())
            }
            ("DELETE", Some(n)) => {
                silences[n].1 = true;
                (ok, String::new())
            }
            ("GET", Some(n)) if n < silences.len() => (ok, shown(n, &silences[n]).to_string()),
            ("GET", Some(_)) => ("404 Not Found", String::new()),
            _ => {
                let all = silences.iter().enumerate();
                let all: Vec<_> = all.map(|(n, silence)| shown(n, silence)).collect();
                (ok, json!(all).to_string())
            }
        })
    }
}

/// A silence as it is told.
fn shown(n: usize, (asked, ended): &(Value, bool)) -> Value {
    let mut shown: Value = serde_json::from_str(if *ended { EXPIRED } else { ACTIVE }).unwrap();
    shown["id"] = json!(id_of(n));
    shown["comment"] = asked["comment"].clone();
    shown
}

/// The captured id, with another end.
fn id_of(n: usize) -> String {
    format!("7d89b04a-cfbe-45c0-8e80-{n:012}")
}

fn number(id: &str) -> usize {
    id.rsplit('-').next().unwrap().parse().unwrap()
}
