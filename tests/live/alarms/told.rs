//! What arrived at the lab's receiver.

use std::collections::BTreeMap;

use mirrorwatch::model::time::Timestamp;
use mirrorwatch_lab::Lab;
use mirrorwatch_lab::truth::{Alert, Notification, notifications};

use super::alarm::{Alarm, Labels};

/// All that arrived so far.
pub(super) struct Told(Vec<Notification>);

impl Told {
    pub(super) fn by(lab: &Lab) -> Self {
        Self(notifications(&lab.dir().join("truth")).expect("the receiver notes what arrives"))
    }

    /// Each alert of each notification since an instant, in seconds since the epoch.
    pub(super) fn since(&self, at: f64) -> impl Iterator<Item = (&Notification, &Alert)> {
        let all = self.0.iter().filter(move |one| seconds(one) >= at);
        all.flat_map(|one| one.alerts.iter().map(move |alert| (one, alert)))
    }

    /// When an alert of this name and severity arrived at its receiver first since then, in seconds since the epoch.
    pub(super) fn arrived(&self, alarm: &Alarm, since: f64) -> Option<f64> {
        let mut all = self.since(since);
        all.find(|(one, alert)| {
            alert.status == "firing" && one.receiver == alarm.severity && is(alert, alarm)
        })
        .map(|(one, _)| seconds(one))
    }

    /// The alerts of which the last word is that they fire.
    pub(super) fn open(&self) -> Vec<Labels> {
        let mut last = BTreeMap::new();
        for (one, alert) in self.since(0.0) {
            last.insert((&one.receiver, &alert.labels), alert.status == "firing");
        }
        let open = last.into_iter().filter(|(_, fires)| *fires);
        open.map(|((_, labels), _)| labels.clone()).collect()
    }

    /// What arrived since then where it does not belong.
    pub(super) fn misdirected(&self, since: f64) -> Vec<String> {
        let wrong = self
            .since(since)
            .filter(|(one, alert)| one.receiver != alert.severity);
        wrong
            .map(|(one, alert)| format!("{} {} at /{}", alert.name, alert.severity, one.receiver))
            .collect()
    }
}

fn is(alert: &Alert, alarm: &Alarm) -> bool {
    alert.name == alarm.name && alert.severity == alarm.severity
}

/// When it arrived, in seconds since the epoch.
pub(super) fn seconds(one: &Notification) -> f64 {
    Timestamp::from_micros(one.us).as_seconds()
}
