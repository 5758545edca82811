//! What a report says in sentences: fault, victim, what the settings imply, window, error parts, sampling.

use std::collections::BTreeMap;

use super::document::Section;
use super::footnotes::said;
use super::number::{self, Unit};
use super::{Language, words};
use crate::model::text::visible;
use crate::recovery::judgement::{Expected, Judgement, Measured, Settings, Victim};

/// A name, and what there is to say of it.
type Fact = (&'static str, String);

/// Fault, victim, what the settings imply, window, rules.
pub(super) fn facts(judgement: &Judgement, language: Language) -> Vec<Fact> {
    let victim = judgement.victim.as_ref().map(|victim| {
        let name = language.pick("Victim", "Victime");
        (name, who(victim, language))
    });
    // Without a fault nothing was to be expected, and the settings say nothing of other faults than a worker's loss.
    let lost = judgement.zero.filter(|_| judgement.deed.is_none());
    let expected = lost.map(|_| {
        let name = language.pick("Expected", "Attendu");
        (name, expected(judgement.expected.as_ref(), language))
    });
    let window = judgement.window.map(|(start, end)| {
        let length = number::at_most(end.micros_since(start), language);
        let (start, end) = (number::instant(start), number::instant(end));
        let name = language.pick("Window", "Fenêtre");
        (name, format!("{start} … {end} ({length})"))
    });
    let rules = judgement.settings.map(|settings| {
        let name = language.pick("Rules", "Règles");
        (name, rules(settings, language))
    });
    let fault = (language.pick("Fault", "Panne"), fault(judgement, language));
    let others = [victim, expected, window, rules].into_iter().flatten();
    std::iter::once(fault).chain(others).collect()
}

/// D, H and the canary's period.
fn rules(settings: Settings, language: Language) -> String {
    let exact = |micros| number::exact(micros, Unit::Time, language);
    format!(
        "{} D = {}{} {} H = {}{} {} {}",
        language.pick("an outage is longer than", "une interruption dure plus que"),
        exact(settings.outage_threshold),
        language.pick(";", " ;"),
        language.pick("a recovery holds for", "une reprise tient pendant"),
        exact(settings.hold),
        language.pick(";", " ;"),
        language.pick("one canary record each", "un message du canari toutes les"),
        exact(settings.canary_period),
    )
}

fn fault(judgement: &Judgement, language: Language) -> String {
    let kind = kind(judgement, language).map_or_else(String::new, |kind| format!("{kind}, "));
    match judgement.zero {
        Some(zero) => {
            let width = zero.done.micros_since(zero.issued);
            let at = number::instant(zero.issued.plus_micros(width / 2));
            format!(
                "{kind}{at} ± {}",
                number::at_most((width + 1) / 2, language)
            )
        }
        None => format!(
            "{kind}{}",
            language.pick("never issued", "jamais déclenchée")
        ),
    }
}

/// What was done, and to what where that is no worker: `kill -9`, `restart of mirror-source`.
pub(super) fn kind(judgement: &Judgement, language: Language) -> Option<String> {
    let victim = judgement.victim.as_ref().map(|victim| &victim.fault);
    let deed = judgement.deed.as_ref();
    let fault = victim.or(deed.map(|deed| &deed.fault))?;
    let text = match fault.as_str() {
        "stop" => language.pick("clean stop", "arrêt propre"),
        "kill" => language.pick("kill -9", "kill -9"),
        "freeze" => language.pick("freeze (SIGSTOP)", "gel (SIGSTOP)"),
        "restart" => language.pick("restart", "restart"),
        "cut" => language.pick("link cut", "coupure"),
        "stall" => language.pick("link stalled", "lien figé"),
        "deny" => language.pick("access denied", "accès retiré"),
        "fail" => language.pick("failure provoked", "échec provoqué"),
        "change" => language.pick("configuration changed", "configuration modifiée"),
        other => other,
    };
    let of = deed
        .and_then(|deed| deed.connector.as_ref())
        .map(|name| language.pick(" of ", " de ").to_owned() + &visible(name));
    Some(visible(text) + &of.unwrap_or_default())
}

/// What the reader must know of the test whatever came out.
pub(super) fn notes(judgement: &Judgement, language: Language) -> Option<Section> {
    let notes = judgement.notes.iter();
    let notes: Vec<_> = notes.map(|note| visible(said(note, language))).collect();
    (!notes.is_empty()).then(|| Section {
        heading: language
            .pick("About this test", "À propos de ce test")
            .to_owned(),
        columns: Vec::new(),
        rows: Vec::new(),
        notes,
    })
}

fn who(victim: &Victim, language: Language) -> String {
    let zone = victim
        .zone
        .as_ref()
        .map_or_else(String::new, |zone| format!(", zone {}", visible(zone)));
    let role = match victim.leader {
        Some(true) => language.pick("leader of the Connect group", "leader du groupe Connect"),
        Some(false) => language.pick("not the leader", "non leader"),
        None => language.pick("leader or not: unknown", "leader ou non : inconnu"),
    };
    let tasks = if victim.tasks.is_empty() {
        language
            .pick("owned no task", "ne portait aucune task")
            .to_owned()
    } else {
        let of_flow = language.pick("of the flow", "du flux");
        let owned = language.pick("owned", "portait");
        format!(
            "{owned} {} ({} {of_flow})",
            visible(&victim.tasks.join(", ")),
            victim.flow_tasks
        )
    };
    format!("{}{zone}, {role}, {tasks}", visible(&victim.worker))
}

fn expected(expected: Option<&Expected>, language: Language) -> String {
    let Some(expected) = expected else {
        let text = language.pick(
            "unknown: the settings are not in the inventory",
            "inconnu : réglages absents de l'inventaire",
        );
        return text.to_owned();
    };
    let parts = added(&expected.parts, |setting, micros| {
        format!(
            "{} {}",
            visible(setting),
            number::exact(micros, Unit::Time, language)
        )
    });
    let from = match expected.source.as_str() {
        "inventory" => language.pick("the inventory", "l'inventaire"),
        "group" => language.pick("the Connect group", "le groupe Connect"),
        other => other,
    };
    format!(
        "{} {} = {parts} ({} {}){} {}",
        language.pick(
            "tasks run again after at most",
            "tasks relancées après au plus"
        ),
        number::exact(expected.at_most, Unit::Time, language),
        language.pick("from", "d'après"),
        visible(from),
        language.pick(";", " ;"),
        language.pick(
            "start-up and catch-up come on top",
            "démarrage et rattrapage en plus"
        ),
    )
}

/// Named parts with a plus between them.
fn added(parts: &BTreeMap<String, i64>, each: impl Fn(&str, i64) -> String) -> String {
    let parts = parts.iter().map(|(part, micros)| each(part, *micros));
    parts.collect::<Vec<_>>().join(" + ")
}

/// What the width of the recovery time's interval is made of.
pub(super) fn error_parts(judgement: &Judgement, language: Language) -> Option<Fact> {
    let Measured::Within { parts, .. } = judgement.measures.get("recovery_time")? else {
        return None;
    };
    let text = added(parts, |part, micros| {
        let part = words::part(part, language);
        format!("{part} {}", number::at_most(micros, language))
    });
    (!parts.is_empty()).then(|| (language.pick("Error", "Erreur"), text))
}

/// What the samples were.
pub(super) fn sampling(judgement: &Judgement, language: Language) -> Fact {
    let sampling = &judgement.sampling;
    let gaps = sampling.gaps.len();
    let mut text = format!(
        "{} {}, {} scrapes, {} {}",
        language.pick("one scrape each", "un scrape toutes les"),
        number::exact(sampling.interval, Unit::Time, language),
        sampling.scrapes,
        if gaps == 0 {
            language.pick("no", "aucun").to_owned()
        } else {
            gaps.to_string()
        },
        if gaps > 1 {
            language.pick("gaps", "trous")
        } else {
            language.pick("gap", "trou")
        },
    );
    for (from, to) in &sampling.gaps {
        text.extend([
            "; ",
            &number::time_of_day(*from),
            " … ",
            &number::time_of_day(*to),
        ]);
    }
    (language.pick("Sampling", "Relevés"), text)
}
