//! The running binary: `mirrorwatch serve` on a free port, its page, its log, its end.
#![allow(dead_code, reason = "each test uses its part")]

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A running exporter; dropping it kills it.
pub(crate) struct Exporter {
    pub(crate) address: SocketAddr,
    child: Child,
    folder: TempDir,
}

impl Exporter {
    /// Start one with this configuration, which trusts this authority besides nobody, if one is given.
    pub(crate) async fn start(config: &str, authority: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mirrorwatch.yml");
        fs::write(&path, config).unwrap();
        // A port that was free a moment ago.
        let address = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_mirrorwatch"));
        command
            .args([
                "serve",
                "--web.listen-address",
                &address.to_string(),
                "--config",
            ])
            .arg(&path)
            .stderr(fs::File::create(folder.path().join("log")).unwrap())
            .stdout(Stdio::null());
        if let Some(pem) = authority {
            let trusted = folder.path().join("trusted.pem");
            fs::write(&trusted, pem).unwrap();
            command
                .env("SSL_CERT_FILE", trusted)
                .env_remove("SSL_CERT_DIR");
        }
        let mut exporter = Self {
            address,
            child: command.spawn().unwrap(),
            folder,
        };
        for _ in 0..1_200 {
            if TcpStream::connect(address).await.is_ok() {
                return exporter;
            }
            if !exporter.runs() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it does not listen: {}", exporter.log());
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its page now.
    pub(crate) async fn page(&self) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream
            .write_all(b"GET /metrics HTTP/1.0\r\n\r\n")
            .await
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, page) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.0 200"), "{head}");
        page.to_owned()
    }

    /// Wait for a page on which this is so.
    pub(crate) async fn until(&self, what: &str, is_so: impl Fn(&str) -> bool) {
        for _ in 0..600 {
            if is_so(&self.page().await) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!(
            "{what}: it never came to this\n{}\n{}",
            self.page().await,
            self.log()
        );
    }

    /// What it has written to stderr.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Ask it to end.
    pub(crate) fn terminate(&self) {
        let status = Command::new("kill")
            .arg(self.id().to_string())
            .status()
            .unwrap();
        assert!(status.success());
    }

    /// Wait for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// End it; its status and its log.
    pub(crate) fn stop(mut self) -> (ExitStatus, String) {
        self.terminate();
        let status = tokio::task::block_in_place(|| self.wait());
        (status, self.log())
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
