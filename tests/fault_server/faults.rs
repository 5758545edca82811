//! The faults: what becomes of a good answer, how fast it comes, and how the connection ends.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

/// How a server misbehaves.
#[derive(Clone)]
pub(crate) struct Fault {
    edit: Arc<dyn Fn(Vec<u8>) -> Vec<u8> + Send + Sync>,
    /// Between two bytes.
    pub(super) pause: Option<Duration>,
    /// What comes after the answer.
    pub(super) end: End,
    /// It accepts a connection and does nothing with it.
    pub(super) before_tls: bool,
}

/// How a connection ends.
#[derive(Clone)]
pub(crate) enum End {
    Close,
    Reset,
    /// Never: nothing more comes.
    Hold,
    /// Never: this comes again and again.
    Repeat(Arc<Vec<u8>>),
}

impl Fault {
    fn edited(edit: impl Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self {
            edit: Arc::new(edit),
            pause: None,
            end: End::Close,
            before_tls: false,
        }
    }

    fn ending(self, end: End) -> Self {
        Self { end, ..self }
    }

    pub(super) fn of(&self, answer: Vec<u8>) -> Vec<u8> {
        (self.edit)(answer)
    }

    /// All is well.
    pub(crate) fn none() -> Self {
        Self::edited(|answer| answer)
    }

    /// These bytes in place of any answer.
    pub(crate) fn raw(bytes: Vec<u8>) -> Self {
        Self::edited(move |_| bytes.clone())
    }

    /// The answer with another body.
    pub(crate) fn body(edit: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::edited(move |answer| crate::stub::ok(&edit(parted(&answer).1)))
    }

    /// The answer with another head, in full; `{length}` in it is the body's length.
    pub(crate) fn head(head: &'static str) -> Self {
        Self::edited(move |answer| {
            let (_, body) = parted(&answer);
            let head = head
                .replace("{length}", &body.len().to_string())
                .replace('\n', "\r\n");
            [head.as_bytes(), b"\r\n\r\n", body].concat()
        })
    }

    /// A status without a body, with more headers or none.
    pub(crate) fn status(line: &str) -> Self {
        Self::raw(crate::stub::status(line))
    }

    /// The request is taken and nothing comes.
    pub(crate) fn silence() -> Self {
        Self::raw(Vec::new()).ending(End::Hold)
    }

    /// Not even a handshake comes.
    pub(crate) fn stall() -> Self {
        Self {
            before_tls: true,
            ..Self::silence()
        }
    }

    /// The answer up to a byte, then an orderly end.
    pub(crate) fn cut(at: usize) -> Self {
        Self::edited(move |mut answer| {
            answer.truncate(at);
            answer
        })
    }

    /// The answer up to a byte, then a reset.
    pub(crate) fn reset(at: usize) -> Self {
        Self::cut(at).ending(End::Reset)
    }

    /// The answer up to a byte, then nothing more.
    pub(crate) fn stuck(at: usize) -> Self {
        Self::cut(at).ending(End::Hold)
    }

    /// A byte each 200 ms.
    pub(crate) fn drip() -> Self {
        Self {
            pause: Some(Duration::from_millis(200)),
            ..Self::none()
        }
    }

    /// A start, and then the same piece without end.
    pub(crate) fn endless(start: &str, piece: &[u8], times: usize) -> Self {
        Self::raw(start.as_bytes().to_vec()).ending(End::Repeat(Arc::new(piece.repeat(times))))
    }

    /// Many headers before the answer's own.
    pub(crate) fn header_flood(count: usize) -> Self {
        Self::edited(move |answer| {
            let (head, body) = parted(&answer);
            let headers = "x: y\r\n".repeat(count);
            let (line, rest) =
                head.split_at(head.iter().position(|byte| *byte == b'\n').unwrap() + 1);
            [line, headers.as_bytes(), rest, b"\r\n\r\n", body].concat()
        })
    }

    /// So many MiB of blanks, compressed.
    pub(crate) fn gzip_bomb(mebibytes: usize) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        let blank = vec![b' '; 1 << 20];
        for _ in 0..mebibytes {
            encoder.write_all(&blank).unwrap();
        }
        let body = encoder.finish().unwrap();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        Self::raw([head.as_bytes(), &body].concat())
    }
}

/// Head and body of an answer, without what parts them.
fn parted(answer: &[u8]) -> (&[u8], &[u8]) {
    let end = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    (&answer[..end], &answer[end + 4..])
}
