//! The binary `mirrorwatch serve` under test, and a scraper that asks it again and again.
#![allow(dead_code, reason = "each test uses its part")]

use std::io::Read as _;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::tls::{Client, PATIENCE, ask_plain};

pub(crate) const METRICS: &str = "GET /metrics HTTP/1.1";

/// A running exporter, stopped at the end of its test.
pub(crate) struct Exporter {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) log: Arc<Mutex<String>>,
}

impl Drop for Exporter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

impl Exporter {
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut child = Command::new(env!("CARGO_BIN_EXE_mirrorwatch"))
            .args([
                "serve",
                "--config",
                "mirrorwatch.yml",
                "--web.listen-address",
                &address.to_string(),
            ])
            .args(arguments)
            .current_dir(folder)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (mut stderr, written) = (child.stderr.take().unwrap(), Arc::clone(&log));
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length @ 1..) = stderr.read(&mut bytes) {
                written
                    .lock()
                    .unwrap()
                    .push_str(&String::from_utf8_lossy(&bytes[..length]));
            }
        });
        Self {
            child,
            address,
            log,
        }
    }

    pub(crate) fn hang_up(&self) {
        let status = Command::new("kill")
            .args(["-HUP", &self.child.id().to_string()])
            .status();
        assert!(status.unwrap().success());
    }

    /// Wait until the log has a text.
    pub(crate) async fn says(&self, text: &str) {
        let waited = timeout(PATIENCE, async {
            while !self.log.lock().unwrap().contains(text) {
                sleep(Duration::from_millis(20)).await;
            }
        });
        assert!(
            waited.await.is_ok(),
            "`{text}` is not in the log: {}",
            self.log.lock().unwrap()
        );
    }
}

/// How the page is asked for.
#[derive(Clone)]
pub(crate) struct Scraper {
    pub(crate) address: SocketAddr,
    pub(crate) client: Option<Client>,
    pub(crate) header: String,
}

impl Scraper {
    pub(crate) async fn ask(&self, request: &str) -> std::io::Result<(String, String)> {
        let request = format!("{request}\r\n{}", self.header);
        let (head, body) = match &self.client {
            Some(client) => client.ask(self.address, &request).await?,
            None => ask_plain(self.address, &request).await?,
        };
        Ok((head, String::from_utf8(body).unwrap()))
    }

    /// Wait until the page has a line.
    pub(crate) async fn shows(&self, line: &str) {
        let mut last = String::new();
        let waited = timeout(PATIENCE, async {
            loop {
                if let Ok((_, page)) = self.ask(METRICS).await {
                    if page.lines().any(|shown| shown == line) {
                        return;
                    }
                    last = page;
                }
                sleep(Duration::from_millis(20)).await;
            }
        });
        assert!(waited.await.is_ok(), "`{line}` is not shown: {last}");
    }

    /// Scrape until told to stop; what every page must have, and how many had it and how many did not.
    pub(crate) fn keep_on(&self, must_have: &'static str) -> KeepingOn {
        let keeping = KeepingOn {
            good: Arc::default(),
            dropped: Arc::default(),
            stop: Arc::default(),
        };
        let (scraper, seen) = (self.clone(), keeping.clone());
        tokio::spawn(async move {
            while !seen.stop.load(Ordering::Relaxed) {
                match scraper.ask(METRICS).await {
                    Ok((head, page))
                        if head.starts_with("HTTP/1.1 200") && page.contains(must_have) =>
                    {
                        seen.good.fetch_add(1, Ordering::Relaxed);
                    }
                    other => seen.dropped.lock().unwrap().push(format!("{other:?}")),
                }
                sleep(Duration::from_millis(5)).await;
            }
        });
        keeping
    }
}

#[derive(Clone)]
pub(crate) struct KeepingOn {
    good: Arc<AtomicUsize>,
    dropped: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
}

impl KeepingOn {
    pub(crate) fn end(&self) {
        self.stop.store(true, Ordering::Relaxed);
        let dropped = self.dropped.lock().unwrap();
        assert!(
            dropped.is_empty(),
            "{} scrapes were dropped: {:.500}",
            dropped.len(),
            dropped[0]
        );
        let good = self.good.load(Ordering::Relaxed);
        assert!(good >= 20, "only {good} scrapes");
    }
}
