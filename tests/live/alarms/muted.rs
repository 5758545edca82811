//! What Alertmanager holds back, held against what `docs/alerts.md` says of severity and silence.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mirrorwatch::clock;
use mirrorwatch_lab::Lab;
use serde::Deserialize;

use super::alarm::{Alarm, Labels, in_line};
use crate::site::{Repeated, get};

const EVERY: Duration = Duration::from_secs(2);
/// Looks at which Alertmanager may be on its way from one state to the next.
const LOOKS: u32 = 2;
/// Alerts that have two levels for one thing.
const TWO_LEVELS: [&str; 3] = ["WorkerDown", "TasksWithheld", "ExporterDown"];

/// An alert that Alertmanager has.
#[derive(Clone, Debug, Deserialize)]
struct Active {
    labels: Labels,
    fingerprint: String,
    status: Status,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    state: String,
    inhibited_by: Vec<String>,
}

/// An alert that was held back.
#[derive(Clone, Debug)]
pub(super) struct Muted {
    pub(super) labels: Labels,
    /// From when to when that was seen last, in seconds since the epoch.
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) by: Labels,
}

/// Looks at Alertmanager until it is dropped.
pub(super) struct Watch {
    seen: Arc<Mutex<Seen>>,
    _looks: Repeated,
}

#[derive(Default)]
struct Seen {
    muted: BTreeMap<String, Muted>,
    wrong: Vec<(f64, String)>,
    /// For how many looks each alert has been otherwise than documented.
    doubts: BTreeMap<String, u32>,
}

impl Watch {
    pub(super) fn begin(lab: &Lab) -> Self {
        let url = format!("{}/api/v2/alerts", lab.description().alertmanager);
        let seen = Arc::<Mutex<Seen>>::default();
        let noted = Arc::clone(&seen);
        let looks = Repeated::every(EVERY, move || {
            let answer = get(&url, "application/json");
            if let Some(alerts) = answer.and_then(|text| parsed(&text)) {
                lock(&noted).look(clock::wall().as_seconds(), &alerts);
            }
        });
        Self {
            seen,
            _looks: looks,
        }
    }

    /// The alerts that were held back since an instant, in seconds since the epoch.
    pub(super) fn muted(&self, since: f64) -> Vec<Muted> {
        let seen = lock(&self.seen);
        let muted = seen.muted.values().filter(|muted| muted.to >= since);
        muted.cloned().collect()
    }

    /// Whether an alert of this name and severity was held back since then.
    pub(super) fn has_muted(&self, alarm: &Alarm, since: f64) -> bool {
        let muted = self.muted(since);
        let mut names = muted.iter().map(|muted| Alarm::of(&muted.labels));
        names.any(|name| name == *alarm)
    }

    /// What was held back, or was not, otherwise than documented, since then.
    pub(super) fn wrong(&self, since: f64) -> Vec<String> {
        let seen = lock(&self.seen);
        let wrong = seen.wrong.iter().filter(|(at, _)| *at >= since);
        wrong.map(|(_, what)| what.clone()).collect()
    }
}

fn parsed(text: &str) -> Option<Vec<Active>> {
    serde_json::from_str(text).ok()
}

fn lock(seen: &Mutex<Seen>) -> std::sync::MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Seen {
    fn look(&mut self, at: f64, alerts: &[Active]) {
        let mut doubts = BTreeMap::new();
        for alert in alerts
            .iter()
            .filter(|alert| alert.status.state != "unprocessed")
        {
            let by = alerts
                .iter()
                .find(|other| mutes(&other.labels, &alert.labels));
            let is_held_back = alert.status.state == "suppressed";
            let by_name = alert.status.inhibited_by.iter();
            let mut told_by =
                by_name.filter_map(|name| alerts.iter().find(|other| other.fingerprint == *name));
            let is_rightly = told_by.any(|other| mutes(&other.labels, &alert.labels));
            if let (true, Some(by)) = (is_rightly, by) {
                self.held_back(at, alert, by);
            }
            if is_held_back != by.is_some() || is_held_back != is_rightly {
                let looks = self.doubts.get(&alert.fingerprint).unwrap_or(&0) + 1;
                doubts.insert(alert.fingerprint.clone(), looks);
                if looks > LOOKS {
                    self.wrong.push((at, told(alert, by)));
                }
            }
        }
        self.doubts = doubts;
    }

    fn held_back(&mut self, at: f64, alert: &Active, by: &Active) {
        let before = self.muted.get(&alert.fingerprint);
        let goes_on = before.filter(|before| at - before.to < 3.0 * EVERY.as_secs_f64());
        let muted = Muted {
            labels: alert.labels.clone(),
            from: goes_on.map_or(at, |before| before.from),
            to: at,
            by: goes_on.map_or_else(|| by.labels.clone(), |before| before.by.clone()),
        };
        self.muted.insert(alert.fingerprint.clone(), muted);
    }
}

