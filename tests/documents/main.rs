//! The documents hold what they promise: their links lead somewhere, and the command lines that they show are understood.

mod commands;
mod install;
mod links;

use std::fs;
use std::path::PathBuf;

/// Every document for readers, from the project's folder.
fn documents() -> Vec<PathBuf> {
    let mut documents: Vec<PathBuf> = ["README.md", "CHANGELOG.md"].map(PathBuf::from).to_vec();
    for folder in ["docs", "lab/runs"] {
        let entries = fs::read_dir(folder).expect("the folder is there");
        for entry in entries {
            let path = entry.expect("it can be read").path();
            let kept = path.join("README.md");
            let is_document = path.extension().is_some_and(|extension| extension == "md");
            documents.extend(is_document.then_some(path));
            documents.extend(kept.exists().then_some(kept));
        }
    }
    assert!(documents.len() > 15, "{documents:?}");
    documents
}

/// The document's text without what stands in fences.
fn prose(text: &str) -> String {
    let mut is_fenced = false;
    let lines = text.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_fenced ^= is_fence;
        !is_fenced && !is_fence
    });
    lines.collect::<Vec<_>>().join("\n")
}
