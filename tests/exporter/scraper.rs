//! A scraper that asks for the page again and again, with TLS or without.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::tls::{Client, PATIENCE, ask_plain};

pub(crate) const METRICS: &str = "GET /metrics HTTP/1.1";

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
