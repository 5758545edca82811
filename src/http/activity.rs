//! Whether anything goes on in a connection over HTTP/2, which knows no timeout of silence by itself. A new request, an answer
//! that is being put together and whatever is written count; a client that takes nothing lets nothing be written.

use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::sleep;

/// What goes on in one connection.
#[derive(Default)]
pub(super) struct Activity {
    moves: AtomicU64,
    under_way: AtomicUsize,
}

impl Activity {
    fn moved(&self) {
        self.moves.fetch_add(1, Ordering::Relaxed);
    }

    fn wrote(&self, written: Poll<Result<usize>>) -> Poll<Result<usize>> {
        if let Poll::Ready(Ok(1..)) = written {
            self.moved();
        }
        written
    }

    /// Note that an answer is being put together, until what is returned is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> UnderWay {
        self.moved();
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(Arc::clone(self))
    }

    /// Ends when nothing has gone on for `patience`, and at the latest after twice that.
    pub(super) async fn silence(&self, patience: Duration) {
        let mut before = None;
        loop {
            let now = self.moves.load(Ordering::Relaxed);
            if before == Some(now) && self.under_way.load(Ordering::Relaxed) == 0 {
                return;
            }
            before = Some(now);
            sleep(patience).await;
        }
    }
}

/// An answer that is being put together.
pub(super) struct UnderWay(Arc<Activity>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.moved();
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A stream whose writes count: over HTTP/2 they stop when the client takes nothing.
pub(super) struct Counted<S> {
    stream: S,
    activity: Arc<Activity>,
}

impl<S> Counted<S> {
    pub(super) fn new(stream: S, activity: Arc<Activity>) -> Self {
        Self { stream, activity }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.activity.wrote(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.activity.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_being_put_together_is_no_silence() {
    let activity = Arc::new(Activity::default());
    let patience = Duration::from_secs(25);
    let under_way = activity.begin();
    let silent = activity.silence(patience);
    let waited = tokio::time::timeout(Duration::from_mins(4), silent).await;
    assert!(waited.is_err(), "it has ended");
    drop(under_way);
    activity.silence(patience).await;
}
