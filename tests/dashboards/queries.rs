//! Every query of the shipped boards, its variables filled in so that a Prometheus server can answer it. The live tests take this
//! file, too, so it needs nothing of the others.

use std::fs;

use serde_json::Value;

/// What one panel, or one annotation, asks for.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) board: String,
    pub(crate) panel: String,
    pub(crate) expr: String,
}

/// Variable → what it stands for where all flows are asked for; the longer names first.
const VALUES: [(&str, &str); 7] = [
    ("$__rate_interval", "1m"),
    ("$__range", "15m"),
    ("${__from:date:seconds}", "0"),
    ("$job", ".+"),
    ("$source", ".+"),
    ("$target", ".+"),
    ("$rto", "60"),
];

/// What has no answer although all is well, and when.
pub(crate) const UNANSWERED: [(&str, &str); 11] = [
    (
        "mm2_translation_probe_",
        "the flow has no `canary.translation_probe`",
    ),
    (
        "mm2_offset_translation_",
        "the flow has no `consumer_groups`",
    ),
    (
        "mm2_canary_replication_seconds",
        "a topic has no `LogAppendTime`",
    ),
    ("mm2_canary_fetch_seconds", "a topic has no `LogAppendTime`"),
    (
        "mm2_connect_assignment_withheld_until",
        "nothing is withheld",
    ),
    ("ALERTS{", "no alert fires"),
    ("mm2_exporter_poll_errors_total", "no poll has failed"),
    ("mm2_canary_outage_", "there was no outage"),
    (
        "mm2_retention_headroom_seconds",
        "nothing waits for its copy, or the source deletes nothing by time",
    ),
    ("mm2_worker_health", "Kafka before 3.9"),
    ("burn_", "the burn rates' recording rules run once a minute"),
];

impl Query {
    /// When it has no answer although all is well; `None` where it always has one.
    #[must_use]
    pub(crate) fn unanswered_while(&self) -> Option<&'static str> {
        let found = UNANSWERED.iter().find(|(part, _)| self.expr.contains(part));
        found.map(|(_, reason)| *reason)
    }
}

/// All queries of all boards: those of panels and of annotations.
pub(crate) fn all() -> Vec<Query> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/dashboards");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the boards are there")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    let mut queries = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("the board can be read");
        let board: Value = serde_json::from_str(&text).expect("the board is JSON");
        queries.extend(of_board(&board));
    }
    queries
}

fn of_board(board: &Value) -> Vec<Query> {
    let name = board["title"].as_str().unwrap_or_default();
    let query = |place: &Value, expr: &Value| {
        let title = place["title"].as_str().or(place["name"].as_str());
        Some(Query {
            board: name.to_owned(),
            panel: title.unwrap_or_default().to_owned(),
            expr: filled_in(expr.as_str()?),
        })
    };
    let panels = board["panels"].as_array().into_iter().flatten();
    let asked = panels.flat_map(|panel| {
        let targets = panel["targets"].as_array().into_iter().flatten();
        targets.map(move |target| (panel, &target["expr"]))
    });
    let annotations = board["annotations"]["list"]
        .as_array()
        .into_iter()
        .flatten();
    let noted = annotations.map(|annotation| (annotation, &annotation["expr"]));
    asked
        .chain(noted)
        .filter_map(|(place, expr)| query(place, expr))
        .collect()
}

/// The query for all flows of all jobs.
pub(crate) fn filled_in(expr: &str) -> String {
    VALUES.iter().fold(expr.to_owned(), |expr, (name, value)| {
        expr.replace(name, value)
    })
}
