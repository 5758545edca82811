//! The expression behind each row, so that it can be asked again.

use super::document::{Cell, Section};
use super::{Language, observed};
use crate::model::text::visible;
use crate::recovery::judgement::{Judgement, ObservationResult, Seen};

/// What an expression stands behind.
struct Behind<'a> {
    expr: &'a str,
    ids: Vec<&'a str>,
    scrapes: String,
}

/// One row for each expression; `None` where nothing says what it rests on.
pub(super) fn evidence(judgement: &Judgement, language: Language) -> Option<Section> {
    if judgement.times.is_empty() && judgement.observations.is_empty() {
        return None;
    }
    let mut all: Vec<Behind<'_>> = Vec::new();
    for row in &judgement.observations {
        add(&mut all, &row.id, &row.evidence, &scrapes(row));
    }
    for row in &judgement.times {
        add(&mut all, &row.id, &row.evidence, "-");
    }
    let expected = language.pick("(expected)", "(attendu)");
    for row in &judgement.expectations {
        add(&mut all, expected, &row.evidence, "-");
    }
    for row in &judgement.criteria {
        add(&mut all, &row.id, &row.evidence, "-");
    }
    let columns = language.pick(
        ["Row", "Expression", "Samples"],
        ["Ligne", "Expression", "Échantillons"],
    );
    let rows = all.iter().map(|behind| {
        let ids: Vec<_> = behind.ids.iter().map(|id| visible(id)).collect();
        let expr = visible(behind.expr);
        vec![
            Cell::Text(ids.join(", ")),
            Cell::Code(expr),
            Cell::Text(behind.scrapes.clone()),
        ]
    });
    let note = language.pick(
        "Samples: scrapes before / during / after. `$source`, `$target`, `$victim` … stand for the drill's. `mirrorwatch query DIR EXPRESSION` asks the evidence again.",
        "Échantillons : scrapes avant / pendant / après. `$source`, `$target`, `$victim` … sont ceux de l'exercice. `mirrorwatch query DIR EXPRESSION` interroge à nouveau les preuves.",
    );
    Some(Section {
        heading: language.pick("Evidence", "Preuves").to_owned(),
        columns: columns.map(str::to_owned).into(),
        rows: rows.collect(),
        notes: vec![note.to_owned()],
    })
}

fn add<'a>(all: &mut Vec<Behind<'a>>, id: &'a str, expr: &'a str, scrapes: &str) {
    if expr.is_empty() {
        return;
    }
    let Some(known) = all.iter_mut().find(|behind| behind.expr == expr) else {
        all.push(Behind {
            expr,
            ids: vec![id],
            scrapes: scrapes.to_owned(),
        });
        return;
    };
    if !known.ids.contains(&id) {
        known.ids.push(id);
    }
}

/// At how many scrapes of each phase there was a number.
fn scrapes(row: &ObservationResult) -> String {
    let count = |phase| match row.seen.get(&phase) {
        Some(Seen::Between { scrapes, .. }) => scrapes.to_string(),
        _ => "0".to_owned(),
    };
    observed::PHASES.map(count).join(" / ")
}
