//! What Alertmanager posts to a webhook.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::truth::{Alert, Notification};

/// The body of a webhook, as far as it is noted.
#[derive(Deserialize)]
struct Body {
    status: String,
    alerts: Vec<Told>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    status: String,
    labels: BTreeMap<String, String>,
    starts_at: String,
    ends_at: String,
}

/// The notification in a body that arrived at this receiver at this time.
pub(super) fn notification(
    body: &[u8],
    receiver: &str,
    us: i64,
) -> Result<Notification, serde_json::Error> {
    let body: Body = serde_json::from_slice(body)?;
    Ok(Notification {
        us,
        receiver: receiver.to_owned(),
        status: body.status,
        alerts: body.alerts.into_iter().map(alert).collect(),
    })
}

fn alert(told: Told) -> Alert {
    let label = |name| told.labels.get(name).cloned().unwrap_or_default();
    Alert {
        name: label("alertname"),
        severity: label("severity"),
        status: told.status,
        starts_at: told.starts_at,
        ends_at: told.ends_at,
        labels: told.labels,
    }
}
