//! Whether a client of the load has lost its cluster for good: asked on a thread of its own, because records are due and arrivals are stamped
//! meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread;
use std::time::Duration;

use crate::clock;

/// A client that has heard nothing for so long is doubted.
const DOUBT_AFTER_US: i64 = 5_000_000;
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What is known of one client.
#[derive(Debug)]
pub(super) struct Doubt {
    heard_us: AtomicI64,
    is_deaf: AtomicBool,
}

impl Doubt {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            heard_us: AtomicI64::new(clock::now_us()),
            is_deaf: AtomicBool::new(false),
        })
    }

    /// Something came at this instant, or the client answered for itself.
    pub(super) fn heard(&self, us: i64) {
        self.heard_us.store(us, Ordering::Relaxed);
    }

    /// Whether the client was found to be deaf.
    pub(super) fn is_deaf(&self) -> bool {
        self.is_deaf.load(Ordering::Relaxed)
    }

    /// Asks as long as the client is there, whenever nothing has come for a while.
    pub(super) fn watch<T: Send + Sync + 'static>(
        self: &Arc<Self>,
        client: &Arc<T>,
        is_deaf: impl Fn(&T) -> bool + Send + 'static,
    ) {
        let (client, doubt) = (Arc::downgrade(client), Arc::clone(self));
        thread::spawn(move || {
            while let Some(client) = client.upgrade() {
                let silence = clock::now_us() - doubt.heard_us.load(Ordering::Relaxed);
                if silence > DOUBT_AFTER_US {
                    if is_deaf(&client) {
                        doubt.is_deaf.store(true, Ordering::Relaxed);
                        return;
                    }
                    doubt.heard(clock::now_us());
                }
                drop(client);
                thread::sleep(LOOK_EVERY);
            }
        });
    }
}

/// To end a client may take long.
pub(super) fn drop_aside(client: impl Send + 'static) {
    thread::spawn(move || drop(client));
}
