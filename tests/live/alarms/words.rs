//! The table in words, as `docs/alerts.md` has it.

use std::fmt::Write as _;

use super::alarm::Alarm;
use super::row::Row;
use super::table;

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
    if !row.mending.is_empty() {
        parts.push(format!("when it is mended {}", listed(&row.mending)));
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
    let path = "docs/alerts.md";
    let text = std::fs::read_to_string(path).expect("docs/alerts.md is there");
    let (before, rest) = text
        .split_once(BEGIN)
        .expect("it has the mark before the table");
    let (_, after) = rest
        .split_once(END)
        .expect("it has the mark after the table");
    let expected = format!("{before}{BEGIN}{}{END}{after}", in_words(&table::all()));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &expected).expect("docs/alerts.md is writable");
        return;
    }
    assert!(
        text == expected,
        "docs/alerts.md is not what the table says; write it anew: UPDATE_GOLDEN=1 cargo test --test live document"
    );
}
