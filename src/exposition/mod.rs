//! A snapshot as a page for Prometheus. Every metric stands once in the [`catalogue`]; its name, labels, help and
//! `docs/metrics.md` follow from there. Contract of names: design.md.

mod canary;
pub mod catalogue;
mod connect;
mod encode;
mod exporter;
mod flow;
mod jmx;
mod kafka;
mod label;
mod metric;
mod mirrored;
pub mod negotiate;
mod page;
mod probe;
mod written;

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::sync::watch;

pub use encode::Format;
pub use metric::{Kind, Metric};

use crate::model::snapshot::Snapshot;
use mirrored::Mirrored;
use page::Page;

/// One part of a page: its name, and what writes it.
type Part = (&'static str, fn(&mut Page, &Snapshot));

const PARTS: [Part; 7] = [
    ("canary", canary::write),
    ("connect", connect::write),
    ("exporter", exporter::write),
    ("flow", flow::write),
    ("kafka", kafka::write),
    ("probe", probe::write),
    ("written", written::write),
];

/// The page of `snapshot` as text.
pub fn render(snapshot: &Snapshot, format: Format) -> String {
    rendered(snapshot, format, &PARTS, &Mirrored::of(snapshot))
}

/// A page of these parts and of what is mirrored. A part that panics leaves the others, and the page tells which.
fn rendered(snapshot: &Snapshot, format: Format, parts: &[Part], mirrored: &Mirrored) -> String {
    let mut page = Page::within(Arc::clone(&snapshot.limits));
    exporter::part(&mut page, "derived", snapshot.normalised.failed);
    for (name, write) in parts {
        let written = catch_unwind(AssertUnwindSafe(|| write(&mut page, snapshot)));
        exporter::part(&mut page, name, written.is_err());
    }
    let mirrored = mirrored.text(format);
    exporter::part(&mut page, "jmx", mirrored.failed);
    let (mut families, dropped) = page.into_families();
    families.extend(exporter::dropped(dropped.iter().chain(&mirrored.dropped)));
    families.sort_unstable_by_key(|family| family.metric.name);
    encode::page(families, &mirrored.families, format)
}

/// Pages of the latest snapshot, each encoded once on first demand and then shared by all scrapes.
pub struct Pages {
    snapshots: watch::Receiver<Arc<Snapshot>>,
    latest: Mutex<Arc<Encoded>>,
}

struct Encoded {
    snapshot: Arc<Snapshot>,
    mirrored: Arc<Mirrored>,
    /// By format and whether it is compressed.
    bytes: [OnceLock<Bytes>; 4],
}

impl Encoded {
    fn of(snapshot: Arc<Snapshot>) -> Self {
        Self {
            mirrored: Arc::new(Mirrored::of(&snapshot)),
            snapshot,
            bytes: Default::default(),
        }
    }

    /// The pages of the next snapshot: what is mirrored alike is not written again.
    fn next(&self, snapshot: Arc<Snapshot>) -> Self {
        if !self.mirrored.is_of(&snapshot) {
            return Self::of(snapshot);
        }
        Self {
            mirrored: Arc::clone(&self.mirrored),
            snapshot,
            bytes: Default::default(),
        }
    }

    fn plain(&self, format: Format) -> Bytes {
        let page = self.bytes[index(format)].get_or_init(|| self.render(format).into());
        page.clone()
    }

    /// A plain page that nobody asked for is not kept beside the compressed one.
    fn compressed(&self, format: Format) -> Bytes {
        let plain = index(format);
        let page = self.bytes[plain + 1].get_or_init(|| match self.bytes[plain].get() {
            Some(page) => compress(page),
            None => compress(self.render(format).as_bytes()),
        });
        page.clone()
    }

    fn render(&self, format: Format) -> String {
        rendered(&self.snapshot, format, &PARTS, &self.mirrored)
    }
}

impl Pages {
    /// Pages of what `snapshots` brings.
    pub fn new(snapshots: watch::Receiver<Arc<Snapshot>>) -> Self {
        let first = Arc::clone(&snapshots.borrow());
        Self {
            snapshots,
            latest: Mutex::new(Arc::new(Encoded::of(first))),
        }
    }

    /// The latest page; the work is done once for each snapshot, however many scrapes there are.
    pub fn get(&self, format: Format, gzip: bool) -> Bytes {
        let encoded = self.latest();
        if gzip {
            encoded.compressed(format)
        } else {
            encoded.plain(format)
        }
    }

    /// Whether every endpoint has been polled at least once.
    pub fn is_ready(&self) -> bool {
        self.snapshots.borrow().is_complete()
    }

    /// The latest snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshots.borrow())
    }

    fn latest(&self) -> Arc<Encoded> {
        let snapshot = Arc::clone(&self.snapshots.borrow());
        let mut latest = self.latest.lock().expect("nobody panics with this lock");
        if !Arc::ptr_eq(&latest.snapshot, &snapshot) {
            *latest = Arc::new(latest.next(snapshot));
        }
        Arc::clone(&latest)
    }
}

/// Where a format's plain page stands; the compressed one stands behind it.
fn index(format: Format) -> usize {
    usize::from(format == Format::Classic) * 2
}

fn compress(page: &[u8]) -> Bytes {
    // Level 1: six times faster than the default for a page that is 15 % larger.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder
        .write_all(page)
        .expect("writing to a vector cannot fail");
    encoder
        .finish()
        .expect("writing to a vector cannot fail")
        .into()
}

#[test]
fn a_part_that_panics_leaves_the_others_and_is_named_on_the_page() {
    use crate::model::snapshot::Moment;
    use crate::model::time::Timestamp;
    use std::time::Duration;

    let now = Moment {
        wall: Timestamp::from_millis(0),
        monotonic: Duration::ZERO,
    };
    let snapshot = Snapshot::unpolled(now, Duration::from_secs(15));
    let parts: [Part; 2] = [
        ("kafka", |_, _| panic!("in a part")),
        ("exporter", exporter::write),
    ];
    let page = rendered(
        &snapshot,
        Format::OpenMetrics,
        &parts,
        &Mirrored::of(&snapshot),
    );
    assert!(page.contains("mm2_exporter_part_failed{part=\"kafka\"} 1\n"));
    assert!(page.contains("mm2_exporter_part_failed{part=\"exporter\"} 0\n"));
    assert!(page.contains("mm2_exporter_endpoint_up{endpoint=\"tasks\"} 0\n"));
    assert!(page.ends_with("# EOF\n"));
}
