//! Reports against golden files, in both languages. `UPDATE_GOLDEN=1 cargo test --test report` refreshes them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod charts;
mod drawings;
mod forms;
mod grids;
mod judgements;
mod plan;
mod schema;
mod whole;

use std::path::Path;

use grids::{cut, lost_worker};
use judgements::{fail, inconclusive, invalid, loss, pass};
use mirrorwatch::recovery::judgement::Judgement;
use mirrorwatch::report::{Language, Style, json, text};

#[test]
fn a_recovery_inside_the_objective_reads_as_a_pass() {
    golden("pass", &pass());
}

#[test]
fn a_delay_above_the_objective_reads_as_a_fail_that_names_the_setting() {
    golden("fail", &fail());
}

#[test]
fn a_drill_without_a_fault_reads_as_invalid_and_guesses_nothing() {
    golden("invalid", &invalid());
}

#[test]
fn missing_samples_read_as_inconclusive_with_open_bounds() {
    golden("inconclusive", &inconclusive());
}

#[test]
fn a_loss_in_the_users_topics_names_its_offsets_beside_the_canary() {
    golden("loss", &loss());
}

#[test]
fn the_plans_grids_are_filled_in_its_order() {
    golden("lost-worker", &lost_worker());
}

#[test]
fn what_never_came_and_what_is_refuted_read_so() {
    golden("cut", &cut());
}

#[test]
fn no_report_is_wider_than_a_terminal() {
    for judgement in [
        pass(),
        fail(),
        invalid(),
        inconclusive(),
        loss(),
        lost_worker(),
        cut(),
    ] {
        for language in [Language::English, Language::French] {
            let page = rendered(&judgement, language, false);
            let widest = page
                .lines()
                .max_by_key(|line| line.chars().count())
                .unwrap();
            assert!(widest.chars().count() <= 80, "{widest}");
        }
    }
}

#[test]
fn colour_changes_nothing_but_escapes() {
    let plain = rendered(&fail(), Language::English, false);
    let colored = rendered(&fail(), Language::English, true);
    assert!(!plain.contains('\u{1b}'));
    assert!(colored.contains("\u{1b}[1;31m  FAIL"));
}

#[test]
fn the_same_judgement_gives_the_same_json_and_reads_back() {
    for judgement in [pass(), loss(), lost_worker(), cut()] {
        let mut first = Vec::new();
        json::write(&mut first, &judgement).unwrap();
        let read: Judgement = serde_json::from_slice(&first).unwrap();
        assert_eq!(read, judgement);
        let mut second = Vec::new();
        json::write(&mut second, &read).unwrap();
        assert_eq!(first, second);
        assert!(first.ends_with(b"}\n") && !first.ends_with(b"\n\n"));
    }
}

fn golden(name: &str, judgement: &Judgement) {
    for (language, code) in [(Language::English, "en"), (Language::French, "fr")] {
        let page = rendered(judgement, language, false);
        is_golden(&format!("report-{name}.{code}.txt"), &page);
    }
}

fn is_golden(file: &str, page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(file);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, page).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        page,
        expected,
        "{} differs; UPDATE_GOLDEN=1 refreshes it",
        path.display()
    );
}

fn rendered(judgement: &Judgement, language: Language, color: bool) -> String {
    let mut page = Vec::new();
    text::write(&mut page, judgement, Style { language, color }).unwrap();
    String::from_utf8(page).unwrap()
}
