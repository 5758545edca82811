//! One connection: its handshake, its requests, and its end.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, server::conn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::activity::{Activity, Counted};
use super::{FINISH, Server, routes};

/// Longest wait for the head of a request, the first one or the next. No usual scrape interval is just this long: a
/// connection must not be closed at the moment when it is used again.
const HEAD: Duration = Duration::from_secs(25);
/// Greatest age of a connection; a client that never reads its answer ends here. It is no multiple of a usual scrape interval either: a
/// connection that was opened by a scrape would end as another one begins.
const AGE: Duration = Duration::from_secs(307);
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
    let respond = move |request| {
        let server = server.clone();
        async move { routes::respond(&server, &request).await }
    };
    multiplexed(stream, respond, ending).await;
}

/// A connection over HTTP/2 whose requests get what `respond` says.
async fn multiplexed<F: Future<Output = Response<Bytes>> + Send + 'static>(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    respond: impl Fn(Request<Incoming>) -> F,
    ending: watch::Receiver<bool>,
) {
    let mut builder = conn::http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(16)
        .max_header_list_size(64 << 10);
    let activity = Arc::new(Activity::default());
    let seen = Arc::clone(&activity);
    let service = service_fn(move |request: Request<Incoming>| {
        let under_way = seen.begin();
        let response = respond(request);
        async move {
            let response = response.await;
            drop(under_way);
            Ok::<_, Infallible>(response.map(Full::new))
        }
    });
    let stream = Counted::new(stream, Arc::clone(&activity));
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let wind_down = conn::http2::Connection::graceful_shutdown;
    drive(connection, wind_down, activity.silence(HEAD), ending).await;
}

async fn answer(
    server: Server,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let response = routes::respond(&server, &request).await;
    Ok(response.map(Full::new))
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

async fn ended(ending: &mut watch::Receiver<bool>) {
    // Were the sender gone, the server would be, too.
    let _ = ending.wait_for(|ending| *ending).await;
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, Empty};

    use super::*;

    /// What a client reads of a body of that many bytes, which takes one frame at each of these intervals.
    async fn read(bytes: usize, interval: Duration) -> usize {
        let (near, far) = tokio::io::duplex(64 << 10);
        let (_ending, ended) = watch::channel(false);
        let respond = move |_| async move { Response::new(Bytes::from(vec![b'x'; bytes])) };
        tokio::spawn(multiplexed(far, respond, ended));
        let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
        builder
            .initial_stream_window_size(65_535)
            .initial_connection_window_size(65_535);
        let (mut sender, connection) = builder
            .handshake::<_, Empty<Bytes>>(TokioIo::new(near))
            .await
            .unwrap();
        tokio::spawn(connection);
        let request = Request::get("http://x/").body(Empty::new()).unwrap();
        let mut body = sender.send_request(request).await.unwrap().into_body();
        let mut read = 0;
        while let Some(Ok(frame)) = body.frame().await {
            read += frame.into_data().unwrap().len();
            sleep(interval).await;
        }
        read
    }

    #[tokio::test(start_paused = true)]
    async fn over_http2_a_slow_client_gets_its_answer_and_one_that_takes_nothing_is_let_go() {
        let all = 400 << 10;
        assert_eq!(read(all, Duration::from_secs(4)).await, all);
        let taken = read(all, Duration::from_mins(2)).await;
        assert!(taken < all, "{taken}");
    }
}
