//! The table in words, as `docs/alerts.md` has it.

use std::fmt::Write as _;

use super::alarm::Alarm;
use super::row::Row;
use super::table;
use crate::document::has_the_table;

const BEGIN: &str = "<!-- what fires under load: written by the tests, not by hand -->\n";
const END: &str = "<!-- end of what fires under load -->\n";

fn in_words(rows: &[Row]) -> String {
    let mut text = "\n| fault | session, delay | alerts |\n|---|---|---|\n".to_owned();
    for row in rows {
        let [session, delay] = row.group.times().map(|time| time.as_secs());
        let _ = writeln!(
            text,
            "| {} | {session} s, {delay} s | {} |",
            row.fault,
            alerts(row)
        );
    }
    text + "\n"
}

fn alerts(row: &Row) -> String {
    let mut parts = Vec::new();
    if !row.fires.is_empty() {
        parts.push(listed(&row.fires));
    }
    if !row.perhaps.is_empty() {
        parts.push(format!("perhaps {}", listed(&row.perhaps)));
    }
    if parts.is_empty() {
        return "none".to_owned();
    }
    parts.join("; ")
}

/// The alerts by name, each with its severities.
fn listed(alarms: &[Alarm]) -> String {
    let mut names: Vec<(&str, Vec<&str>)> = Vec::new();
    for alarm in alarms {
        match names.iter_mut().find(|(name, _)| *name == alarm.name) {
            Some((_, severities)) => severities.push(&alarm.severity),
            None => names.push((&alarm.name, vec![&alarm.severity])),
        }
    }
    let names = names.into_iter();
    let names: Vec<String> = names
        .map(|(name, severities)| format!("`{name}` {}", severities.join(" and ")))
        .collect();
    names.join(", ")
}

#[test]
fn the_document_has_what_fires_under_load() {
    has_the_table("docs/alerts.md", (BEGIN, END), &in_words(&table::all()));
}
