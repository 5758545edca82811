//! Label sets. Evaluation shares, compares and hashes them far more often than it makes them, so a set is one packed text that
//! every copy shares.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The label under which a metric's name stands.
pub(crate) const NAME: &str = "__name__";
/// What goes when a metric's name is dropped (Prometheus 3.16, schema/labels.go `IsMetadataLabel`).
pub(crate) const METADATA: [&str; 3] = [NAME, "__type__", "__unit__"];

/// The labels of a series, its name under `__name__`, in order; none is empty.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Labels(Arc<Packed>);

/// Names and values one behind the other, and where each of them ends.
#[derive(Default, PartialEq, Eq, Hash)]
struct Packed {
    text: Box<str>,
    ends: Box<[usize]>,
}

impl Labels {
    /// The value of a label; absent and empty are the same in Prometheus.
    pub fn get(&self, name: &str) -> &str {
        self.iter()
            .find(|(label, _)| *label == name)
            .map_or("", |(_, value)| value)
    }

    /// The name of the metric.
    pub fn name(&self) -> &str {
        self.get(NAME)
    }

    /// Names and values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let packed = &*self.0;
        let mut start = 0;
        packed.ends.chunks_exact(2).map(move |ends| {
            let (name, value) = (&packed.text[start..ends[0]], &packed.text[ends[0]..ends[1]]);
            start = ends[1];
            (name, value)
        })
    }

    /// Only some of the labels.
    pub(crate) fn filtered(&self, keep: impl Fn(&str) -> bool) -> Self {
        if self.iter().all(|(name, _)| keep(name)) {
            return self.clone();
        }
        Self::from_sorted(self.iter().filter(|(name, _)| keep(name)))
    }

    /// Without the metric's name, type and unit.
    pub(crate) fn without_name(&self) -> Self {
        self.filtered(|name| !METADATA.contains(&name))
    }

    /// With a label set anew; an empty value removes it.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let others = self.iter().filter(|(label, _)| *label != name);
        let mut all: Vec<_> = others.chain([(name, value)]).collect();
        all.sort_unstable();
        Self::from_sorted(all.into_iter().filter(|(_, value)| !value.is_empty()))
    }

    /// From pairs that are in order of their names, each once, none empty.
    fn from_sorted<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let (mut text, mut ends) = (String::new(), Vec::new());
        for (name, value) in pairs {
            text.push_str(name);
            ends.push(text.len());
            text.push_str(value);
            ends.push(text.len());
        }
        Self(Arc::new(Packed {
            text: text.into_boxed_str(),
            ends: ends.into_boxed_slice(),
        }))
    }
}

impl PartialOrd for Labels {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Labels {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        if Arc::ptr_eq(&self.0, &other.0) {
            return std::cmp::Ordering::Equal;
        }
        self.iter().cmp(other.iter())
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Labels {
    fn from_iter<T: IntoIterator<Item = (K, V)>>(pairs: T) -> Self {
        let all: BTreeMap<String, String> = pairs
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        Self::from_sorted(all.iter().map(|(n, v)| (n.as_str(), v.as_str())))
    }
}

/// As Prometheus prints them: `{__name__="up", job="a"}`.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<_> = self
            .iter()
            .map(|(name, value)| format!("{name}={value:?}"))
            .collect();
        write!(f, "{{{}}}", pairs.join(", "))
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(BTreeMap::<String, String>::deserialize(deserializer)?
            .into_iter()
            .collect())
    }
}

#[test]
fn labels_are_ordered_by_name_then_value_and_empty_ones_do_not_exist() {
    let labels = |pairs: &[(&str, &str)]| pairs.iter().copied().collect::<Labels>();
    let all = labels(&[("b", "2"), ("__name__", "up"), ("a", "1"), ("c", "")]);
    assert_eq!(
        all.iter().collect::<Vec<_>>(),
        [("__name__", "up"), ("a", "1"), ("b", "2")]
    );
    assert_eq!((all.name(), all.get("b"), all.get("c")), ("up", "2", ""));
    assert_eq!(all.without_name(), labels(&[("a", "1"), ("b", "2")]));
    assert_eq!(
        all.with("a", "").with("d", "4").to_string(),
        r#"{__name__="up", b="2", d="4"}"#
    );
    assert!(labels(&[("a", "1")]) < labels(&[("a", "1"), ("b", "0")]));
    assert!(labels(&[("a", "10")]) < labels(&[("a", "2")]));
    assert!(labels(&[("ab", "c")]) != labels(&[("a", "bc")]));
    assert!(labels(&[]) < labels(&[("a", "1")]));
}

#[test]
fn labels_are_a_map_in_json() {
    let labels: Labels = [("b", "2"), ("a", "\"")].into_iter().collect();
    let json = serde_json::to_string(&labels).unwrap();
    assert_eq!(json, r#"{"a":"\"","b":"2"}"#);
    assert_eq!(serde_json::from_str::<Labels>(&json).unwrap(), labels);
}
