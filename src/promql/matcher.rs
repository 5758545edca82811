//! Label matchers. Regular expressions are anchored at both ends and a dot matches a newline, as in Prometheus 3.

use std::fmt;
use std::sync::Arc;

use regex::Regex;

use super::{Error, Labels, go_regex};

/// How a label's value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchOp {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Regex,
    /// `!~`
    NotRegex,
}

/// One matcher of a selector.
#[derive(Clone, Debug)]
pub struct Matcher {
    label: String,
    op: MatchOp,
    value: String,
    /// Shared: what it learns while it matches is then learnt once.
    regex: Option<Arc<Regex>>,
}

impl Matcher {
    /// A matcher; fails only for a value that is no regular expression where one is needed.
    pub fn new(label: &str, op: MatchOp, value: &str) -> Result<Self, Error> {
        let regex = match op {
            MatchOp::Equal | MatchOp::NotEqual => None,
            MatchOp::Regex | MatchOp::NotRegex => {
                let regex = go_regex::compile(value);
                Some(Arc::new(
                    regex.ok_or_else(|| Error::Regex(value.to_owned()))?,
                ))
            }
        };
        Ok(Self {
            label: label.to_owned(),
            op,
            value: value.to_owned(),
            regex,
        })
    }

    /// A matcher by equality.
    pub fn equal(label: &str, value: &str) -> Self {
        Self {
            label: label.to_owned(),
            op: MatchOp::Equal,
            value: value.to_owned(),
            regex: None,
        }
    }

    /// Whether labels satisfy it.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.accepts(labels.get(&self.label))
    }

    /// Whether a value of its label satisfies it.
    pub(super) fn accepts(&self, value: &str) -> bool {
        let found = self
            .regex
            .as_ref()
            .map_or(value == self.value, |regex| regex.is_match(value));
        match self.op {
            MatchOp::Equal | MatchOp::Regex => found,
            MatchOp::NotEqual | MatchOp::NotRegex => !found,
        }
    }

    /// The same matcher with variables in its value replaced; inside a regular expression what is put in is taken literally.
    pub fn substitute(&self, variables: &[(&str, &str)]) -> Result<Self, Error> {
        let mut value = String::new();
        let mut rest = self.value.as_str();
        while let Some(at) = rest.find('$') {
            value.push_str(&rest[..at]);
            rest = &rest[at..];
            let known = variables
                .iter()
                .find(|(name, _)| rest[1..].starts_with(name));
            if let Some((name, text)) = known {
                let text = if self.regex.is_some() {
                    regex::escape(text)
                } else {
                    (*text).to_owned()
                };
                value.push_str(&text);
                rest = &rest[1 + name.len()..];
            } else {
                value.push('$');
                rest = &rest[1..];
            }
        }
        value.push_str(rest);
        if value == self.value {
            return Ok(self.clone());
        }
        Self::new(&self.label, self.op, &value)
    }

    /// Whether it selects on this label.
    pub fn is_on(&self, label: &str) -> bool {
        self.label == label
    }

    /// The label it selects on.
    pub(super) fn label(&self) -> &str {
        &self.label
    }

    /// Whether it asks for one value.
    pub(super) fn is_equality(&self) -> bool {
        self.op == MatchOp::Equal
    }

    /// Whether it is `!=` or `!~`: what it selects is whatever else there is.
    pub fn is_negative(&self) -> bool {
        matches!(self.op, MatchOp::NotEqual | MatchOp::NotRegex)
    }

    /// Its value, as written.
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let op = match self.op {
            MatchOp::Equal => "=",
            MatchOp::NotEqual => "!=",
            MatchOp::Regex => "=~",
            MatchOp::NotRegex => "!~",
        };
        let value = self
            .value
            .replace('\\', r"\\")
            .replace('"', "\\\"")
            .replace('\n', r"\n");
        write!(f, "{}{op}\"{value}\"", self.label)
    }
}

#[test]
fn regular_expressions_are_anchored_and_absent_labels_are_empty() {
    let labels: Labels = [("a", "running")].into_iter().collect();
    let matches = |op, value| Matcher::new("a", op, value).unwrap().matches(&labels);
    assert!(!matches(MatchOp::Regex, "run"));
    assert!(matches(MatchOp::Regex, "run.*|x"));
    assert!(!matches(MatchOp::Regex, "x|run"));
    assert!(matches(MatchOp::NotRegex, "unn"));
    assert!(
        Matcher::new("b", MatchOp::Equal, "")
            .unwrap()
            .matches(&labels)
    );
}

#[test]
fn what_a_variable_puts_in_is_literal() {
    let regex = Matcher::new("w", MatchOp::Regex, "$victim|x").unwrap();
    let bound = regex.substitute(&[("victim", "a.b:1")]).unwrap();
    assert!(bound.matches(&[("w", "a.b:1")].into_iter().collect()));
    assert!(!bound.matches(&[("w", "aXb:1")].into_iter().collect()));
    let equal = Matcher::new("w", MatchOp::Equal, "$victim")
        .unwrap()
        .substitute(&[("victim", "a\"b\\")])
        .unwrap();
    assert_eq!(equal.to_string(), r#"w="a\"b\\""#);
}
