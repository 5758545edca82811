//! The report's words in both languages: verdicts, measures, and one sentence per code of a remark.

use super::Language;
use super::number::{self, Unit};
use crate::model::text::visible;
use crate::model::time::Timestamp;
use crate::recovery::judgement::{Remark, Verdict};

/// The word of the definitions, the same in both languages.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "PASS",
        Verdict::Fail => "FAIL",
        Verdict::Error => "ERROR",
        Verdict::Inconclusive => "INCONCLUSIVE",
        Verdict::Invalid => "INVALID",
    }
}

/// What the verdict means, in one clause.
pub(super) fn meaning(verdict: Verdict, language: Language) -> &'static str {
    match verdict {
        Verdict::Pass => language.pick(
            "every criterion holds over its whole interval",
            "chaque critère est tenu sur tout son intervalle",
        ),
        Verdict::Fail => language.pick(
            "a criterion is missed, whatever the error bounds",
            "un critère est manqué, quelles que soient les bornes d'erreur",
        ),
        Verdict::Error => language.pick(
            "something could not be evaluated",
            "une évaluation n'a pas pu être faite",
        ),
        Verdict::Inconclusive => language.pick(
            "the evidence does not decide",
            "les preuves ne permettent pas de trancher",
        ),
        Verdict::Invalid => language.pick(
            "the drill proves nothing about the system",
            "l'exercice ne prouve rien sur le système",
        ),
    }
}

/// A measure's name for people and its unit; a name that is not known here is shown as it is.
pub(super) fn measure(name: &str, language: Language) -> (String, Unit) {
    let (words, unit) = match name {
        "recovery_time" => (
            language.pick("Recovery time", "Temps de reprise"),
            Unit::Time,
        ),
        "recovery_point_seconds" => (
            language.pick("Recovery point", "Point de reprise"),
            Unit::Time,
        ),
        "recovery_point_records" => (
            language.pick("Recovery point, records", "Point de reprise, messages"),
            Unit::Count,
        ),
        "detection" => (language.pick("Detection", "Détection"), Unit::Time),
        "alerted" => (
            language.pick("First shipped alert", "Première alerte livrée"),
            Unit::Time,
        ),
        "lost_records" => (
            language.pick("Records lost, canary", "Messages perdus, canari"),
            Unit::Count,
        ),
        "duplicate_records" => (
            language.pick("Duplicates, canary", "Doublons, canari"),
            Unit::Count,
        ),
        "catch_up" => (language.pick("Catch-up", "Rattrapage"), Unit::Time),
        "outage_seconds" => (
            language.pick("Outage in all", "Interruption totale"),
            Unit::Time,
        ),
        "flaps" => (language.pick("Flaps", "Rechutes"), Unit::Count),
        "rebalance_triggered" => (
            language.pick("Rebalance triggered", "Rebalancing déclenché"),
            Unit::Time,
        ),
        "tasks_redistributed" => (
            language.pick("Tasks redistributed", "Tasks redistribuées"),
            Unit::Time,
        ),
        other => return (visible(other), counted(other)),
    };
    (words.to_owned(), unit)
}

fn counted(name: &str) -> Unit {
    if name.ends_with("_records") || name.ends_with("_scrapes") {
        Unit::Count
    } else {
        Unit::Time
    }
}

/// The state of a task: Connect's own words stay.
pub(super) fn task_state(state: &str, language: Language) -> &str {
    match state {
        "running_on_dead_worker" => language.pick("worker is dead", "worker mort"),
        "withheld" => language.pick("withheld", "retenue"),
        "stalled" => language.pick("stalled", "bloquée"),
        "missing" => language.pick("missing", "absente"),
        "unknown" => language.pick("unknown", "inconnu"),
        other => other,
    }
}

/// A part of an interval's width.
pub(super) fn part(name: &str, language: Language) -> String {
    let words = match name {
        "fault_instant" => language.pick(
            "width of the fault instant",
            "largeur de l'instant de la panne",
        ),
        "clock_error" => language.pick("clock error", "erreur d'horloge"),
        "canary_period" => language.pick("canary period", "période du canari"),
        "canary_lateness" => language.pick("canary lateness", "retard du canari"),
        "blind" => language.pick("canary blind", "canari aveugle"),
        "sampling" => language.pick("sampling", "échantillonnage"),
        other => return visible(other),
    };
    words.to_owned()
}

/// The remark as a sentence. A code without a sentence is shown as it is, with what fills its blanks.
pub fn sentence(remark: &Remark, language: Language) -> String {
    let Some((english, french)) = super::remarks::template(&remark.code) else {
        let with: Vec<String> = remark
            .with
            .iter()
            .map(|(key, value)| format!("{key} = {value}"))
            .collect();
        return visible(format!("{} {}", remark.code, with.join(", ")).trim());
    };
    filled(language.pick(english, french), remark, language)
}

/// The template with each `{blank}` replaced by what the remark says for it.
fn filled(template: &str, remark: &Remark, language: Language) -> String {
    let mut sentence = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (blank, tail) = after.split_once('}').unwrap_or((after, ""));
        sentence.push_str(before);
        let value = remark.with.get(blank).map_or("?", String::as_str);
        sentence.push_str(&visible(&legible(value, language)));
        rest = tail;
    }
    sentence.push_str(rest);
    sentence
}

/// An instant or a duration as the rest of the report writes them; anything else as it is.
fn legible(value: &str, language: Language) -> String {
    let micros = value
        .parse::<jiff::Timestamp>()
        .map(jiff::Timestamp::as_microsecond);
    if let Ok(micros) = micros {
        return number::instant(Timestamp::from_micros(micros));
    }
    let seconds = value.strip_suffix(" s").is_some_and(|number| {
        number.contains('.') && number.chars().all(|c| c.is_ascii_digit() || c == '.')
    });
    if seconds {
        value.replace('.', language.pick(".", ","))
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
fn remark(code: &str, with: &[(&str, &str)]) -> Remark {
    Remark {
        code: code.to_owned(),
        with: with
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect(),
    }
}

#[test]
fn blanks_are_filled_and_labels_cannot_steer_the_terminal() {
    let hostile = remark("x", &[("worker", "a\u{1b}[2Jb")]);
    assert_eq!(
        filled("{worker} owned {none}.", &hostile, Language::English),
        "a\\u{1b}[2Jb owned ?."
    );
}

#[test]
fn a_code_without_a_sentence_still_says_all_it_has() {
    let odd = remark("odd_code", &[("a", "1"), ("b", "2")]);
    assert_eq!(sentence(&odd, Language::English), "odd_code a = 1, b = 2");
}

#[test]
fn instants_and_durations_in_a_sentence_read_as_elsewhere_in_the_report() {
    let french = |value| legible(value, Language::French);
    assert_eq!(french("72.075 s"), "72,075 s");
    assert_eq!(
        french("2026-11-23T08:45:12.345678Z"),
        "2026-11-23 08:45:12.345 UTC"
    );
    assert_eq!(french("v1.2 s"), "v1.2 s");
}
