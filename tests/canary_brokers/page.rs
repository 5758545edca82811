//! The page that an exporter with this canary alone would show.

use std::sync::Arc;
use std::time::Duration;

use mirrorwatch::clock;
use mirrorwatch::exposition::{Format, render};
use mirrorwatch::model::canary::CanaryView;
use mirrorwatch::model::snapshot::Snapshot;

/// One page, and what it was made of.
pub(crate) struct Page {
    pub(crate) view: Arc<CanaryView>,
    text: String,
}

impl Page {
    pub(crate) fn of(view: Arc<CanaryView>) -> Self {
        let snapshot = Snapshot {
            canaries: vec![Arc::clone(&view)],
            ..Snapshot::unpolled(clock::now(), Duration::from_secs(15))
        };
        let text = render(&snapshot, Format::Classic);
        Self { view, text }
    }

    /// The values of a metric, of the series whose labels have `part` in them.
    pub(crate) fn values(&self, metric: &str, part: &str) -> Vec<f64> {
        let start = format!("{metric}{{");
        let lines = self
            .text
            .lines()
            .filter_map(|line| line.strip_prefix(&start));
        let lines = lines.filter_map(|line| line.rsplit_once("} "));
        let of_part = lines.filter(|(labels, _)| labels.contains(part));
        let values: Vec<f64> = of_part
            .map(|(_, value)| value.parse().expect("a number"))
            .collect();
        assert!(!values.is_empty(), "{metric}{{{part}}}\n{}", self.text);
        values
    }

    /// The value of the only one of them.
    pub(crate) fn value(&self, metric: &str, part: &str) -> f64 {
        let values = self.values(metric, part);
        assert_eq!(values.len(), 1, "{metric}{{{part}}}\n{}", self.text);
        values[0]
    }

    /// All of them together.
    pub(crate) fn sum(&self, metric: &str) -> f64 {
        self.values(metric, "").into_iter().sum()
    }

    /// No record is told to have come to harm, and none to be missing.
    #[track_caller]
    pub(crate) fn is_unharmed(&self) {
        for kind in [
            "lost",
            "late_after_loss",
            "duplicate",
            "reordered",
            "corrupt",
            "misrouted",
            "mangled_header",
        ] {
            let count = self.sum(&format!("mm2_canary_{kind}_records_total"));
            assert_eq!(
                count.to_bits(),
                0.0_f64.to_bits(),
                "{kind}: {count}\n{}",
                self.text
            );
        }
    }
}
