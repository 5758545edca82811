//! The boards as they are shipped.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// One file of `dashboards`.
#[derive(Clone, Debug)]
pub(super) struct Board {
    pub(super) file: String,
    pub(super) json: Value,
}

/// What a panel asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    pub(super) panel: &'a Value,
    pub(super) expr: &'a str,
}

impl Board {
    pub(super) fn uid(&self) -> &str {
        self.json["uid"].as_str().unwrap_or_default()
    }

    /// All panels but the rows that separate them.
    pub(super) fn panels(&self) -> impl Iterator<Item = &Value> {
        items(&self.json["panels"]).filter(|panel| panel["type"] != "row")
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = &Value> {
        items(&self.json["templating"]["list"])
    }

    pub(super) fn annotations(&self) -> impl Iterator<Item = &Value> {
        items(&self.json["annotations"]["list"])
    }

    /// The queries of panels.
    pub(super) fn targets(&self) -> impl Iterator<Item = Target<'_>> {
        self.panels().flat_map(|panel| {
            items(&panel["targets"]).map(move |target| Target {
                panel,
                expr: target["expr"].as_str().unwrap_or_default(),
            })
        })
    }

    /// A fault of this board, with the place where it is.
    pub(super) fn fault(&self, place: &Value, what: impl AsRef<str>) -> String {
        let place = ["title", "name"]
            .iter()
            .find_map(|key| place[*key].as_str())
            .unwrap_or("-");
        format!("{}: {place}: {}", self.file, what.as_ref())
    }
}

/// What an array holds; nothing where there is none.
pub(super) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

pub(super) fn boards() -> Vec<Board> {
    let mut files: Vec<_> = fs::read_dir("dashboards")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    files.iter().map(|path| board(path)).collect()
}

fn board(path: &Path) -> Board {
    let json = serde_json::from_str(&fs::read_to_string(path).unwrap());
    Board {
        file: path.file_name().unwrap().to_string_lossy().into_owned(),
        json: json.unwrap_or_else(|error| panic!("{}: {error}", path.display())),
    }
}
