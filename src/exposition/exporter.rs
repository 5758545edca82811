//! What the exporter says of itself: how each endpoint's polls went, and how old the page is.

use super::encode::decimal;
use super::metric::{Kind, Metric};
use super::page::{Dropped, Family, Page};
use crate::model::snapshot::{ErrorKind, Loaded, Moment, Polled, Snapshot};
use crate::model::time::Timestamp;

const ENDPOINT_UP: Metric = Metric::new(
    "mm2_exporter_endpoint_up",
    Kind::Gauge,
    "boolean",
    &["endpoint"],
    "1 if the endpoint answered the last poll.",
);
const POLL_DURATION: Metric = Metric::new(
    "mm2_exporter_poll_duration_seconds",
    Kind::Gauge,
    "seconds",
    &["endpoint"],
    "How long the last poll of the endpoint took.",
)
.from("mirrorwatch itself", "before the first poll has ended");
const READING_AGE: Metric = Metric::new(
    "mm2_exporter_reading_age_seconds",
    Kind::Gauge,
    "seconds",
    &["endpoint"],
    "Age of what this page shows of the endpoint, counted from the start of its poll.",
)
.from("mirrorwatch itself", "before the first answer");
const TIME_TO_LIVE: Metric = Metric::new(
    "mm2_exporter_reading_time_to_live_seconds",
    Kind::Gauge,
    "seconds",
    &[],
    "Age at which a reading of an endpoint is no longer shown.",
);
const LAST_SUCCESS: Metric = Metric::new(
    "mm2_exporter_last_success_timestamp_seconds",
    Kind::Gauge,
    "seconds",
    &["endpoint"],
    "When the last answer of the endpoint was complete.",
)
.from("mirrorwatch itself", "before the first answer");
const POLL_ERRORS: Metric = Metric::new(
    "mm2_exporter_poll_errors_total",
    Kind::Counter,
    "errors",
    &["endpoint", "kind"],
    "Polls of the endpoint that failed, or of which parts failed, by kind.",
);
const EXPIRED: Metric = Metric::new(
    "mm2_exporter_expired_readings_total",
    Kind::Counter,
    "readings",
    &["endpoint"],
    "Readings of the endpoint that became older than their time to live without a newer one, and were no longer shown.",
);
const CONFIGURED: Metric = Metric::new(
    "mm2_exporter_source_configured",
    Kind::Gauge,
    "boolean",
    &["source"],
    "1 if the source of readings is configured: jolokia:WORKER, group, status_topic, cluster:ALIAS for each alias of the flows, consumer_groups; what comes only from a source with 0 is absent from the page.",
);
const BUILD_INFO: Metric = Metric::new(
    "mm2_exporter_build_info",
    Kind::Info,
    "",
    &["version"],
    "Version of mirrorwatch.",
);
const START: Metric = Metric::new(
    "mm2_exporter_start_timestamp_seconds",
    Kind::Gauge,
    "seconds",
    &[],
    "When the exporter started.",
);
const PAGE: Metric = Metric::new(
    "mm2_exporter_page_timestamp_seconds",
    Kind::Gauge,
    "seconds",
    &[],
    "When the snapshot on this page was taken.",
);
const RELOAD_SUCCESSFUL: Metric = Metric::new(
    "mm2_exporter_config_last_reload_successful",
    Kind::Gauge,
    "boolean",
    &["config"],
    "1 if the file as it was read last is in force; 0 if that was refused, and the one before it is. `main` is what `--config` names, \
     `web` what `--web.config.file` does.",
)
.from("mirrorwatch itself", "`web` without `--web.config.file`");
const RELOAD_TIME: Metric = Metric::new(
    "mm2_exporter_config_last_reload_success_timestamp_seconds",
    Kind::Gauge,
    "seconds",
    &["config"],
    "When the file that is in force was read.",
)
.from("mirrorwatch itself", "`web` without `--web.config.file`");

const PART_FAILED: Metric = Metric::new(
    "mm2_exporter_part_failed",
    Kind::Gauge,
    "boolean",
    &["part"],
    "1 if this part of the page is missing or not whole because mirrorwatch itself is at fault; its log says where.",
);

pub(super) const DROPPED: Metric = Metric::new(
    "mm2_exporter_dropped_series",
    Kind::Gauge,
    "series",
    &["metric"],
    "Series that are not on this page because the metric has more than `page.series_per_metric`: of this page, not counted over time.",
)
.from("mirrorwatch itself", "no series of the metric was dropped");

pub(super) const METRICS: &[&Metric] = &[
    &ENDPOINT_UP,
    &POLL_DURATION,
    &READING_AGE,
    &TIME_TO_LIVE,
    &LAST_SUCCESS,
    &POLL_ERRORS,
    &EXPIRED,
    &CONFIGURED,
    &BUILD_INFO,
    &START,
    &PAGE,
    &RELOAD_SUCCESSFUL,
    &RELOAD_TIME,
    &DROPPED,
    &PART_FAILED,
];

/// Say whether a part of the page failed.
pub(super) fn part(page: &mut Page, name: &str, failed: bool) {
    page.add(&PART_FAILED, &[name], f64::from(u8::from(failed)));
}

/// How many samples of which metric were too many for the page, if there were any.
pub(super) fn dropped<'a>(dropped: impl Iterator<Item = &'a Dropped>) -> Vec<Family> {
    let mut page = Page::default();
    for (metric, samples) in dropped {
        page.add(&DROPPED, &[metric], decimal(*samples));
    }
    page.into_families().0
}

pub(super) fn write(page: &mut Page, snapshot: &Snapshot) {
    page.state(&BUILD_INFO, &[env!("CARGO_PKG_VERSION")]);
    page.add(&START, &[], snapshot.started.as_seconds());
    page.add(&PAGE, &[], snapshot.taken.wall.as_seconds());
    page.add(&TIME_TO_LIVE, &[], snapshot.time_to_live.as_secs_f64());
    configuration(page, "main", Some(snapshot.configurations.main));
    configuration(page, "web", snapshot.configurations.web);
    for (source, is_configured) in snapshot.sources() {
        page.add(&CONFIGURED, &[&source], f64::from(u8::from(is_configured)));
    }
    for polled in snapshot.endpoints() {
        endpoint(page, snapshot.taken, &polled);
    }
}

fn configuration(page: &mut Page, name: &str, loaded: Option<Loaded>) {
    if let Some(loaded) = loaded {
        page.add(
            &RELOAD_SUCCESSFUL,
            &[name],
            f64::from(u8::from(loaded.is_successful)),
        );
        page.add(&RELOAD_TIME, &[name], loaded.since.as_seconds());
    }
}

fn endpoint(page: &mut Page, taken: Moment, polled: &Polled) {
    let name = polled.endpoint;
    page.add(&ENDPOINT_UP, &[name], f64::from(u8::from(polled.up)));
    let duration = polled.duration.map(|duration| duration.as_secs_f64());
    page.add_some(&POLL_DURATION, &[name], duration);
    let age = polled.age(taken).map(|age| age.as_secs_f64());
    page.add_some(&READING_AGE, &[name], age);
    let success = polled.last_success.map(Timestamp::as_seconds);
    page.add_some(&LAST_SUCCESS, &[name], success);
    page.add(&EXPIRED, &[name], decimal(polled.expired));
    for kind in ErrorKind::ALL {
        // From zero on, so that the first failure is an increase.
        let errors = decimal(polled.errors[kind.index()]);
        page.add(&POLL_ERRORS, &[name, kind.as_str()], errors);
    }
}
