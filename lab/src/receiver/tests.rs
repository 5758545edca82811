use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use super::*;
use crate::truth::notifications;

/// As Alertmanager 0.25 posts it, shortened.
const BODY: &str = r#"{"receiver":"mirrormaker-critical","status":"firing","alerts":[
 {"status":"firing","labels":{"alertname":"MirrorMakerFlowStalled","severity":"critical","job":"mirrorwatch"},
  "annotations":{"summary":"s"},"startsAt":"2026-11-27T05:00:00.123Z","endsAt":"0001-01-01T00:00:00Z",
  "generatorURL":"http://a/graph","fingerprint":"f"}],
 "groupLabels":{"job":"mirrorwatch"},"commonLabels":{},"commonAnnotations":{},"externalURL":"http://a","version":"4",
 "groupKey":"{}","truncatedAlerts":0}"#;

/// A receiver in a folder of its own.
struct Started {
    truth: std::path::PathBuf,
    address: SocketAddr,
}

fn start(name: &str) -> Started {
    let truth = std::env::temp_dir().join(format!("lab-receiver-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&truth);
    fs::create_dir_all(&truth).unwrap();
    let notes = File::create(truth.join(NOTIFICATIONS)).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || serve(&listener, &Arc::new(Mutex::new(notes))));
    Started { truth, address }
}

impl Started {
    fn ask(&self, method: &str, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.truth);
    }
}

#[test]
fn a_notification_is_noted_with_its_arrival_receiver_and_alerts() {
    let receiver = start("noted");
    let before_us = clock::now_us();
    let answer = receiver.ask("POST", "/critical", BODY);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    receiver.ask("POST", "/warning", &BODY.replace("firing", "resolved"));
    let noted = notifications(&receiver.truth).unwrap();
    assert_eq!(noted.len(), 2);
    assert!((before_us..=clock::now_us()).contains(&noted[0].us));
    assert_eq!(
        (noted[0].receiver.as_str(), noted[0].status.as_str()),
        ("critical", "firing")
    );
    let alert = &noted[0].alerts[0];
    assert_eq!(
        (alert.name.as_str(), alert.severity.as_str()),
        ("MirrorMakerFlowStalled", "critical")
    );
    assert_eq!(alert.labels["job"], "mirrorwatch");
    assert_eq!(alert.starts_at, "2026-11-27T05:00:00.123Z");
    assert_eq!(noted[1].receiver, "warning");
    assert_eq!(noted[1].alerts[0].status, "resolved");
    let text = fs::read_to_string(receiver.truth.join(NOTIFICATIONS)).unwrap();
    assert!(text.contains("\"startsAt\":") && text.contains("\"endsAt\":"));
}

#[test]
fn it_answers_that_it_is_there_and_notes_nothing_that_is_no_notification() {
    let receiver = start("refused");
    assert!(receiver.ask("GET", "/", "").starts_with("HTTP/1.1 200 "));
    for (method, path, body, status) in [
        ("POST", "/other", BODY, 404),
        ("GET", "/critical", "", 404),
        ("POST", "/critical", "{}", 400),
    ] {
        let answer = receiver.ask(method, path, body);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
    }
    assert_eq!(notifications(&receiver.truth).unwrap(), []);
}

#[test]
fn a_line_that_is_being_written_is_not_read() {
    let receiver = start("half");
    receiver.ask("POST", "/critical", BODY);
    let path = receiver.truth.join(NOTIFICATIONS);
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{whole}{{\"us\":1")).unwrap();
    assert_eq!(notifications(&receiver.truth).unwrap().len(), 1);
}
