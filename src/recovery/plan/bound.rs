//! Conditions with their variables bound.

use crate::promql::{Comparison, Query, Selector};
use crate::recovery::scenario::Text;

/// A condition with its variables bound.
#[derive(Clone, Debug)]
pub struct Bound {
    /// What it means.
    pub text: Text,
    /// What is looked at.
    pub test: Test,
    /// How many series must match, or elements be there, at least.
    pub series: usize,
    /// Has an element where it is known that the condition does not hold.
    pub witness: Option<Query>,
}

/// What a condition looks at.
#[derive(Clone, Debug)]
pub enum Test {
    /// A selector and its comparison, which must be true of every series.
    Comparison(Comparison),
    /// An expression whose answer has elements where it holds.
    Query(Query),
}

impl Bound {
    /// What is looked at, as PromQL.
    pub fn expr(&self) -> String {
        match &self.test {
            Test::Comparison(comparison) => comparison.to_string(),
            Test::Query(query) => query.text().to_owned(),
        }
    }

    /// The queries that are asked for it.
    pub fn queries(&self) -> impl Iterator<Item = &Query> {
        let test = match &self.test {
            Test::Query(query) => Some(query),
            Test::Comparison(_) => None,
        };
        test.into_iter().chain(&self.witness)
    }

    /// What has to be fetched for it.
    pub fn selectors(&self) -> Vec<Selector> {
        let compared = match &self.test {
            Test::Comparison(comparison) => Some(comparison.selector.clone()),
            Test::Query(_) => None,
        };
        let asked = self.queries().flat_map(Query::selectors);
        compared
            .into_iter()
            .chain(asked.map(|footprint| footprint.selector))
            .collect()
    }
}
