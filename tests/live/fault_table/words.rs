//! The table in words, as `docs/faults.md` has it.

use std::fmt::Write as _;

use super::movers::{BUSY, Moves, ON_THE_WAY};
use super::row::{Row, Scene};
use super::runner::Measured;
use super::table;
use crate::document::has_the_table;

const BEGIN: &str = "<!-- the table: written by the tests, not by hand -->\n";
const END: &str = "<!-- end of the table -->\n";

/// All rows as Markdown, and what may move beside what they expect.
fn in_words(rows: &[Row]) -> String {
    let mut text = movers_in_words(rows);
    for row in rows {
        let _ = writeln!(
            text,
            "\n### If {}\n\n| what happens | the peer shows it by | the page says then |\n|---|---|---|",
            row.fault
        );
        for stage in &row.stages {
            let page = (stage.page)(&Scene::in_words());
            let page: Vec<String> = page
                .iter()
                .map(|expected| format!("`{expected}`"))
                .collect();
            let _ = writeln!(
                text,
                "| {} | {} | {} |",
                stage.what,
                stage.peer.how,
                page.join("<br>")
            );
        }
        let moves: Vec<&str> = moves(row).iter().map(|moves| moves.what).collect();
        if !moves.is_empty() {
            let _ = writeln!(text, "\nWhat may move on the way: {}.", moves.join("; "));
        }
        if row.lag {
            text.push_str("\nAll the while `mm2_replication_lag_records` is what the lab knows to be produced and not delivered.\n");
        }
    }
    text
}

/// What may move in any row, and why.
fn movers_in_words(rows: &[Row]) -> String {
    let mut text = "\n### What may move on the way\n\n| what moves it | series | may become | because |\n|---|---|---|---|\n".to_owned();
    let mut told = Vec::new();
    for moves in rows.iter().flat_map(moves) {
        if told.contains(&moves.what) {
            continue;
        }
        told.push(moves.what);
        for mover in moves.series {
            let _ = writeln!(text, "| {} | {mover}", moves.what);
        }
    }
    let _ = writeln!(text, "| a flow that stops or comes back | {ON_THE_WAY}");
    let _ = writeln!(text, "| other work on the machine, in every row | {BUSY}");
    text
}

/// All that may move in a row.
fn moves(row: &Row) -> Vec<&'static Moves> {
    let mut all: Vec<&Moves> = Vec::new();
    for moves in row.stages.iter().flat_map(|stage| stage.moves) {
        if !all.iter().any(|known| known.what == moves.what) {
            all.push(moves);
        }
    }
    all
}

/// What was measured in one row, a line of a table.
pub(super) fn measured(fault: &str, measured: &Measured) -> String {
    let mut text = String::new();
    for seen in &measured.stages {
        let _ = writeln!(
            text,
            "| {fault} | {} | {:.1} s | {:+.1} s |",
            seen.what, seen.peer, seen.page
        );
    }
    if let Some(lag) = &measured.lag {
        let _ = writeln!(
            text,
            "| {fault} | {} lags, up to {:.0} records | | off by {:.0} records at most |",
            lag.lags, lag.greatest, lag.off
        );
    }
    text
}

#[test]
fn the_documentation_has_the_table() {
    let rows: Vec<Row> = table::all().into_iter().chain(table::of_root()).collect();
    let table = format!("{}\n", in_words(&rows));
    has_the_table("docs/faults.md", (BEGIN, END), &table);
}
