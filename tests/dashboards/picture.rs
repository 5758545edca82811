//! Draws a board from a Prometheus server's answers, in SVG: what stands where, not how Grafana shows it. To refresh `docs/dashboards`:
//! `MIRRORWATCH_PROMETHEUS=http://127.0.0.1:9090 cargo test --test dashboards -- --ignored draw`, with
//! `MIRRORWATCH_UNTIL` (seconds since the epoch) for the six minutes before a time that has passed.

use std::fmt::Write;
use std::fs;
use std::time::Duration;

use serde_json::Value;

use super::answers::{Asked, Line};
use super::boards::{Board, boards, items};
use super::chart::{self, Frame};

const COLUMN: f64 = 50.0;
const LINE: f64 = 26.0;
const MARGIN: f64 = 34.0;
const WINDOW: Duration = Duration::from_mins(6);

#[test]
#[ignore = "writes docs/dashboards from the answers of a server that MIRRORWATCH_PROMETHEUS names"]
fn draw_the_boards() {
    let server = std::env::var("MIRRORWATCH_PROMETHEUS").unwrap();
    let end = std::env::var("MIRRORWATCH_UNTIL").map(|seconds| seconds.parse().unwrap());
    let asked = Asked::up_to(end.ok(), &server, WINDOW);
    fs::create_dir_all("docs/dashboards").unwrap();
    for board in boards() {
        let path = format!("docs/dashboards/{}", board.file.replace(".json", ".svg"));
        fs::write(path, drawn(&board, &asked)).unwrap();
    }
}

fn drawn(board: &Board, asked: &Asked) -> String {
    let place = |panel: &Value, key: &str| {
        f64::from(u32::try_from(panel["gridPos"][key].as_u64().unwrap()).unwrap())
    };
    let bottom = |panel| place(panel, "y") + place(panel, "h");
    let lines = items(&board.json["panels"]).map(bottom).fold(0.0, f64::max);
    let (width, height) = (24.0 * COLUMN, lines * LINE + MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" \
         font-size=\"11\"><rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>"
    );
    let title = board.json["title"].as_str().unwrap();
    svg += &chart::text(
        8.0,
        20.0,
        15,
        &format!("{title} – drawn by mirrorwatch's tests, not by Grafana"),
    );
    for panel in items(&board.json["panels"]) {
        let frame = Frame {
            x: place(panel, "x") * COLUMN + 2.0,
            y: place(panel, "y") * LINE + MARGIN,
            width: place(panel, "w") * COLUMN - 4.0,
            height: place(panel, "h") * LINE - 4.0,
        };
        svg += &panel_drawn(panel, &frame, asked);
    }
    svg + "</svg>\n"
}

fn panel_drawn(panel: &Value, frame: &Frame, asked: &Asked) -> String {
    let title = chart::text(
        frame.x + 6.0,
        frame.y + 15.0,
        12,
        panel["title"].as_str().unwrap(),
    );
    if panel["type"] == "row" {
        return title;
    }
    let inside = frame.below_title();
    let answers: Vec<(usize, Line)> = items(&panel["targets"])
        .enumerate()
        .flat_map(|(query, target)| {
            asked
                .lines(target)
                .into_iter()
                .map(move |line| (query, line))
        })
        .collect();
    let content = if answers.is_empty() {
        chart::text(inside.x + 4.0, inside.y + 18.0, 13, "unknown")
    } else {
        match panel["type"].as_str() {
            Some("stat") => chart::figure(panel, &inside, &answers),
            Some("timeseries") => chart::lines(panel, &inside, &answers, (asked.start, asked.end)),
            Some("state-timeline") => {
                chart::states(panel, &inside, &answers, (asked.start, asked.end))
            }
            _ => rows(panel, &inside, &answers),
        }
    };
    frame.border() + &title + &content
}

/// A table as lines of text: the labels of what the first query answered, and each query's value.
fn rows(panel: &Value, frame: &Frame, answers: &[(usize, Line)]) -> String {
    let mut svg = String::new();
    let queries = panel["targets"].as_array().unwrap().len();
    let room = chart::rows_of(frame);
    let shown = answers
        .iter()
        .filter(|(query, _)| *query == 0)
        .take(room)
        .enumerate();
    for (row, (_, first)) in shown {
        let words: Vec<&str> = first
            .labels
            .iter()
            .filter(|(name, _)| *name != "__name__")
            .map(|(_, value)| value.as_str())
            .collect();
        let mut line = words.join(" · ");
        for query in 1..queries {
            let same = |other: &&(usize, Line)| other.0 == query && chart::belongs(&other.1, first);
            let value = answers
                .iter()
                .find(same)
                .and_then(|(_, other)| other.points.last());
            let value = value.map_or("unknown".to_owned(), |point| chart::number(point.1, "none"));
            write!(line, " · {value}").unwrap();
        }
        svg += &chart::text(frame.x + 4.0, chart::row_at(frame, row), 11, &line);
    }
    svg
}
