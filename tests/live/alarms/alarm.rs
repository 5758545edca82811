//! An alert as the tables name it.

use std::collections::BTreeMap;
use std::fmt;

/// Labels of an alert.
pub(super) type Labels = BTreeMap<String, String>;

/// The alert that remembers: it ends when the breach has left its window.
const BURN: &str = "MirrorMakerRecoveryPointBudgetBurn";

/// Name and severity of an alert.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Alarm {
    pub(super) name: String,
    pub(super) severity: String,
}

impl Alarm {
    /// From its name without `MirrorMaker`, and `c` for critical or `w` for warning.
    pub(super) fn short(text: &str) -> Self {
        let (name, level) = text.split_once(' ').expect("a name and a severity");
        let severity = match level {
            "c" => "critical",
            "w" => "warning",
            other => panic!("no severity: {other}"),
        };
        Self {
            name: format!("MirrorMaker{name}"),
            severity: severity.to_owned(),
        }
    }

    pub(super) fn of(labels: &Labels) -> Self {
        let label = |name| labels.get(name).cloned().unwrap_or_default();
        Self {
            name: label("alertname"),
            severity: label("severity"),
        }
    }

    /// Whether it is the one that outlasts its fault.
    pub(super) fn remembers(&self) -> bool {
        self.name == BURN
    }
}

impl fmt::Display for Alarm {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` {}", self.name, self.severity)
    }
}

/// Whether it remembers more than one fault: over half an hour and longer.
pub(super) fn remembers_long(labels: &Labels) -> bool {
    Alarm::of(labels).remembers() && labels.get("short").is_none_or(|short| short != "5m")
}

/// The labels in one line, without those that the name of the alert says.
pub(super) fn in_line(labels: &Labels) -> String {
    let others = labels
        .iter()
        .filter(|(key, _)| !["alertname", "severity", "job"].contains(&key.as_str()));
    let others: Vec<String> = others
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    others.join(" ")
}
