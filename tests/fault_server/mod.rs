//! A server on raw sockets that answers as Connect, Jolokia and Prometheus do, with answers captured from real ones, and
//! that misbehaves on request. The fault can be changed while it runs: what comes after a fault is tested, too.
#![allow(dead_code, reason = "each test uses its part")]

pub(crate) mod answers;
pub(crate) mod faults;

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use faults::{End, Fault};

/// What a client asked.
pub(crate) struct Request {
    /// Method, path with query, version.
    pub(crate) line: String,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }
}

/// The whole answer to a request, head and body, of a server that is well.
pub(crate) type Answers = Arc<dyn Fn(&Request) -> Vec<u8> + Send + Sync>;

/// A running server; it ends with its runtime.
pub(crate) struct FaultServer {
    /// Its port on the loopback address.
    pub(crate) port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    answers: Answers,
    fault: Mutex<Fault>,
    tls: Mutex<Option<TlsAcceptor>>,
    asked: Mutex<Vec<String>>,
    under_way: AtomicUsize,
    most: AtomicUsize,
    /// How long each answer takes at least.
    pause: Duration,
}

impl FaultServer {
    /// One with the captured answers.
    pub(crate) async fn start(fault: Fault) -> Self {
        Self::answering(Arc::new(answers::captured), fault, Duration::ZERO).await
    }

    /// One with other answers, each of which takes a while.
    pub(crate) async fn answering(answers: Answers, fault: Fault, pause: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            answers,
            fault: Mutex::new(fault),
            tls: Mutex::default(),
            asked: Mutex::default(),
            under_way: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            pause,
        });
        let accepting = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(stream, Arc::clone(&accepting)));
            }
        });
        Self { port, shared }
    }

    /// From the next connection on.
    pub(crate) fn set(&self, fault: Fault) {
        *self.shared.fault.lock().unwrap() = fault;
    }

    /// Speak TLS from the next connection on.
    pub(crate) fn set_tls(&self, acceptor: TlsAcceptor) {
        *self.shared.tls.lock().unwrap() = Some(acceptor);
    }

    /// How many requests there were whose line contains `part`.
    pub(crate) fn asked(&self, part: &str) -> usize {
        let asked = self.shared.asked.lock().unwrap();
        asked.iter().filter(|line| line.contains(part)).count()
    }

    /// The most requests that were under way at a time.
    pub(crate) fn most_at_a_time(&self) -> usize {
        self.shared.most.load(SeqCst)
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let fault = shared.fault.lock().unwrap().clone();
    if matches!(fault.end, End::Reset) {
        // Whenever the connection is dropped, it is reset.
        stream.set_zero_linger().unwrap();
    }
    if fault.before_tls {
        std::future::pending::<()>().await;
    }
    let tls = shared.tls.lock().unwrap().clone();
    // A client that has had enough is no fault of the server.
    let _ = match tls {
        None => converse(stream, &shared, &fault).await,
        Some(acceptor) => match acceptor.accept(stream).await {
            Ok(stream) => converse(stream, &shared, &fault).await,
            Err(error) => Err(error),
        },
    };
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    shared: &Shared,
    fault: &Fault,
) -> std::io::Result<()> {
    let Some(request) = read(&mut stream).await? else {
        return Ok(());
    };
    shared.asked.lock().unwrap().push(request.line.clone());
    let now = shared.under_way.fetch_add(1, SeqCst) + 1;
    shared.most.fetch_max(now, SeqCst);
    tokio::time::sleep(shared.pause).await;
    let answer = (shared.answers)(&request);
    // Whoever has its last byte may ask again at once: it is no longer under way before that.
    shared.under_way.fetch_sub(1, SeqCst);
    write(&mut stream, &fault.of(answer), fault.pause).await?;
    match &fault.end {
        End::Close => stream.shutdown().await,
        End::Reset => Ok(()),
        End::Hold => std::future::pending().await,
        End::Repeat(piece) => loop {
            write(&mut stream, piece, fault.pause).await?;
        },
    }
}

async fn write<S: AsyncWrite + Unpin>(
    stream: &mut S,
    bytes: &[u8],
    pause: Option<Duration>,
) -> std::io::Result<()> {
    let Some(pause) = pause else {
        stream.write_all(bytes).await?;
        return stream.flush().await;
    };
    for byte in bytes {
        stream.write_all(&[*byte]).await?;
        stream.flush().await?;
        tokio::time::sleep(pause).await;
    }
    Ok(())
}

/// A whole request: a server that hangs up with bytes unread resets the connection.
async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> std::io::Result<Option<Request>> {
    let mut bytes = Vec::new();
    loop {
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = head {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
                .unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                let line = String::from_utf8_lossy(&bytes[..end])
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                let body = bytes.split_off(end + 4);
                return Ok(Some(Request { line, body }));
            }
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
}
