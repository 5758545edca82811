//! `VictoriaMetrics` (Debian's) beside the lab's Prometheus servers: it scrapes the same exporter, and drills are judged by it.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::site::{Site, free_address, series, wait_until};

const PROGRAM: &str = ".lab/debian/usr/bin/victoria-metrics";
/// How often it scrapes.
pub(crate) const INTERVAL: &str = "5s";

/// A server that is killed when it goes.
pub(crate) struct Victoria {
    process: Child,
    pub(crate) url: String,
}

impl Victoria {
    /// Starts it and waits until it has scraped the site's exporter.
    pub(crate) fn scraping(site: &Site) -> Self {
        let dir = site.file("victoria");
        fs::create_dir_all(&dir).expect("the lab's directory is ours");
        let scrapes = dir.join("scrapes.yml");
        let exporter = &site.lab.description().exporter;
        let text = format!(
            "scrape_configs:\n  - job_name: mirrorwatch\n    scrape_interval: {INTERVAL}\n    static_configs:\n      - targets: [\"{exporter}\"]\n"
        );
        fs::write(&scrapes, text).expect("the lab's directory is ours");
        let address = free_address();
        let log = fs::File::create(dir.join("log")).expect("the lab's directory is ours");
        let process = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(PROGRAM))
            .arg(format!("-storageDataPath={}", dir.join("data").display()))
            .arg(format!("-httpListenAddr={address}"))
            .arg(format!("-promscrape.config={}", scrapes.display()))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("lab/setup.sh has unpacked it");
        let url = format!("http://{address}");
        let victoria = Self { process, url };
        let question = [("query", "up{job=\"mirrorwatch\"}[1m]"), ("nocache", "1")];
        wait_until("VictoriaMetrics scrapes", Duration::from_mins(1), || {
            let answer = series(&victoria.url, "query", &question);
            answer.is_some_and(|scrapes| !scrapes.is_empty())
        });
        victoria
    }
}

impl Drop for Victoria {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
