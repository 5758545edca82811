//! Which of the canary's threads still run, and the word for them to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;

/// Held by every thread of a canary until it has ended.
#[derive(Clone, Debug)]
pub(super) struct Running {
    stop: Arc<AtomicBool>,
    _held: mpsc::Sender<()>,
}

impl Running {
    /// A token to hand to threads, and what closes when all of them are gone.
    pub(super) fn new() -> (Self, mpsc::Receiver<()>) {
        let (held, ended) = mpsc::channel(1);
        let running = Self {
            stop: Arc::new(AtomicBool::new(false)),
            _held: held,
        };
        (running, ended)
    }

    pub(super) fn stop_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
