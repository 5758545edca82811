//! The server: the page of metrics, `/-/healthy`, `/-/ready`, `/-/reload` and a landing page. HTTP/1.1, and HTTP/2 over
//! TLS where the web configuration asks for it.
//!
//! Limits: silent and dribbling clients are cut off, connections are capped and have a greatest age. Every response
//! carries `x-mirrorwatch-time`, by which others measure the offset of this host's clock.

mod activity;
mod connection;
mod landing;
mod routes;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::exposition::Pages;
use crate::web::Live;

/// What a connection gets to finish its answer when it has to end.
const FINISH: Duration = Duration::from_secs(2);
/// Most connections at a time, over all addresses.
const CONNECTIONS: usize = 1_024;
/// Pause after a failed accept, which is most likely a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The wish to have the configuration read again; what came of it is sent back.
pub type Reload = oneshot::Sender<Result<(), String>>;

/// What is served, and to whom.
#[derive(Clone)]
pub struct Server {
    /// The pages.
    pub pages: Arc<Pages>,
    /// The path of the metrics.
    pub telemetry_path: Arc<str>,
    /// Who may ask.
    pub web: Live,
    /// Where wishes to reload go, if that is allowed over HTTP.
    pub reload: Option<mpsc::Sender<Reload>>,
    /// How many connections there may be.
    pub connections: Connections,
}

/// How many connections there may be at a time, over all addresses; what comes on top is closed at once.
#[derive(Clone)]
pub struct Connections(Arc<Semaphore>);

impl Connections {
    /// At most so many.
    pub fn most(most: usize) -> Self {
        Self(Arc::new(Semaphore::new(most)))
    }
}

impl Default for Connections {
    fn default() -> Self {
        Self::most(CONNECTIONS)
    }
}

/// Pages for everybody, under the usual path.
impl From<Arc<Pages>> for Server {
    fn from(pages: Arc<Pages>) -> Self {
        Self {
            pages,
            telemetry_path: "/metrics".into(),
            web: Live::default(),
            reload: None,
            connections: Connections::default(),
        }
    }
}

/// Serve on `listener` until `shutdown`; then let answers under way finish.
pub async fn run(listener: TcpListener, server: impl Into<Server>, shutdown: impl Future) {
    let server = server.into();
    let Connections(permits) = server.connections.clone();
    let mut connections = JoinSet::new();
    let (ending, _) = watch::channel(false);
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            _ = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    if let Ok(permit) = Arc::clone(&permits).try_acquire_owned() {
                        let (server, ending) = (server.clone(), ending.subscribe());
                        connections.spawn(async move {
                            connection::serve(stream, server, ending).await;
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
