//! What was looked at before anything is done, as one table of 80 columns.

use std::fmt;

use crate::model::text::visible;
use crate::report::columns;

/// What a look came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// As it should be.
    Ok,
    /// The drill can be run, and may not say what it is run for.
    Warning,
    /// Nobody tells: not the same as well.
    NotKnown,
    /// The drill is not begun.
    Refused,
}

impl Standing {
    fn words(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::NotKnown => "not known",
            Self::Refused => "REFUSED",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What.
    pub what: String,
    /// What it came to.
    pub standing: Standing,
    /// What was found.
    pub found: String,
}

impl Row {
    /// A row; what others have named is made safe to print.
    pub(super) fn new(what: &str, standing: Standing, found: &str) -> Self {
        Self {
            what: visible(what),
            standing,
            found: visible(found),
        }
    }
}

/// All that was looked at, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows(pub Vec<Row>);

impl Rows {
    /// Whether something stands otherwise than it did; numbers that moved a little are no news.
    pub fn is_news(&self, before: &Self) -> bool {
        let standings = |rows: &Self| {
            let rows = rows.0.iter();
            rows.map(|row| (row.what.clone(), row.standing))
                .collect::<Vec<_>>()
        };
        standings(self) != standings(before)
    }

    /// Why nothing is begun, a line for each reason; `None` if there is none.
    pub fn refusal(&self) -> Option<String> {
        let refused = self
            .0
            .iter()
            .filter(|row| row.standing == Standing::Refused);
        let lines: Vec<_> = refused
            .map(|row| format!("{}: {}", row.what, row.found))
            .collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.0.iter().map(|row| {
            let standing = row.standing.words().to_owned();
            [row.what.clone(), standing, row.found.clone()].to_vec()
        });
        let heading = ["Before", "is", "found"].map(str::to_owned);
        f.write_str(&columns(&heading, rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Rows {
        Rows(vec![
            Row::new("leader", Standing::Ok, "w1:8083"),
            Row::new(
                "replicas, target",
                Standing::Refused,
                &"`connect-offsets` 3 has no leader; ".repeat(5),
            ),
        ])
    }

    #[test]
    fn the_table_keeps_to_the_page_and_says_all() {
        let table = rows().to_string();
        assert!(
            table.lines().all(|line| line.chars().count() <= 80),
            "{table}"
        );
        assert_eq!(table.matches("leader").count(), 6, "{table}");
        assert!(table.contains("REFUSED"), "{table}");
    }

    #[test]
    fn only_what_is_refused_keeps_the_drill_from_being_begun() {
        let mut rows = rows();
        let why = rows.refusal().unwrap();
        assert!(
            why.starts_with("replicas, target: `connect-offsets`"),
            "{why}"
        );
        rows.0[1].standing = Standing::NotKnown;
        assert_eq!(rows.refusal(), None);
    }

    #[test]
    fn what_stands_otherwise_is_news_and_a_number_that_moved_is_not() {
        let mut now = rows();
        now.0[0].found = "w2:8083".to_owned();
        assert!(!now.is_news(&rows()));
        now.0[1].standing = Standing::Warning;
        assert!(now.is_news(&rows()));
        assert!(now.is_news(&Rows::default()));
    }

    #[test]
    fn a_name_steers_no_terminal() {
        let row = Row::new("x", Standing::Ok, "a\u{1b}[31m");
        assert_eq!(row.found, "a\\u{1b}[31m");
    }
}
