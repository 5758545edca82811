//! `docs/alerts.md` and `docs/runbook.md` say what the files say.

use std::collections::BTreeSet;
use std::fs;

use regex::Regex;

use crate::shipped;

fn document() -> String {
    fs::read_to_string("docs/alerts.md").unwrap()
}

/// The rows of the tables of alerts: name, severity, threshold, `for`.
fn rows() -> Vec<[String; 4]> {
    let text = document();
    let cells = text
        .lines()
        .filter(|line| line.starts_with("| `MirrorMaker"))
        .map(|line| {
            line.trim_matches('|')
                .split(" | ")
                .map(|cell| cell.trim().to_owned())
                .collect::<Vec<_>>()
        });
    cells
        .map(|cells| {
            assert_eq!(cells.len(), 5, "{cells:?}");
            [
                cells[0].trim_matches('`').to_owned(),
                cells[1].clone(),
                cells[3].clone(),
                cells[4].clone(),
            ]
        })
        .collect()
}

#[test]
fn the_document_has_every_alert_with_its_threshold_and_its_duration() {
    let own = Regex::new(r#"metric="(\w+)",severity="(\w+)""#).unwrap();
    let thresholds = shipped::thresholds();
    let mut shipped_rows = Vec::new();
    for (name, rule) in shipped::alerts() {
        let value = own
            .captures_iter(&rule.expr)
            .map(|found| (found[1].to_owned(), found[2].to_owned()))
            .map(|key| thresholds[&key].clone())
            .next();
        shipped_rows.push([
            name,
            rule.severity().to_owned(),
            value.unwrap_or_else(|| "–".to_owned()),
            rule.held.clone().unwrap_or_else(|| "–".to_owned()),
        ]);
    }
    assert_eq!(rows(), shipped_rows);
}

/// Whether a rule of one of the files records it.
fn is_recorded(name: &str) -> bool {
    let mut rules = [shipped::RULES, shipped::ALERTS]
        .into_iter()
        .flat_map(shipped::rules);
    rules.any(|rule| rule.record.as_deref() == Some(name))
}

#[test]
fn every_series_that_the_document_names_is_there() {
    let named = Regex::new(r"`((?:flow|job|worker|mm2):[a-z0-9_]+:[a-z0-9_]+)").unwrap();
    let text = document();
    let series: BTreeSet<&str> = named
        .captures_iter(&text)
        .map(|found| found.get(1).unwrap().as_str())
        .collect();
    assert!(series.len() >= 9, "{series:?}");
    for name in series {
        assert!(is_recorded(name), "{name}");
    }
}

#[test]
fn every_alert_has_a_heading_in_the_runbook_and_every_heading_an_alert() {
    let text = fs::read_to_string("docs/runbook.md").unwrap();
    let headings: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("## MirrorMaker"))
        .collect();
    let unique: BTreeSet<&str> = headings.iter().copied().collect();
    assert_eq!(unique.len(), headings.len(), "a heading stands twice");
    let alerts = shipped::alerts();
    let names: BTreeSet<&str> = alerts
        .iter()
        .map(|(name, _)| name.trim_start_matches("MirrorMaker"))
        .collect();
    assert_eq!(unique, names);
    for section in text.split("\n## MirrorMaker").skip(1) {
        for part in [
            "**Meaning.**",
            "**Impact.**",
            "**Diagnosis.**",
            "**Mitigation.**",
            "**Signification.**",
            "**Conséquence.**",
            "**Diagnostic.**",
            "**Remède.**",
        ] {
            assert!(
                section.contains(part),
                "{part} of {}",
                section.lines().next().unwrap()
            );
        }
    }
}

#[test]
fn every_metric_that_the_runbook_names_is_in_the_catalogue_or_recorded() {
    let recorded = Regex::new(r"\b[a-z]+:\w+:\w+").unwrap();
    let text = fs::read_to_string("docs/runbook.md").unwrap();
    let text = recorded.replace_all(&text, |found: &regex::Captures| {
        assert!(is_recorded(&found[0]), "{}", &found[0]);
        ""
    });
    let named = Regex::new(r"\b((?:mm2|kafka)_[a-z0-9_]+[a-z0-9])\b(\*?)").unwrap();
    let known: BTreeSet<&str> = mirrorwatch::exposition::catalogue::all()
        .iter()
        .map(|metric| metric.name)
        .collect();
    let mut count = 0;
    for found in named.captures_iter(&text) {
        let name = found.get(1).unwrap().as_str();
        let name = name.strip_suffix("_bucket").unwrap_or(name);
        let is_known = known.contains(name)
            || (&found[2] == "*" && known.iter().any(|one| one.starts_with(name)));
        assert!(is_known, "{name}");
        count += 1;
    }
    assert!(count >= 20, "{count}");
}
