//! Mirrored JMX attributes: the rows of [`crate::model::jmx::BEANS`] as metrics.

use std::sync::LazyLock;

use super::metric::{Kind, Metric};
use super::page::Page;
use crate::model::jmx::{Attribute, BEANS, Bean, JmxKind};
use crate::model::snapshot::Snapshot;

/// One metric for each attribute, by group and attribute. Their texts are put together once and live as long as the
/// process, like those of all other metrics.
static METRICS: LazyLock<Vec<Vec<Metric>>> = LazyLock::new(|| {
    let row = |bean: &'static Bean| {
        bean.attributes
            .iter()
            .map(|row| metric(bean, row))
            .collect()
    };
    BEANS.iter().map(row).collect()
});

pub(super) fn metrics() -> impl Iterator<Item = &'static Metric> {
    METRICS.iter().flatten()
}

fn metric(bean: &'static Bean, row: &'static Attribute) -> Metric {
    Metric {
        name: bean.metric(row).leak(),
        kind: match row.kind {
            JmxKind::Counter => Kind::Counter,
            JmxKind::Gauge => Kind::Gauge,
            JmxKind::Unknown => Kind::Unknown,
        },
        unit: row.unit,
        labels: bean.labels,
        help: format!(
            "{} (JMX {}, attribute {}).",
            row.meaning, bean.name, row.name
        )
        .leak(),
        origin: format!("Jolokia, MBean `{}`, attribute `{}`", bean.name, row.name).leak(),
        absent: bean.absent,
    }
}

pub(super) fn write(page: &mut Page, snapshot: &Snapshot) {
    for worker in &snapshot.workers {
        let view = worker
            .jolokia
            .as_ref()
            .and_then(|jolokia| jolokia.value.as_ref());
        for sample in view.into_iter().flat_map(|view| &view.samples) {
            let mut labels: Vec<&str> = sample.labels.iter().map(String::as_str).collect();
            labels.push(&worker.id);
            page.add(
                &METRICS[sample.bean][sample.attribute],
                &labels,
                sample.value,
            );
        }
    }
}