fn told(alert: &Active, by: Option<&Active>) -> String {
    let name = |labels: &Labels| format!("{} {}", Alarm::of(labels), in_line(labels));
    let by = by.map_or("nothing".to_owned(), |by| name(&by.labels));
    let (is, state) = (name(&alert.labels), &alert.status.state);
    format!("{is} is {state}, and what mutes it by the document is {by}")
}

/// Whether the one mutes the other, as the document has it.
fn mutes(critical: &Labels, warning: &Labels) -> bool {
    let label = |labels: &Labels, name: &str| labels.get(name).cloned().unwrap_or_default();
    let is = |labels: &Labels, severity: &str| label(labels, "severity") == severity;
    if !is(critical, "critical") || !is(warning, "warning") {
        return false;
    }
    let both_have = |name: &str| {
        let value = label(critical, name);
        !value.is_empty() && value == label(warning, name)
    };
    let has_flow = |labels: &Labels| !label(labels, "source").is_empty();
    let flow = both_have("source") && both_have("target");
    let connector = both_have("connector") && !has_flow(critical) && !has_flow(warning);
    let levels = both_have("alertname")
        && TWO_LEVELS
            .iter()
            .any(|name| label(warning, "alertname").ends_with(name));
    both_have("job") && (flow || connector || levels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(name: &str, severity: &str, others: &[(&str, &str)]) -> Labels {
        let own = [("alertname", name), ("severity", severity), ("job", "j")];
        let all = own.iter().chain(others);
        all.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn active(labels: Labels, state: &str, by: &[&str]) -> Active {
        Active {
            fingerprint: labels["alertname"].clone(),
            labels,
            status: Status {
                state: state.to_owned(),
                inhibited_by: by.iter().map(|name| (*name).to_owned()).collect(),
            },
        }
    }

    const FLOW: [(&str, &str); 2] = [("source", "a"), ("target", "b")];

    #[test]
    fn a_warning_is_rightly_held_back_only_by_a_critical_of_the_same_thing() {
        let stalled = labels("Stalled", "critical", &FLOW);
        assert!(mutes(&stalled, &labels("Lag", "warning", &FLOW)));
        assert!(!mutes(&stalled, &labels("Lag", "critical", &FLOW)));
        let other = [("source", "a"), ("target", "c")];
        assert!(!mutes(&stalled, &labels("Lag", "warning", &other)));
        let failed = labels("Failed", "critical", &[("connector", "c")]);
        assert!(mutes(
            &failed,
            &labels("Task", "warning", &[("connector", "c")])
        ));
        assert!(!mutes(&failed, &labels("Down", "warning", &[])));
        let most = labels("MirrorMakerWorkerDown", "critical", &[]);
        assert!(mutes(
            &most,
            &labels("MirrorMakerWorkerDown", "warning", &[])
        ));
    }

    #[test]
    fn what_stays_otherwise_than_documented_is_told() {
        let stalled = || active(labels("Stalled", "critical", &FLOW), "active", &[]);
        let lag = |state, by: &[&str]| active(labels("Lag", "warning", &FLOW), state, by);
        let mut seen = Seen::default();
        for _ in 0..=LOOKS {
            seen.look(0.0, &[stalled(), lag("suppressed", &["Stalled"])]);
        }
        assert!(seen.wrong.is_empty() && seen.muted.len() == 1);
        for _ in 0..LOOKS {
            seen.look(0.0, &[stalled(), lag("active", &[])]);
        }
        assert!(seen.wrong.is_empty());
        seen.look(0.0, &[stalled(), lag("active", &[])]);
        assert_eq!(seen.wrong.len(), 1);
        for _ in 0..=LOOKS {
            seen.look(0.0, &[lag("suppressed", &["Other"])]);
        }
        assert!(seen.wrong.len() > 1);
    }
}
