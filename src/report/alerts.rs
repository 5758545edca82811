//! The shipped alerts: which would have fired for the fault, when, and of which nothing is known.

use std::collections::BTreeSet;

use super::document::{Cell, Section};
use super::{Language, number};
use crate::model::text::visible;
use crate::recovery::judgement::{Alerting, FiredAlert, Interval, Judgement, Zero};

/// One row for each alert that fired or would have; `None` where the rules were not replayed.
pub(super) fn alerts(judgement: &Judgement, language: Language) -> Option<Section> {
    let alerting = judgement.alerts.as_ref()?;
    let zero = judgement.zero?;
    let row = |fired: &FiredAlert| {
        let [mut alert, severity] = [&fired.alert, &fired.severity].map(|text| visible(text));
        alert.push_str(if fired.stored { " *" } else { "" });
        let after = number::between(fired.after, language);
        let cells = [alert, severity, after, ended(fired.ended, zero, language)];
        cells.map(Cell::Text).into()
    };
    let columns = language.pick(
        ["Alert", "Severity", "Fired, after the zero", "Over"],
        ["Alerte", "Sévérité", "Déclenchée, après le zéro", "Finie"],
    );
    Some(Section {
        heading: language
            .pick("Alerts that are shipped", "Alertes livrées")
            .to_owned(),
        columns: columns.map(str::to_owned).into(),
        rows: alerting.fired.iter().map(row).collect(),
        notes: notes(alerting, language),
    })
}

/// About when it was over.
fn ended(ended: Option<Interval>, zero: Zero, language: Language) -> String {
    let bounds = ended.and_then(|ended| Some((ended.lower, ended.upper?)));
    let Some((lower, upper)) = bounds else {
        let open = language.pick("not before the end", "pas avant la fin");
        return open.to_owned();
    };
    let middle = zero.issued.plus_micros(i64::midpoint(lower, upper));
    format!("≈ {}", number::second_of_day(middle))
}

/// How the times were come by, and what is not known of the others, reason by reason.
fn notes(alerting: &Alerting, language: Language) -> Vec<String> {
    let none = language.pick(
        "None of those that could be replayed would have fired for the fault.",
        "Aucune de celles qui ont pu être rejouées ne se serait déclenchée pour la panne.",
    );
    let how = language.pick(
        "`rules/mm2.rules.yml` and `alerts/mm2.alerts.yml`, replayed over the drill's samples; a server evaluates in its own time, hence the width. What Alertmanager takes comes on top.",
        "`rules/mm2.rules.yml` et `alerts/mm2.alerts.yml`, rejoués sur les échantillons de l'exercice ; un serveur évalue à son propre rythme, d'où la largeur. Le délai d'Alertmanager s'y ajoute.",
    );
    let stored = language.pick(
        "* As the server evaluated and stored it (`ALERTS`).",
        "* Comme le serveur l'a évaluée et enregistrée (`ALERTS`).",
    );
    let is_stored = alerting.fired.iter().any(|fired| fired.stored);
    let stored = is_stored.then(|| stored.to_owned());
    let none = alerting.fired.is_empty().then(|| none.to_owned());
    let unknown = REASONS.iter().filter_map(|(code, english, french)| {
        let names = named(alerting, code);
        let missing = missing(alerting);
        let text = language
            .pick(english, french)
            .replace("{metrics}", &missing);
        (!names.is_empty()).then(|| format!("{text} {}.", names.join(", ")))
    });
    none.into_iter()
        .chain([how.to_owned()])
        .chain(stored)
        .chain(unknown)
        .collect()
}

/// Why nothing is known of some, and what stands before their names.
const REASONS: [(&str, &str, &str); 3] = [
    (
        "alert_series_missing",
        "Not known, as the evidence has no samples of {metrics}:",
        "Non connues, les preuves n'ayant aucun échantillon de {metrics} :",
    ),
    (
        "alert_looks_back",
        "Left out, as they look back beyond the beginning of the samples:",
        "Laissées de côté, car elles remontent avant le début des échantillons :",
    ),
    (
        "alert_active_before",
        "Pending or firing before the fault already:",
        "Déjà en attente ou déclenchées avant la panne :",
    ),
];

/// The alerts of which nothing is known for a reason, each once.
fn named(alerting: &Alerting, code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for unknown in alerting
        .unknown
        .iter()
        .filter(|one| one.because.code == code)
    {
        let all = alerting
            .unknown
            .iter()
            .filter(|one| one.because.code == code);
        let severities: BTreeSet<_> = all
            .filter(|one| one.alert == unknown.alert)
            .map(|one| one.severity.as_str())
            .collect();
        let severities: Vec<_> = severities.into_iter().collect();
        let name = visible(&format!("{} ({})", unknown.alert, severities.join(", ")));
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// All metrics that are missing for any of them.
fn missing(alerting: &Alerting) -> String {
    let lists = alerting
        .unknown
        .iter()
        .filter_map(|one| one.because.with.get("metrics"));
    let metrics: BTreeSet<_> = lists.flat_map(|list| list.split(", ")).collect();
    let metrics: Vec<_> = metrics.into_iter().map(visible).collect();
    metrics.join(", ")
}
