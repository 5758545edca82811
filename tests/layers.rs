//! Holds the direction of the dependencies: reads the `crate::` paths of `src/` and compares them with the table.
//! The halves meet only in `commands` and `drill`; no arrow points up.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Module → the modules of ours that it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("clock", &["model"]),
    ("promql", &[]),
    ("answer", &["promql", "model"]),
    ("cli", &["model", "promql"]),
    ("fetch", &["model"]),
    ("connect", &["model", "fetch"]),
    ("jolokia", &["model", "fetch"]),
    ("token", &["model", "clock"]),
    ("kafka", &["model", "clock", "token"]),
    ("audit", &["model", "clock", "token"]),
    ("canary", &["model", "clock", "token"]),
    ("normalise", &["model"]),
    (
        "poll",
        &["model", "clock", "connect", "jolokia", "kafka", "normalise"],
    ),
    ("exposition", &["model"]),
    ("yaml", &[]),
    ("web", &["yaml", "clock", "model"]),
    ("http", &["exposition", "clock", "model", "web"]),
    (
        "config",
        &[
            "model", "fetch", "connect", "jolokia", "kafka", "canary", "poll", "yaml", "token",
        ],
    ),
    ("rules", &["promql", "yaml"]),
    ("storage", &["promql", "model", "clock", "fetch"]),
    ("recovery", &["promql", "model"]),
    ("report", &["recovery", "model"]),
    (
        "drill",
        &[
            "recovery", "report", "storage", "promql", "audit", "kafka", "model", "clock", "fetch",
        ],
    ),
    ("logging", &["cli", "model"]),
    ("main", &["cli", "commands", "logging", "model"]),
];
/// `commands` wires everything together, `lib` only lists the modules.
const UNBOUND: &[&str] = &["commands", "lib"];

#[test]
fn no_module_uses_one_that_the_table_does_not_allow() {
    let mut wrong = Vec::new();
    for file in rust_files(Path::new("src")) {
        let module = module_of(&file);
        if UNBOUND.contains(&module.as_str()) {
            continue;
        }
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
            wrong.push(format!(
                "{}: module `{module}` is not in the table",
                file.display()
            ));
            continue;
        };
        for used in used_modules(&fs::read_to_string(&file).expect("a listed file is readable")) {
            if used != module && !allowed.contains(&used.as_str()) {
                wrong.push(format!(
                    "{}: `{module}` may not use `{used}`",
                    file.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_row_of_the_table_names_a_module_that_exists() {
    for (name, _) in MAY_USE {
        let exists = Path::new(&format!("src/{name}.rs")).exists()
            || Path::new(&format!("src/{name}/mod.rs")).exists();
        assert!(exists, "`{name}` is in the table, but not in src/");
    }
}

#[test]
fn the_source_map_names_every_module_once_and_in_order() {
    let text = fs::read_to_string("src/lib.rs").expect("src/lib.rs is readable");
    let named = |start: &str, end: char| -> Vec<&str> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(start));
        lines.filter_map(|rest| rest.split(end).next()).collect()
    };
    assert_eq!(named("//! | [`", '`'), named("pub mod ", ';'));
}

#[test]
fn the_reader_of_paths_sees_grouped_and_nested_ones() {
    let text = "use crate::{model::time::Timestamp, clock};\nlet x = crate::promql::parse(y);\n//! [`crate::http`]\nuse mirrorwatch::{cli::Cli};\n";
    let seen = used_modules(text);
    assert_eq!(
        seen.into_iter().collect::<Vec<_>>(),
        ["cli", "clock", "model", "promql"]
    );
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).expect("src/ is readable") {
        let path = entry.expect("an entry of src/ is readable").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// `src/canary/record.rs` and `src/canary/mod.rs` → `canary`; `src/cli.rs` → `cli`.
fn module_of(file: &Path) -> String {
    let below = file
        .strip_prefix("src")
        .expect("the file was found below src/");
    let first = below
        .components()
        .next()
        .expect("a file has a name")
        .as_os_str();
    first.to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// First segments of every path into the library outside comments, groups taken apart; `main` calls it by its name.
fn used_modules(text: &str) -> BTreeSet<String> {
    let code: String = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or(""))
        .collect::<Vec<_>>()
        .join("\n");
    let mut found = BTreeSet::new();
    let paths = ["crate::", "mirrorwatch::"]
        .into_iter()
        .flat_map(|root| code.split(root).skip(1));
    for rest in paths {
        if let Some(group) = rest.strip_prefix('{') {
            found.extend(first_level(group).into_iter().map(|item| segment(&item)));
        } else {
            found.insert(segment(rest));
        }
    }
    found.remove("");
    found
}

/// The items of a `{a, b::{c, d}}` group at its first level.
fn first_level(group: &str) -> Vec<String> {
    let (mut depth, mut items, mut item) = (0_u32, Vec::new(), String::new());
    for character in group.chars() {
        match character {
            '}' if depth == 0 => break,
            ',' if depth == 0 => items.push(std::mem::take(&mut item)),
            _ => {
                depth = match character {
                    '{' => depth + 1,
                    '}' => depth - 1,
                    _ => depth,
                };
                item.push(character);
            }
        }
    }
    items.push(item);
    items
}

fn segment(path: &str) -> String {
    path.trim_start()
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}
