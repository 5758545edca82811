//! A schema of ours, smaller than Grafana's published one: which keys a board, a panel and a query have, where panels lie, which
//! colours there are, that both languages and the word for what is not known are there, that links lead somewhere.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::boards::{Board, items};

const BOARD: &str = "uid title description tags schemaVersion version editable timezone graphTooltip refresh time links templating \
                     annotations panels";
const PANEL: &str = "id type title description gridPos datasource links targets transformations fieldConfig options";
const ROW: &str = "id type title gridPos collapsed panels";
const TARGET: &str = "refId expr legendFormat format instant range";
const FIELD: &str = "unit noValue decimals min mappings thresholds color custom";
const TYPES: [&str; 5] = ["row", "stat", "table", "timeseries", "state-timeline"];
/// Okabe and Ito's colours, which the colour-blind can tell apart, and a grey.
const COLOURS: [&str; 8] = [
    "#009E73", "#E69F00", "#D55E00", "#0072B2", "#56B4E9", "#CC79A7", "#F0E442", "#999999",
];
const RUNBOOK: &str = "https://example.org/mirrorwatch/docs/runbook.md";
const COLUMNS: u64 = 24;

pub(super) fn faults(board: &Board) -> Vec<String> {
    let mut faults = of_board(board);
    faults.extend(of_places(board));
    for panel in items(&board.json["panels"]) {
        let wrong = of_panel(panel).into_iter();
        faults.extend(wrong.map(|fault| board.fault(panel, fault)));
    }
    let wrong = of_links(board).into_iter();
    faults.extend(
        wrong.map(|link| board.fault(&board.json, format!("a link leads nowhere: {link}"))),
    );
    faults
}

fn of_board(board: &Board) -> Vec<String> {
    let json = &board.json;
    let uid = board.uid();
    let in_form = uid
        .chars()
        .all(|letter| letter.is_ascii_lowercase() || letter == '-');
    let mut colours = BTreeSet::new();
    collect_colours(json, &mut colours);
    let foreign = colours
        .iter()
        .find(|colour| !COLOURS.contains(&colour.as_str()));
    let sources = strings(json, "uid").into_iter().filter(|it| it != uid);
    [
        unknown_key(json, BOARD).map(|key| format!("unknown key {key}")),
        (!in_form || !(8..=40).contains(&uid.len())).then(|| format!("uid {uid}")),
        (!matches!(json["schemaVersion"].as_u64(), Some(39..=41)))
            .then(|| "schemaVersion".to_owned()),
        foreign.map(|colour| format!("the colour {colour} is not of the palette")),
        sources
            .into_iter()
            .find(|it| it != "${datasource}")
            .map(|it| format!("a fixed data source: {it}")),
        (!in_both_languages(json)).then(|| "no description in both languages".to_owned()),
    ]
    .into_iter()
    .flatten()
    .map(|what| board.fault(json, what))
    .collect()
}

fn of_panel(panel: &Value) -> Vec<String> {
    let row = panel["type"] == "row";
    let mut faults = Vec::new();
    if !TYPES.iter().any(|known| panel["type"] == *known) {
        faults.push(format!("unknown type {}", panel["type"]));
    }
    faults.extend(
        unknown_key(panel, if row { ROW } else { PANEL }).map(|key| format!("unknown key {key}")),
    );
    if row {
        return faults;
    }
    let field = &panel["fieldConfig"]["defaults"];
    faults.extend(unknown_key(field, FIELD).map(|key| format!("unknown key {key} of a field")));
    if field["noValue"] != "unknown" {
        faults.push("what is absent is not called unknown".to_owned());
    }
    if !in_both_languages(panel) {
        faults.push("no description in both languages".to_owned());
    }
    let mut references = BTreeSet::new();
    for target in items(&panel["targets"]) {
        faults
            .extend(unknown_key(target, TARGET).map(|key| format!("unknown key {key} of a query")));
        if !references.insert(target["refId"].as_str()) {
            faults.push("two queries of one name".to_owned());
        }
        if target["expr"]
            .as_str()
            .is_some_and(|expr| expr.contains("or vector("))
        {
            faults.push("what is absent becomes a number".to_owned());
        }
    }
    faults
}

/// Panels have ids of their own, and lie within the columns, none upon another.
fn of_places(board: &Board) -> Vec<String> {
    let mut faults = Vec::new();
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for panel in items(&board.json["panels"]) {
        if !panel["id"]
            .as_u64()
            .is_some_and(|id| id > 0 && ids.insert(id))
        {
            faults.push(board.fault(panel, "an id that another panel has"));
        }
        let [x, y, w, h] =
            ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().unwrap_or_default());
        if w == 0 || h == 0 || x + w > COLUMNS {
            faults.push(board.fault(panel, "not within the columns"));
        }
        let cells = (x..x + w).flat_map(|column| (y..y + h).map(move |line| (column, line)));
        if cells.filter(|cell| !taken.insert(*cell)).count() > 0 {
            faults.push(board.fault(panel, "lies upon another panel"));
        }
    }
    faults
}

/// Links that lead neither to a shipped board nor to a heading of the runbook.
fn of_links(board: &Board) -> Vec<String> {
    let uids = [
        "mirrorwatch-overview",
        "mirrorwatch-flow",
        "mirrorwatch-workers",
        "mirrorwatch-drill",
    ];
    let text = fs::read_to_string("docs/runbook.md").unwrap();
    let headings = text.lines().filter_map(|line| line.strip_prefix("## "));
    let names: Vec<String> = headings.map(str::to_lowercase).collect();
    let leads_somewhere = |url: &str| match (url.strip_prefix("/d/"), url.strip_prefix(RUNBOOK)) {
        (Some(path), _) => uids.contains(&path.split('?').next().unwrap_or_default()),
        (_, Some("" | "#${__data.fields.Alert}")) => true,
        (_, Some(anchor)) => names
            .iter()
            .any(|name| anchor.strip_prefix('#') == Some(name)),
        (None, None) => url.is_empty(),
    };
    let urls = strings(&board.json, "url").into_iter();
    urls.filter(|url| !leads_somewhere(url)).collect()
}

/// The headings of the runbook that a board's panels lead to.
pub(super) fn runbooks(board: &Board) -> Vec<String> {
    let urls = strings(&board.json, "url").into_iter();
    urls.filter_map(|url| Some(url.strip_prefix(RUNBOOK)?.strip_prefix('#')?.to_owned()))
        .collect()
}

fn unknown_key(value: &Value, known: &str) -> Option<String> {
    let known: Vec<&str> = known.split_whitespace().collect();
    let mut keys = value.as_object()?.keys();
    keys.find(|key| !known.contains(&key.as_str())).cloned()
}

fn in_both_languages(value: &Value) -> bool {
    let parts = value["description"]
        .as_str()
        .and_then(|text| text.split_once("\n\nFR : "));
    parts.is_some_and(|(english, french)| english.len() > 10 && french.len() > 10)
}

/// All strings under a key, however deep.
fn strings(value: &Value, key: &str) -> Vec<String> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, inner)| match inner.as_str() {
                Some(text) if name == key => vec![text.to_owned()],
                _ => strings(inner, key),
            })
            .collect(),
        Value::Array(inner) => inner.iter().flat_map(|inner| strings(inner, key)).collect(),
        _ => Vec::new(),
    }
}

/// Everything that is a colour by the key that it stands under.
fn collect_colours(value: &Value, found: &mut BTreeSet<String>) {
    for key in ["color", "fixedColor", "iconColor"] {
        found.extend(strings(value, key));
    }
}
