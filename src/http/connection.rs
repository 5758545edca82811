//! One connection: its handshake, its requests, and its end.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, server::conn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::{FINISH, Server, routes};

/// Longest wait for the head of a request, the first one or the next. No usual scrape interval is just this long: a
/// connection must not be closed at the moment when it is used again.
const HEAD: Duration = Duration::from_secs(25);
/// Greatest age of a connection; a client that never reads its answer ends here.
const AGE: Duration = Duration::from_mins(5);
/// What a client gets to agree on keys.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// What a client is told that speaks HTTP where TLS is spoken.
const SPEAK_TLS: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 28\r\nconnection: close\r\n\r\nthis is HTTPS; use https://\n";

/// Serve a connection until it ends or has to.
pub(super) async fn serve(stream: TcpStream, server: Server, ending: watch::Receiver<bool>) {
    let Some(tls) = server.web.now().tls.clone() else {
        return http1(stream, server, ending).await;
    };
    let mut stopped = ending.clone();
    let shaken = tokio::select! {
        shaken = timeout(HANDSHAKE, handshake(stream, TlsAcceptor::from(tls))) => shaken,
        () = ended(&mut stopped) => return,
    };
    match shaken {
        Ok(Ok(Some(stream))) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
            http2(stream, server, ending).await;
        }
        Ok(Ok(Some(stream))) => http1(stream, server, ending).await,
        Ok(Ok(None)) => tracing::debug!("a client speaks HTTP where TLS is spoken"),
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a client did not finish its TLS handshake in time"),
    }
}

/// The encrypted stream; `None` if the client does not even try.
async fn handshake(
    mut stream: TcpStream,
    acceptor: TlsAcceptor,
) -> std::io::Result<Option<tokio_rustls::server::TlsStream<TcpStream>>> {
    // A method begins with a letter, TLS with 0x16.
    let mut first = [0];
    if stream.peek(&mut first).await? == 1 && first[0].is_ascii_uppercase() {
        stream.write_all(SPEAK_TLS).await?;
        stream.shutdown().await?;
        return Ok(None);
    }
    acceptor.accept(stream).await.map(Some)
}

async fn http1(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    server: Server,
    ending: watch::Receiver<bool>,
) {
    let mut builder = conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_headers(64)
        .max_buf_size(64 << 10);
    let service = service_fn(move |request: Request<Incoming>| answer(server.clone(), request));
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let wind_down = conn::http1::Connection::graceful_shutdown;
    drive(connection, wind_down, std::future::pending(), ending).await;
}

async fn http2(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    server: Server,
    ending: watch::Receiver<bool>,
) {
    let mut builder = conn::http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(16)
        .max_header_list_size(64 << 10);
    let requests = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&requests);
    let service = service_fn(move |request: Request<Incoming>| {
        requests.fetch_add(1, Ordering::Relaxed);
        answer(server.clone(), request)
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let wind_down = conn::http2::Connection::graceful_shutdown;
    drive(connection, wind_down, silence(seen), ending).await;
}

async fn answer(
    server: Server,
    request: Request<Incoming>,
) -> Result<hyper::Response<routes::Body>, Infallible> {
    Ok(routes::respond(&server, &request).await)
}

/// Run a connection; at its end, be it by age, silence or shutdown, let the answer under way go out, but not for ever.
async fn drive<C: Future<Output = hyper::Result<()>>>(
    connection: C,
    wind_down: fn(Pin<&mut C>),
    silence: impl Future<Output = ()>,
    mut ending: watch::Receiver<bool>,
) {
    let mut connection = pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => Some(outcome),
        () = ended(&mut ending) => None,
        () = sleep(AGE) => None,
        () = silence => None,
    };
    let outcome = if let Some(outcome) = outcome {
        outcome
    } else {
        wind_down(connection.as_mut());
        timeout(FINISH, connection).await.unwrap_or(Ok(()))
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Ends when there was no new request for a while: HTTP/2 knows no such timeout by itself.
async fn silence(requests: Arc<AtomicU64>) {
    let mut before = None;
    loop {
        let now = requests.load(Ordering::Relaxed);
        if before == Some(now) {
            return;
        }
        before = Some(now);
        sleep(HEAD).await;
    }
}

async fn ended(ending: &mut watch::Receiver<bool>) {
    // Were the sender gone, the server would be, too.
    let _ = ending.wait_for(|ending| *ending).await;
}
