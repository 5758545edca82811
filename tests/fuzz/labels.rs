//! Our text encoder: what a page says of a label and a value is read back as it was, by a reader of other code.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use mirrorwatch::drill::page::Page;
use mirrorwatch::exposition::{Format, render};
use mirrorwatch::model::jmx::{BEANS, JmxSample, JmxView};
use mirrorwatch::model::snapshot::{Moment, Reading, Snapshot, WorkerReadings};
use mirrorwatch::model::time::Timestamp;

/// Longest value that is shown whole.
const WHOLE: usize = 256;

/// The names and a number, parted by zeros.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let names = [
        "source\0target\0source.orders\0" as &str,
        "a\"b\\c\nd\0\u{1b}[31m\0\u{9b}\u{202e}🦀\u{feff}\0",
        "{}\0,le=\"\0 # \r\n\0",
    ];
    names
        .iter()
        .map(|name| [name.as_bytes(), &1.5e300_f64.to_be_bytes()].concat())
        .collect()
}

pub(crate) fn come_back(input: &[u8]) -> bool {
    let mut parts = input.splitn(4, |byte| *byte == 0);
    let names: Vec<String> = parts
        .by_ref()
        .take(3)
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    let [source, target, topic] = &names[..] else {
        return false;
    };
    let number = parts.next().unwrap_or_default();
    let number = number
        .first_chunk()
        .map_or(7.0, |bytes| f64::from_be_bytes(*bytes));
    let labels: Arc<[String]> = [source, target, topic, "0"].map(ToString::to_string).into();
    let snapshot = snapshot(vec![JmxSample {
        bean: 0,
        attribute: 0,
        labels,
        value: number,
    }]);
    let mut expected = BTreeMap::from([("source", source), ("target", target), ("topic", topic)]);
    expected.retain(|_, value| !value.is_empty());
    let mut seen = BTreeSet::new();
    for format in [Format::Classic, Format::OpenMetrics] {
        let page = render(&snapshot, format);
        seen.insert(
            page.lines()
                .filter(|line| !line.starts_with('#'))
                .map(|line| line.split(['{', ' ']).next().unwrap().to_owned())
                .collect::<Vec<_>>(),
        );
        let page = Page::parse(&page);
        let name = format!("{}_record_count", BEANS[0].prefix);
        let entries: Vec<_> = page.named(&name).collect();
        assert_eq!(entries.len(), 1, "one sample");
        assert!(
            entries[0].value.to_bits() == number.to_bits()
                || entries[0].value.is_nan() && number.is_nan()
        );
        for (label, value) in &expected {
            let found = entries[0].label(label);
            assert!(
                found == value.as_str() || value.len() > WHOLE && found.len() <= WHOLE,
                "{label}: {found:?}"
            );
        }
        assert_eq!(
            entries[0].labels.len(),
            expected.len() + 2,
            "partition and worker besides"
        );
    }
    assert_eq!(seen.len(), 1, "both formats have the same samples");
    true
}

/// What is known when one worker has these values.
pub(crate) fn snapshot(samples: Vec<JmxSample>) -> Snapshot {
    let now = Moment {
        wall: Timestamp::from_millis(1_795_423_000_000),
        monotonic: Duration::from_secs(1_000),
    };
    let mut jolokia = Reading::none("jolokia:w:1");
    jolokia.value = Some(Arc::new(JmxView {
        samples,
        ..JmxView::default()
    }));
    Snapshot {
        workers: vec![WorkerReadings {
            id: "w:1".into(),
            rest: Reading::none("rest:w:1"),
            health: Reading::none("health:w:1"),
            jolokia: Some(jolokia),
        }],
        ..Snapshot::unpolled(now, Duration::from_secs(15))
    }
}
