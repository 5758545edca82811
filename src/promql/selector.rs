//! Selectors, and selectors compared with a number.

use std::fmt;

use super::labels::NAME;
use super::{Error, Labels, Matcher, parse, print_value};

/// A vector selector without modifiers.
#[derive(Clone, Debug)]
pub struct Selector {
    name: Option<String>,
    matchers: Vec<Matcher>,
}

impl Selector {
    /// A selector of a metric by its name.
    pub fn named(name: &str) -> Self {
        Self {
            name: Some(name.to_owned()),
            matchers: Vec::new(),
        }
    }

    pub(super) fn new(name: Option<String>, matchers: Vec<Matcher>) -> Self {
        Self { name, matchers }
    }

    /// Read a selector.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let comparison = parse::comparison(text)?;
        if comparison.compare.is_some() {
            let what = "a comparison in place of a selector";
            return Err(Error::unsupported(text, what, parse::SELECTOR_HINT));
        }
        Ok(comparison.selector)
    }

    /// The same selector, and this label must have this value.
    #[must_use]
    pub fn and_equal(mut self, label: &str, value: &str) -> Self {
        self.matchers.push(Matcher::equal(label, value));
        self
    }

    /// The name that what it selects has, if only one can be.
    pub fn metric(&self) -> Option<&str> {
        let mut names = self
            .matchers
            .iter()
            .filter(|m| m.is_on(NAME) && m.is_equality());
        self.name
            .as_deref()
            .or_else(|| names.next().map(Matcher::value))
    }

    /// Whether it selects a series.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.name.as_ref().is_none_or(|name| labels.name() == name)
            && self.matchers.iter().all(|m| m.matches(labels))
    }

    /// The same selector with variables replaced in label values.
    pub fn substitute(&self, variables: &[(&str, &str)]) -> Result<Self, Error> {
        let matchers = self
            .matchers
            .iter()
            .map(|m| m.substitute(variables))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            name: self.name.clone(),
            matchers,
        })
    }

    /// Whether it might select every series: it has no matcher that an empty label fails.
    pub(super) fn is_boundless(&self) -> bool {
        self.name.is_none() && self.matchers.iter().all(|m| m.accepts(""))
    }

    /// The matchers, without the metric's name.
    pub fn matchers(&self) -> &[Matcher] {
        &self.matchers
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_deref().unwrap_or_default())?;
        if !self.matchers.is_empty() {
            let matchers: Vec<_> = self.matchers.iter().map(ToString::to_string).collect();
            write!(f, "{{{}}}", matchers.join(","))?;
        }
        Ok(())
    }
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareOp {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// A selector, optionally compared with a number.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What is compared.
    pub selector: Selector,
    /// With what.
    pub compare: Option<(CompareOp, f64)>,
}

impl Comparison {
    /// Read a selector that may be compared with a number.
    pub fn parse(text: &str) -> Result<Self, Error> {
        parse::comparison(text)
    }

    /// Whether the comparison is true of a value; without one every value will do.
    pub fn is_true_of(&self, value: f64) -> bool {
        self.compare.is_none_or(|(op, number)| match op {
            // Prometheus compares doubles exactly, and so do we.
            CompareOp::Equal => value
                .partial_cmp(&number)
                .is_some_and(std::cmp::Ordering::is_eq),
            CompareOp::NotEqual => !value
                .partial_cmp(&number)
                .is_some_and(std::cmp::Ordering::is_eq),
            CompareOp::Less => value < number,
            CompareOp::LessOrEqual => value <= number,
            CompareOp::Greater => value > number,
            CompareOp::GreaterOrEqual => value >= number,
        })
    }

    /// The same comparison with variables replaced in label values.
    pub fn substitute(&self, variables: &[(&str, &str)]) -> Result<Self, Error> {
        Ok(Self {
            selector: self.selector.substitute(variables)?,
            compare: self.compare,
        })
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.selector)?;
        let Some((op, number)) = self.compare else {
            return Ok(());
        };
        let op = match op {
            CompareOp::Equal => "==",
            CompareOp::NotEqual => "!=",
            CompareOp::Less => "<",
            CompareOp::LessOrEqual => "<=",
            CompareOp::Greater => ">",
            CompareOp::GreaterOrEqual => ">=",
        };
        write!(f, " {op} {}", print_value(number))
    }
}
