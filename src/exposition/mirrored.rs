//! The mirrored JMX attributes of all workers as text. They are most of a large page and change only when a worker's JMX
//! was read anew: what is written of them serves all snapshots in between.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use super::encode::{self, Format, Written};
use super::jmx;
use super::page::{Dropped, Page};
use crate::model::jmx::JmxView;
use crate::model::limits::PageLimits;
use crate::model::snapshot::{Snapshot, WorkerReadings};

/// What all workers' JMX says, as of some snapshots.
pub(super) struct Mirrored {
    views: Vec<(Arc<str>, Option<Arc<JmxView>>)>,
    limits: Arc<PageLimits>,
    /// In the format that was asked for last: whoever scrapes asks for the same again, and a second one would not fit.
    text: Mutex<Option<(Format, Arc<Text>)>>,
}

/// All of it in one format.
pub(super) struct Text {
    /// The metrics in order of their names.
    pub(super) families: Vec<Written>,
    pub(super) dropped: Vec<Dropped>,
    /// Whether writing them panicked; then there are none.
    pub(super) failed: bool,
}

impl Mirrored {
    /// What is mirrored in this snapshot.
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let view = |worker: &WorkerReadings| (Arc::clone(&worker.id), view(worker).cloned());
        Self {
            views: snapshot.workers.iter().map(view).collect(),
            limits: Arc::clone(&snapshot.limits),
            text: Mutex::default(),
        }
    }

    /// Whether the same is mirrored in this snapshot.
    pub(super) fn is_of(&self, snapshot: &Snapshot) -> bool {
        let same = |(id, known): &(Arc<str>, Option<Arc<JmxView>>), worker: &WorkerReadings| {
            let view = view(worker);
            *id == worker.id && known.as_ref().map(Arc::as_ptr) == view.map(Arc::as_ptr)
        };
        Arc::ptr_eq(&self.limits, &snapshot.limits)
            && self.views.len() == snapshot.workers.len()
            && self
                .views
                .iter()
                .zip(&snapshot.workers)
                .all(|(known, worker)| same(known, worker))
    }

    /// It in one format; written once for as long as that is asked for.
    pub(super) fn text(&self, format: Format) -> Arc<Text> {
        let mut latest = self.text.lock().expect("nobody panics with this lock");
        if let Some((known, text)) = &*latest
            && *known == format
        {
            return Arc::clone(text);
        }
        *latest = None;
        let text = Arc::new(self.write(format));
        *latest = Some((format, Arc::clone(&text)));
        text
    }

    fn write(&self, format: Format) -> Text {
        let mut page = Page::within(Arc::clone(&self.limits));
        let written = catch_unwind(AssertUnwindSafe(|| {
            for (worker, view) in &self.views {
                if let Some(view) = view {
                    jmx::write(&mut page, worker, view);
                }
            }
        }));
        let (families, dropped) = page.into_families();
        // Each family is gone when it is written: they are not in memory twice.
        let families = families.into_iter();
        Text {
            families: families
                .map(|family| encode::family(&family, format))
                .collect(),
            dropped,
            failed: written.is_err(),
        }
    }
}

fn view(worker: &WorkerReadings) -> Option<&Arc<JmxView>> {
    worker.jolokia.as_ref()?.value.as_ref()
}

#[test]
fn what_is_mirrored_is_written_anew_only_when_a_worker_was_read_anew() {
    use crate::model::snapshot::{Moment, Reading};
    use crate::model::time::Timestamp;
    use std::time::Duration;

    let now = Moment {
        wall: Timestamp::from_micros(0),
        monotonic: Duration::ZERO,
    };
    let mut snapshot = Snapshot::unpolled(now, Duration::from_secs(15));
    let mut jolokia = Reading::none("jolokia:a:1");
    jolokia.value = Some(Arc::new(JmxView::default()));
    snapshot.workers.push(WorkerReadings {
        id: "a:1".into(),
        rest: Reading::none("rest:a:1"),
        health: Reading::none("health:a:1"),
        jolokia: Some(jolokia),
    });
    let mirrored = Mirrored::of(&snapshot);
    let mut later = snapshot.clone();
    later.taken.monotonic = Duration::from_secs(1);
    assert!(mirrored.is_of(&later));
    let read = |later: &mut Snapshot, view| later.workers[0].jolokia.as_mut().unwrap().value = view;
    read(&mut later, Some(Arc::new(JmxView::default())));
    assert!(!mirrored.is_of(&later), "it was read anew");
    read(&mut later, None);
    assert!(!mirrored.is_of(&later), "it is too old to be shown");
    later = snapshot.clone();
    later.workers.clear();
    assert!(!mirrored.is_of(&later), "it is not watched any more");
    later = snapshot.clone();
    later.limits = Arc::default();
    assert!(!mirrored.is_of(&later), "other limits are in force");
}
