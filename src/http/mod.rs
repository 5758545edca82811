//! The server: `/metrics`, `/-/healthy`, `/-/ready` and a landing page. GET and HEAD only, HTTP/1.1 only.
//!
//! Limits: silent and dribbling clients are cut off, connections are capped and have a greatest age. Every response
//! carries `x-mirrorwatch-time`, by which others measure the offset of this host's clock.

mod routes;

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::exposition::Pages;

/// Longest wait for the head of a request, the first one or the next. No usual scrape interval is just this long: a
/// connection must not be closed at the moment when it is used again.
const HEAD: Duration = Duration::from_secs(25);
/// Greatest age of a connection; a client that never reads its answer ends here.
const AGE: Duration = Duration::from_mins(5);
/// What a connection gets to finish its answer when it has to end.
const FINISH: Duration = Duration::from_secs(2);
/// Most connections at a time; what comes on top is closed at once.
const CONNECTIONS: usize = 1_024;
/// Pause after a failed accept, which is most likely a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serve `pages` on `listener` until `shutdown`; then let answers under way finish.
pub async fn run(listener: TcpListener, pages: Arc<Pages>, shutdown: impl Future) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    let (ending, _) = watch::channel(false);
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            _ = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    if let Ok(permit) = Arc::clone(&permits).try_acquire_owned() {
                        let (pages, ending) = (Arc::clone(&pages), ending.subscribe());
                        connections.spawn(async move {
                            connection(stream, pages, ending).await;
                            drop(permit);
                        });
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    ending.send_replace(true);
    let finished = timeout(FINISH, async {
        while connections.join_next().await.is_some() {}
    });
    if finished.await.is_err() {
        connections.abort_all();
    }
}

async fn connection(stream: TcpStream, pages: Arc<Pages>, mut ending: watch::Receiver<bool>) {
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let response = routes::respond(
            &pages,
            request.method(),
            request.uri().path(),
            request.headers(),
        );
        std::future::ready(Ok::<_, Infallible>(response))
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_headers(64)
        .max_buf_size(64 << 10);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = ended(&mut ending) => finish(connection.as_mut()).await,
        () = sleep(AGE) => finish(connection.as_mut()).await,
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn ended(ending: &mut watch::Receiver<bool>) {
    // Were the sender gone, the server would be, too.
    let _ = ending.wait_for(|ending| *ending).await;
}

/// Let the answer under way end, but not for ever.
async fn finish<S>(
    mut connection: std::pin::Pin<&mut http1::Connection<TokioIo<TcpStream>, S>>,
) -> hyper::Result<()>
where
    S: hyper::service::HttpService<hyper::body::Incoming, ResBody = routes::Body>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    connection.as_mut().graceful_shutdown();
    timeout(FINISH, connection).await.unwrap_or(Ok(()))
}
