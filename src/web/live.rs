//! The web configuration in force, and what takes a new one over when its files change.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::login::Logins;
use super::{Web, load};
use crate::clock;
use crate::model::snapshot::Loaded;

/// Time between two looks at the files.
const LOOK: Duration = Duration::from_secs(1);

/// The web configuration in force.
#[derive(Clone)]
pub struct Live {
    web: watch::Receiver<Arc<Web>>,
    /// Checks the logins.
    pub logins: Arc<Logins>,
}

impl Live {
    /// The configuration that `web` has at each moment.
    pub fn new(web: watch::Receiver<Arc<Web>>) -> Self {
        Self {
            web,
            logins: Arc::default(),
        }
    }

    /// The configuration in force now.
    pub fn now(&self) -> Arc<Web> {
        Arc::clone(&self.web.borrow())
    }
}

/// Everybody may ask, and nothing is encrypted.
impl Default for Live {
    fn default() -> Self {
        Self::new(watch::channel(Arc::default()).1)
    }
}

/// Look at the file at `path`, and at those that it names, for ever. What changes is in force as soon as two looks find
/// the same; what is wrong, or would open what the file at hand protects, is not, and is said in `loaded`.
pub async fn follow(path: PathBuf, web: watch::Sender<Arc<Web>>, loaded: watch::Sender<Loaded>) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // What the last look found, to tell a file that is being written from one that is.
    let mut last = Look::Found(web.borrow().digest);
    let mut said = last.clone();
    loop {
        looks.tick().await;
        let (path, now) = (path.clone(), Arc::clone(&web.borrow()));
        let Ok((look, next)) = tokio::task::spawn_blocking(move || look(&path, &now)).await else {
            continue;
        };
        let is_settled = look == last;
        last = look.clone();
        if is_settled && look != said {
            take(&look, next, &web, &loaded);
            said = look;
        }
    }
}

/// What a look found.
#[derive(Clone, PartialEq)]
enum Look {
    /// A configuration with this digest.
    Found([u8; 32]),
    /// One that cannot be taken, and why.
    Wrong(String),
}

/// What the files say now, next to what is in force.
fn look(path: &std::path::Path, now: &Web) -> (Look, Option<Web>) {
    match load(path) {
        Err(error) => (Look::Wrong(error.to_string()), None),
        Ok(next) => match now.opened_by(&next) {
            Some(open) => {
                let message = format!(
                    "{}: {open}; what is protected stays so until a restart",
                    path.display()
                );
                (Look::Wrong(message), None)
            }
            None => (Look::Found(next.digest), Some(next)),
        },
    }
}

fn take(
    look: &Look,
    next: Option<Web>,
    web: &watch::Sender<Arc<Web>>,
    loaded: &watch::Sender<Loaded>,
) {
    match (look, next) {
        (Look::Wrong(error), _) => {
            tracing::error!(
                error,
                "the web configuration is not taken; the one before stays in force"
            );
            loaded.send_modify(|loaded| loaded.is_successful = false);
        }
        (Look::Found(_), Some(next)) => {
            if next.digest == web.borrow().digest {
                tracing::info!("the web configuration is in order again");
            } else {
                tracing::info!("the web configuration has changed and is in force");
                web.send_replace(Arc::new(next));
            }
            loaded.send_replace(Loaded::at(clock::wall()));
        }
        (Look::Found(_), None) => {}
    }
}
