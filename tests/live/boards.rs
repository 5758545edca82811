//! What the shipped boards show of a drill: each of their queries, asked of the server that runs the shipped rules.

#[path = "../dashboards/queries.rs"]
mod queries;

use std::time::Duration;

use mirrorwatch_lab::Lab;

use crate::site::{Drill, over, series, wait_until};

/// Seconds after the end of a window at which its last series are recorded: a scrape and an evaluation.
const RECORDED: f64 = 15.0;
/// Seconds between two points.
const STEP: f64 = 5.0;

/// No panel is empty, but for those that say when they are.
pub(crate) fn every_panel_shows_something_of(lab: &Lab, drill: &Drill) {
    let description = lab.description();
    let server = description.address("prometheus-10s");
    let server = server.expect("the lab runs the shipped rules");
    let (start, end) = drill.judgement.window.expect("there was a window");
    let window = (start.as_seconds(), end.as_seconds());
    let scraped = format!("timestamp(up) >= {}", window.1 + RECORDED);
    wait_until("the window is recorded", Duration::from_mins(1), || {
        series(server, "query", &[("query", &scraped)]).is_some_and(|seen| !seen.is_empty())
    });
    let asked = queries::all();
    assert!(asked.len() > 50, "{} queries are not all", asked.len());
    let empty = asked
        .iter()
        .filter(|query| query.unanswered_while().is_none())
        .filter(|query| points(server, &query.expr, window) == 0);
    let empty: Vec<String> = empty
        .map(|query| format!("{}, {}: {}", query.board, query.panel, query.expr))
        .collect();
    assert!(empty.is_empty(), "no answer:\n{}", empty.join("\n"));
}

/// Points of all series that the server has for a query between two times, in seconds since the epoch.
fn points(server: &str, query: &str, window: (f64, f64)) -> usize {
    let answer = over(server, query, window, STEP);
    let answer = answer.unwrap_or_else(|| panic!("{server} refuses {query}"));
    let points = answer
        .iter()
        .map(|series| series["values"].as_array().map_or(0, Vec::len));
    points.sum()
}
