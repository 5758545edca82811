//! Its page, for tests that go on with other things while they wait.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::Exporter;

impl Exporter {
    /// The same once it listens.
    pub(crate) async fn listening(mut self) -> Self {
        for _ in 0..1_200 {
            if TcpStream::connect(self.address).await.is_ok() {
                return self;
            }
            if !self.runs() {
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
        panic!("it does not listen: {}", self.log());
    }

    /// Its page now.
    pub(crate) async fn page(&self) -> String {
        let answer = self.scrape().await.expect("it answers");
        let (head, page) = answer.split_once("\r\n\r\n").expect("an answer has a head");
        assert!(head.starts_with("HTTP/1.0 200"), "{head}");
        page.to_owned()
    }

    async fn scrape(&self) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }

    /// Wait for a page on which this is so.
    pub(crate) async fn until(&self, what: &str, is_so: impl Fn(&str) -> bool) {
        for _ in 0..600 {
            if is_so(&self.page().await) {
                return;
            }
            sleep(Duration::from_millis(200)).await;
        }
        panic!(
            "{what}: it never came to this\n{}\n{}",
            self.page().await,
            self.log()
        );
    }
}
