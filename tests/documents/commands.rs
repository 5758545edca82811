//! The command lines that documents show are such as the program takes: no option that is gone, no argument that is missing.

use std::fs;

use clap::Parser as _;
use mirrorwatch::cli::Cli;
use regex::Regex;

use super::documents;

#[test]
fn every_command_line_is_understood() {
    let mut wrong = Vec::new();
    let mut understood = 0;
    for document in documents() {
        let text = fs::read_to_string(&document).expect("it is readable");
        for line in command_lines(&text) {
            understood += 1;
            let problem = problem(&line);
            wrong.extend(
                problem.map(|problem| format!("{}: {line}\n{problem}", document.display())),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(understood > 30, "{understood}");
}

#[test]
fn make_has_every_target_that_is_named() {
    let makefile = fs::read_to_string("Makefile").expect("it is there");
    for document in documents() {
        let text = fs::read_to_string(&document).expect("it is readable");
        let shown = text.lines().filter_map(|line| {
            line.strip_prefix("$ make ")
                .or_else(|| line.strip_prefix("make "))
        });
        for target in shown.filter_map(|line| line.split_whitespace().next()) {
            let rule = format!("\n{target}:");
            assert!(makefile.contains(&rule), "{}: {target}", document.display());
        }
    }
}

#[test]
fn an_option_that_does_not_exist_is_found() {
    assert_eq!(
        problem("mirrorwatch evaluate DIR --format html >a.html"),
        None
    );
    assert_eq!(problem("mirrorwatch scenarios # all of them"), None);
    assert_eq!(
        problem("mirrorwatch serve --config 'a b.yml' --log.level warn &"),
        None
    );
    assert!(problem("mirrorwatch evaluate DIR --nonsense").is_some());
    assert!(problem("mirrorwatch drill").is_some());
}

/// What is typed at a prompt, with lines that go on joined.
fn command_lines(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    let lines = joined
        .lines()
        .filter_map(|line| line.strip_prefix("$ mirrorwatch "));
    // What another command would say where it stands is an address.
    let other = Regex::new(r"\$\([^)]*\)").expect("it is well formed");
    let lines = lines.map(|line| other.replace_all(line, "127.0.0.1:19850").into_owned());
    lines.map(|line| format!("mirrorwatch {line}")).collect()
}

/// Why the program does not take a command line.
fn problem(line: &str) -> Option<String> {
    let words = words(line);
    match Cli::try_parse_from(&words) {
        Ok(_) => None,
        // Help and version are asked for, not wrong.
        Err(error) if !error.use_stderr() => None,
        Err(error) => Some(error.to_string()),
    }
}

/// The words as a shell hands them over, up to what it does itself: comments, redirections, the background.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut word, mut quote): (Option<String>, Option<char>) = (None, None);
    for character in line.chars() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, '#' | '>' | '&' | '|') if word.is_none() => return words,
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}
