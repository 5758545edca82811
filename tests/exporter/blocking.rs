//! Requests from threads that may wait for the answer.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use super::Exporter;

impl Exporter {
    /// Return once every endpoint has been polled.
    pub(crate) fn wait_until_ready(&self) {
        let mut last = None;
        // Two minutes and more: what is slow here is the machine.
        for _ in 0..2_400 {
            last = self.ask("/-/ready");
            let ready = |answer: &String| answer.starts_with("HTTP/1.1 200");
            if last.as_ref().is_some_and(ready) {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("it is not ready: {last:?}\n{}", self.log());
    }

    /// The whole answer to one request, as text; `None` while nobody listens.
    pub(crate) fn ask(&self, path: &str) -> Option<String> {
        String::from_utf8(self.ask_as(path, "*/*", "identity")?).ok()
    }

    /// The whole answer to somebody who accepts this type and this encoding.
    pub(crate) fn ask_as(&self, path: &str, accept: &str, encoding: &str) -> Option<Vec<u8>> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        let lines = format!("accept: {accept}\r\naccept-encoding: {encoding}\r\nconnection: close");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\n{lines}\r\n\r\n").ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        Some(answer)
    }
}
