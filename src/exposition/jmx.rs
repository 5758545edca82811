//! Mirrored JMX attributes: the rows of [`crate::model::jmx::BEANS`] as metrics.

use std::sync::LazyLock;

use super::metric::{Fold, Kind, Metric};
use super::page::Page;
use crate::model::jmx::{Attribute, BEANS, Bean, JmxKind, JmxView, snake_case};

/// One metric for each number, by group and attribute, and one for the texts of each group that has some. Their texts
/// are put together once and live as long as the process, like those of all other metrics.
struct Rows {
    numbers: Vec<Vec<Metric>>,
    infos: Vec<Option<Metric>>,
}

static ROWS: LazyLock<Rows> = LazyLock::new(|| Rows {
    numbers: BEANS
        .iter()
        .map(|bean| {
            bean.attributes
                .iter()
                .map(|row| metric(bean, row))
                .collect()
        })
        .collect(),
    infos: BEANS.iter().map(|bean| info(bean)).collect(),
});

pub(super) fn metrics() -> impl Iterator<Item = &'static Metric> {
    let numbers = ROWS.numbers.iter().zip(BEANS).flat_map(|(metrics, bean)| {
        let rows = metrics.iter().zip(bean.attributes);
        rows.filter(|(_, row)| row.kind != JmxKind::Text)
            .map(|(metric, _)| metric)
    });
    numbers.chain(ROWS.infos.iter().flatten())
}

fn metric(bean: &'static Bean, row: &'static Attribute) -> Metric {
    Metric {
        name: bean.metric(row).leak(),
        kind: match row.kind {
            JmxKind::Counter => Kind::Counter,
            JmxKind::Gauge => Kind::Gauge,
            JmxKind::Unknown => Kind::Unknown,
            JmxKind::Text => Kind::Info,
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
        fold: fold(row),
        is_filtered: row.kind != JmxKind::Text,
    }
}

/// The metric of a group's texts: 1, with each text as a label.
fn info(bean: &'static Bean) -> Option<Metric> {
    let texts: Vec<&Attribute> = bean.texts().map(|(_, row)| row).collect();
    let labels = bean.labels.iter().map(|label| (*label).to_owned());
    let labels = labels.chain(texts.iter().map(|row| snake_case(row.name)));
    let labels: Vec<&'static str> = labels.map(|label| &*label.leak()).collect();
    let names: Vec<String> = texts.iter().map(|row| format!("`{}`", row.name)).collect();
    let meanings: Vec<&str> = texts.iter().map(|row| row.meaning).collect();
    (!texts.is_empty()).then(|| Metric {
        labels: labels.leak(),
        ..Metric::new(
            format!("{}_info", bean.prefix).leak(),
            Kind::Info,
            "",
            &[],
            format!("{} (JMX {}).", meanings.join("; "), bean.name).leak(),
        )
        .from(
            format!(
                "Jolokia, MBean `{}`, attributes {}",
                bean.name,
                names.join(", ")
            )
            .leak(),
            bean.absent,
        )
    })
}

/// Counts and rates add up. Of averages the greatest stands for all: their weights are not known.
fn fold(row: &Attribute) -> Fold {
    if row.kind != JmxKind::Gauge || row.unit.ends_with(" per second") {
        Fold::Sum
    } else if row.name.ends_with("-min") {
        Fold::Least
    } else {
        Fold::Greatest
    }
}

/// What one worker's JMX says.
pub(super) fn write(page: &mut Page, worker: &str, view: &JmxView) {
    let mut labels: Vec<&str> = Vec::new();
    for sample in &view.samples {
        labels.clear();
        labels.extend(sample.labels.iter().map(String::as_str).chain([worker]));
        page.add(
            &ROWS.numbers[sample.bean][sample.attribute],
            &labels,
            sample.value,
        );
    }
    for text in &view.texts {
        labels.clear();
        labels.extend(text.labels.iter().map(String::as_str).chain([worker]));
        labels.extend(text.texts.iter().map(String::as_str));
        if let Some(metric) = &ROWS.infos[text.bean] {
            page.state(metric, &labels);
        }
    }
}
