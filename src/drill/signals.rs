//! Ctrl-C, SIGTERM and SIGHUP: the first one ends the drill in good order, the others are told why it is not over yet.

use std::io::{self, Write};
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// How long a step that is under way when the drill is interrupted may go on: half a step is harder to undo than a whole one.
pub const GRACE: Duration = Duration::from_secs(5);

/// Whether the drill has been asked to end.
#[derive(Clone, Debug)]
pub struct Signals {
    count: watch::Receiver<u32>,
}

impl Signals {
    /// Take the signals over from the system's default, which would abandon the system under test.
    pub fn listen() -> io::Result<Self> {
        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ];
        let mut streams = Vec::new();
        for kind in kinds {
            streams.push(signal(kind)?);
        }
        let (sender, count) = watch::channel(0);
        for stream in streams {
            tokio::spawn(pass_on(stream, sender.clone()));
        }
        Ok(Self { count })
    }

    /// Waits for the first signal; returns at once when there has been one.
    pub async fn interrupted(&self) {
        self.at_least(1).await;
    }

    /// Waits for one more signal than there have been.
    pub async fn another(&self) {
        let seen = *self.count.borrow();
        self.at_least(seen + 1).await;
    }

    /// Waits for the first signal, then for the grace of a step under way.
    pub async fn interrupted_with_grace(&self) {
        self.interrupted().await;
        tokio::time::sleep(GRACE).await;
    }

    /// Whether there has been a signal.
    pub fn is_interrupted(&self) -> bool {
        *self.count.borrow() > 0
    }

    async fn at_least(&self, number: u32) {
        let mut count = self.count.clone();
        if count.wait_for(|seen| *seen >= number).await.is_err() {
            // The senders are gone with the runtime: no signal can come any more.
            std::future::pending::<()>().await;
        }
    }
}

async fn pass_on(mut stream: Signal, sender: watch::Sender<u32>) {
    while stream.recv().await.is_some() {
        sender.send_modify(|count| *count += 1);
        let text = if *sender.borrow() == 1 {
            "interrupted: nothing new is begun, what was done is undone"
        } else {
            "still undoing: it ends by itself; if it has to be killed, `mirrorwatch drill --restore DIR` does the rest"
        };
        // A terminal that is gone must not keep the drill from restoring.
        let _ = writeln!(io::stderr(), "mirrorwatch: {text}");
    }
}
