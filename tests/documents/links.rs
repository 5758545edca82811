//! Links from one document to another file of the project, and to a heading of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use regex::Regex;

use super::{documents, prose};

#[test]
fn every_link_leads_to_a_file_and_to_a_heading_of_it() {
    let mut wrong = Vec::new();
    let mut followed = 0;
    for document in documents() {
        let text = fs::read_to_string(&document).expect("it is readable");
        for link in links(&prose(&text)) {
            followed += 1;
            let is_dead = !leads_somewhere(&document, &link);
            wrong.extend(is_dead.then(|| format!("{}: {link}", document.display())));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(followed > 50, "{followed}");
}

#[test]
fn a_link_to_nowhere_is_found() {
    let here = Path::new("docs/drill.md");
    assert!(leads_somewhere(here, "evaluation.md"));
    assert!(leads_somewhere(here, "../README.md#two-commands"));
    assert!(leads_somewhere(here, "#scenarios"));
    assert!(!leads_somewhere(here, "missing.md"));
    assert!(!leads_somewhere(here, "../README.md#three-commands"));
    assert_eq!(
        links("[a](b.md), `[c](d)` and [e](https://f)"),
        ["b.md", "https://f"]
    );
}

/// What a text links to; what stands in backticks is no link.
fn links(prose: &str) -> Vec<String> {
    let code = Regex::new("`[^`]*`").expect("it is well formed");
    let link = Regex::new(r"\]\(([^)\s]+)\)").expect("it is well formed");
    let plain = code.replace_all(prose, "");
    let found = link.captures_iter(&plain);
    found.map(|found| found[1].to_owned()).collect()
}

/// Links to elsewhere are not followed: the tests need no network.
fn leads_somewhere(document: &Path, link: &str) -> bool {
    if link.starts_with("https://") || link.starts_with("http://") {
        return true;
    }
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    let folder = document.parent().expect("a document lies in a folder");
    let target = if path.is_empty() {
        document.to_owned()
    } else {
        folder.join(path)
    };
    if heading.is_empty() {
        return target.exists();
    }
    fs::read_to_string(target).is_ok_and(|text| headings(&text).contains(heading))
}

/// The headings as links name them: small letters, hyphens for spaces, without marks.
fn headings(text: &str) -> BTreeSet<String> {
    let prose = prose(text);
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    let names = headings.map(|line| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter_map(|character| match character {
            ' ' => Some('-'),
            '-' | '_' => Some(character),
            other => other.is_alphanumeric().then_some(other),
        });
        kept.collect()
    });
    names.collect()
}
