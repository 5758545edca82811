//! Where calls and their arguments stand in a text. The parser does not say, but Prometheus' warnings do: the calls of a text are
//! found again, in the order in which they are met in the tree.

use std::fmt;

use super::text::closing_quote;

/// A place in a text, for messages: line and column from one, the column in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    line: usize,
    column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

impl Place {
    /// The beginning of a text.
    pub(crate) const BEGINNING: Self = Self { line: 1, column: 1 };

    fn of(text: &str, at: usize) -> Self {
        let before = &text[..at];
        Self {
            line: before.matches('\n').count() + 1,
            column: at - before.rfind('\n').map_or(0, |newline| newline + 1) + 1,
        }
    }
}

/// Where a call of a function or an aggregation stands.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// Its name.
    pub(crate) start: Place,
    arguments: Vec<Place>,
}

impl Site {
    /// An argument, without parentheses around it.
    pub(crate) fn argument(&self, i: usize) -> Place {
        self.arguments.get(i).copied().unwrap_or(self.start)
    }

    /// At the beginning of a text.
    pub(super) fn unknown() -> Self {
        Self {
            start: Place::BEGINNING,
            arguments: Vec::new(),
        }
    }
}

/// All calls in the order of their names.
pub(super) fn sites(text: &str) -> Vec<Site> {
    let mut scan = Scan {
        text,
        at: 0,
        sites: Vec::new(),
        open: Vec::new(),
        name: None,
        lists: false,
        awaits: None,
    };
    while let Some(c) = text[scan.at..].chars().next() {
        scan.step(c);
    }
    scan.sites
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    sites: Vec<Site>,
    /// Calls whose parentheses are open; none for other parentheses.
    open: Vec<Option<usize>>,
    /// A name that a parenthesis would make a call.
    name: Option<usize>,
    /// Whether the next parenthesis holds labels, or nothing.
    lists: bool,
    /// A call whose next argument has not begun.
    awaits: Option<usize>,
}

impl Scan<'_> {
    fn step(&mut self, c: char) {
        let rest = &self.text[self.at..];
        let mut length = c.len_utf8();
        match c {
            '#' => length = rest.find(['\r', '\n']).unwrap_or(rest.len()),
            _ if c.is_ascii_whitespace() => {}
            '(' if self.lists => {
                self.lists = false;
                length = enclosed(rest, ')');
            }
            '(' => self.open(),
            ')' => {
                self.awaits = None;
                self.name = None;
                self.open.pop();
            }
            ',' => {
                self.name = None;
                self.awaits = self.open.last().copied().flatten();
            }
            _ => {
                self.begin_argument();
                if is_word(c) {
                    length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                    self.word(&rest[..length]);
                } else {
                    self.name = None;
                    // `@` is followed by a number or by `start()` or `end()`.
                    self.lists = c == '@';
                    length = length_of(rest, c);
                }
            }
        }
        self.at += length;
    }

    fn open(&mut self) {
        if let Some(name) = self.name.take() {
            self.open.push(Some(self.sites.len()));
            self.awaits = Some(self.sites.len());
            self.sites.push(Site {
                start: Place::of(self.text, name),
                arguments: Vec::new(),
            });
        } else {
            self.begin_argument();
            self.open.push(None);
        }
    }

    fn begin_argument(&mut self) {
        if let Some(call) = self.awaits.take() {
            let at = unwrapped(self.text, self.at);
            self.sites[call].arguments.push(Place::of(self.text, at));
        }
    }

    fn word(&mut self, word: &str) {
        match word.to_lowercase().as_str() {
            // An aggregation's name may stand before its labels.
            "by" | "without" => self.lists = true,
            "on" | "ignoring" | "group_left" | "group_right" => {
                self.lists = true;
                self.name = None;
            }
            "and" | "or" | "unless" | "atan2" | "bool" | "offset" => {
                self.lists = false;
                self.name = None;
            }
            // A name behind `@` is no call, and its parentheses hold nothing; a number there has none.
            word if self.lists => {
                self.name = None;
                self.lists = !word.starts_with(|c: char| c.is_ascii_digit());
            }
            _ => self.name = Some(self.at),
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == ':'
}

/// The length of a string, of matchers in braces, or of one character.
fn length_of(rest: &str, first: char) -> usize {
    match first {
        '"' | '\'' | '`' => closing_quote(rest, first).map_or(rest.len(), |end| end + 1),
        '{' => enclosed(rest, '}'),
        _ => first.len_utf8(),
    }
}

/// Where an argument begins, without parentheses around all of it.
fn unwrapped(text: &str, at: usize) -> usize {
    let mut at = at;
    while text[at..].starts_with('(') {
        let rest = &text[at..];
        let (mut open, mut length) = (0, 0);
        while let Some(c) = rest[length..].chars().next() {
            match c {
                '(' => open += 1,
                ')' => open -= 1,
                _ => {}
            }
            length += length_of(&rest[length..], c);
            if open == 0 {
                break;
            }
        }
        if !rest[length..].trim_start().starts_with([',', ')']) {
            break;
        }
        at += rest.len() - rest[1..].trim_start().len();
    }
    at
}

/// The length of a bracket with what it holds: labels, strings, operators.
fn enclosed(rest: &str, close: char) -> usize {
    let mut length = 1;
    while let Some(c) = rest[length..].chars().next() {
        length += match c {
            '"' | '\'' | '`' => length_of(&rest[length..], c),
            _ => c.len_utf8(),
        };
        if c == close {
            break;
        }
    }
    length
}

#[cfg(test)]
fn found(text: &str) -> Vec<String> {
    let sites = sites(text).into_iter();
    sites
        .map(|site| {
            let arguments: Vec<_> = site.arguments.iter().map(ToString::to_string).collect();
            format!("{}({})", site.start, arguments.join(" "))
        })
        .collect()
}

#[test]
fn calls_are_found_with_their_arguments() {
    assert_eq!(
        found("histogram_quantile(0.9, rate(a[1m]))"),
        ["1:1(1:20 1:25)", "1:25(1:30)"]
    );
    assert_eq!(
        found("quantile by (x) (scalar(q), a)"),
        ["1:1(1:18 1:29)", "1:18(1:25)"]
    );
    assert_eq!(found("1 + sort(\n  ((a)))"), ["1:5(2:5)"]);
    assert_eq!(found("quantile((1) + 2, ((a) - b))"), ["1:1(1:10 1:20)"]);
    assert_eq!(found("f(NaN, (g(Inf)))"), ["1:1(1:3 1:9)", "1:9(1:11)"]);
    assert_eq!(found("sum(a) by (x) and (b)"), ["1:1(1:5)"]);
    assert_eq!(
        found("a @ start() + on (x) group_left (y) (b) * time()"),
        ["1:43()"]
    );
    assert_eq!(
        found("f(a @ 600, time(), g(b @ 1.5 offset 5m))"),
        ["1:1(1:3 1:12 1:20)", "1:12()", "1:20(1:22)"]
    );
    assert_eq!(
        found("f({x=\"(\\\"}\"}, '(', `\\`) # g("),
        ["1:1(1:3 1:15 1:20)"]
    );
    assert_eq!(found("sum"), [""; 0]);
}
