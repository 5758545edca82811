//! The closed list of what a judgement says to its reader. The report has a sentence for each code in both languages.

use super::judgement::Remark;

/// Every code, and the blanks that its sentence has.
pub const CODES: &[(&str, &[&str])] = &[
    ("log_torn", &[]),
    ("no_fault", &[]),
    ("step_failed", &["step", "reason"]),
    ("zero_not_acknowledged", &["step"]),
    ("clock_not_compared", &["clock"]),
    ("clock_jumped", &["by_ms"]),
    ("several_exporters", &["exporters"]),
    ("page_from_the_future", &["ahead"]),
    ("exporter_not_scraped", &["job"]),
    ("not_steady", &["condition", "at"]),
    ("steady_state_not_proved", &["condition", "at"]),
    ("outage_before_fault", &["partition", "at"]),
    ("canary_not_seen_before_fault", &["partition"]),
    ("victim_tasks_unknown", &["victim"]),
    ("victim_not_concerned", &["victim", "connector"]),
    ("no_effect_seen", &["condition"]),
    ("not_resolvable", &["interval", "needed"]),
    ("scraped_more_often", &["interval", "seen"]),
    ("limit_not_resolvable", &["criterion", "limit", "threshold"]),
    ("task_not_covered", &["task"]),
    ("partition_without_ledger", &["partition"]),
    ("partition_without_task", &["partition"]),
    ("tasks_missing_from_map", &["found", "expected"]),
    ("coverage_unknown", &[]),
    ("never_recovered", &["until"]),
    ("recovery_not_proved", &[]),
    ("recovery_unknown", &[]),
    ("hidden_outage_possible", &["length"]),
    ("canary_not_seen", &[]),
    ("canary_young", &[]),
    ("canary_restarted", &["runs"]),
    ("canary_blind", &["seconds"]),
    ("samples_missing", &["gaps"]),
    ("server_warned", &["warning"]),
    ("not_detected", &[]),
    ("scheduled_delay_explains", &["delay", "limit"]),
    ("not_timed", &[]),
    ("alert_series_missing", &["metrics"]),
    ("alert_looks_back", &["reach"]),
    ("alert_active_before", &[]),
    ("alerts_not_replayed", &["count"]),
    ("query_failed", &["expr", "reason"]),
    ("query_ambiguous", &["expr", "elements"]),
    ("counter_fell", &["expr"]),
    ("not_observed", &[]),
    ("phase_missing", &[]),
    ("task_not_shown", &[]),
    ("task_without_worker", &[]),
    ("configuration_not_read", &[]),
    ("never_carried", &[]),
    ("not_restored", &[]),
    ("held_before", &[]),
    ("not_read", &[]),
    ("interrupted", &[]),
    ("interrupted_before_fault", &[]),
    ("steady_state_awaited_in_vain", &[]),
    ("declined", &[]),
    ("server_not_asked", &["reason"]),
    ("server_clock_compared_later", &["age", "epsilon"]),
    ("what_if", &["criterion", "limit", "instead"]),
    ("records_missing", &["topic", "count", "places"]),
    ("records_changed", &["topic", "count", "places"]),
    (
        "records_undecided",
        &["topic", "count", "reasons", "places"],
    ),
    ("audit_begins_late", &["topic", "partitions"]),
    ("audit_saw_nothing", &["topic"]),
    ("audit_not_run", &["topic"]),
    ("audit_interrupted", &["topic"]),
    ("audit_failed", &["topic", "reason"]),
];

/// A remark with its blanks filled.
pub(super) fn remark(code: &str, with: &[(&str, String)]) -> Remark {
    debug_assert!(
        CODES
            .iter()
            .any(|(known, blanks)| *known == code
                && blanks.iter().eq(with.iter().map(|(name, _)| name))),
        "the code `{code}` and its blanks are in the list"
    );
    let with = with
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    Remark {
        code: code.to_owned(),
        with,
    }
}

/// A duration for a blank, `1.5 s`.
pub(super) fn seconds(micros: i64) -> String {
    let millis = (micros + 500).div_euclid(1_000);
    let (whole, rest) = (millis.div_euclid(1_000), millis.rem_euclid(1_000));
    let fraction = format!("{rest:03}");
    match fraction.trim_end_matches('0') {
        "" => format!("{whole} s"),
        digits => format!("{whole}.{digits} s"),
    }
}

/// Whether a remark says that something could not be evaluated at all, rather than that evidence is missing.
pub(super) fn is_error(remark: &Remark) -> bool {
    matches!(
        remark.code.as_str(),
        "clock_not_compared"
            | "several_exporters"
            | "page_from_the_future"
            | "step_failed"
            | "zero_not_acknowledged"
            | "audit_failed"
            | "query_failed"
            | "query_ambiguous"
    )
}

#[test]
fn a_duration_has_no_more_digits_than_it_needs() {
    assert_eq!(
        [60_000_000, 1_500_000, 1_000, 72_075_500].map(seconds),
        ["60 s", "1.5 s", "0.001 s", "72.076 s"]
    );
}
