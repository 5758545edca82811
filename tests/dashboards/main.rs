//! The shipped Grafana boards, read as Grafana reads them: their form, the rules of Grafana's dashboard linter, the metrics they ask
//! for, thresholds equal to the alerts', links that lead somewhere. docs/dashboards.md lists what is checked and what is excepted.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod alerts;
mod answers;
mod boards;
mod chart;
mod damaged;
mod form;
mod lint;
mod names;
mod picture;
mod queries;
mod selectors;
mod thresholds;

use boards::{Board, boards};

/// Everything that is wrong with a board.
fn faults(board: &Board) -> Vec<String> {
    let mut faults = form::faults(board);
    faults.extend(lint::faults(board));
    faults.extend(names::faults(board));
    faults.extend(thresholds::faults(board));
    faults
}

#[test]
fn every_board_is_sound() {
    let boards = boards();
    assert_eq!(boards.len(), 4);
    let faults: Vec<String> = boards.iter().flat_map(faults).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_two_boards_share_a_uid_or_a_title() {
    let boards = boards();
    for name in ["uid", "title"] {
        let mut values: Vec<&str> = boards
            .iter()
            .map(|board| board.json[name].as_str().unwrap())
            .collect();
        values.sort_unstable();
        values.dedup();
        assert_eq!(values.len(), boards.len(), "{name}");
    }
}

#[test]
fn every_threshold_of_an_alert_is_on_a_board() {
    let shown = thresholds::shown(&boards());
    for ((metric, severity), _) in alerts::thresholds() {
        assert!(
            shown.contains(&(metric.clone(), severity.clone())),
            "no board shows {metric}, {severity}"
        );
    }
}

#[test]
fn every_alert_leads_to_a_board_and_is_explained_on_one() {
    let boards = boards();
    let linked: Vec<String> = boards.iter().flat_map(form::runbooks).collect();
    for alert in alerts::alerts() {
        let known = boards
            .iter()
            .any(|board| alert.dashboard_uid() == board.uid());
        assert!(known, "{}: no board {}", alert.name, alert.dashboard_uid());
        assert!(
            linked.contains(&alert.name.to_lowercase()),
            "no panel links to {}",
            alert.name
        );
    }
}

#[test]
fn a_query_that_is_filled_in_has_no_variable_left() {
    let queries = queries::all();
    assert!(queries.len() > 100, "{}", queries.len());
    for query in queries {
        assert!(
            !query.expr.contains('$'),
            "{}: {}: {}",
            query.board,
            query.panel,
            query.expr
        );
        selectors::selectors(&query.expr).unwrap();
    }
}

#[test]
fn what_may_be_unanswered_is_something_that_is_asked() {
    let queries = queries::all();
    for (part, reason) in queries::UNANSWERED {
        let found = queries.iter().find(|query| query.expr.contains(part));
        let said = found.and_then(queries::Query::unanswered_while);
        assert!(said.is_some(), "no query asks for {part} ({reason})");
    }
}

#[test]
fn the_provisioning_file_is_one_that_grafana_reads() {
    let text = std::fs::read_to_string("dashboards/provisioning/mirrorwatch.yml").unwrap();
    let file: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
    assert_eq!(file["apiVersion"], 1);
    let provider = &file["providers"][0];
    assert_eq!(provider["type"], "file");
    assert!(
        provider["options"]["path"]
            .as_str()
            .unwrap()
            .starts_with('/')
    );
}
