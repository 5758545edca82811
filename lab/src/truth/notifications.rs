//! `truth/notifications.jsonl`: what Alertmanager told the lab's receiver, one notification a line.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The file's name.
pub(crate) const FILE: &str = "notifications.jsonl";

/// One notification as it arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// When it had arrived whole, in microseconds since the epoch.
    pub us: i64,
    /// Where it arrived: `critical` or `warning`.
    pub receiver: String,
    /// `firing` while any of its alerts does, else `resolved`.
    pub status: String,
    /// Its alerts.
    pub alerts: Vec<Alert>,
}

/// One alert of a notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    /// Its label `alertname`.
    pub name: String,
    /// Its label `severity`; empty if it has none.
    pub severity: String,
    /// All its labels.
    pub labels: BTreeMap<String, String>,
    /// `firing` or `resolved`.
    pub status: String,
    /// Since when it fires, as Alertmanager writes it (RFC 3339).
    pub starts_at: String,
    /// When it was over; `0001-01-01T00:00:00Z` while it fires.
    pub ends_at: String,
}

/// All notifications in the `truth` folder of a lab, in the order of their arrival; a line that is not whole (the last one, while the
/// receiver writes) is left out.
pub fn notifications(truth: &Path) -> io::Result<Vec<Notification>> {
    let text = fs::read_to_string(truth.join(FILE))?;
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let lines = whole.lines();
    let read = lines.map(|line| serde_json::from_str(line).map_err(io::Error::from));
    read.collect()
}
