//! Why an evaluation ends without an answer, in Prometheus' words where it has any.

use crate::promql::Labels;

/// Why an expression has no answer on these samples.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum EvalError {
    /// Two elements of the side that must be unique belong to the same match group.
    #[error(
        "found duplicate series for the match group {group} on the {side} hand-side of the operation: [{first}, {second}];many-to-many matching not allowed: matching labels must be unique on one side"
    )]
    ManyToMany {
        /// The labels on which is matched.
        group: Labels,
        /// `left` or `right`.
        side: &'static str,
        /// One of the elements.
        first: Labels,
        /// Another.
        second: Labels,
    },
    /// Many elements match one, and the expression does not say that they may.
    #[error(
        "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
    )]
    ManyToOne,
    /// Grouped matches do not differ in their labels.
    #[error("multiple matches for labels: grouping labels must ensure unique matches")]
    GroupingNotUnique,
    /// Two elements of a result have the same labels.
    #[error("vector cannot contain metrics with the same labelset")]
    DuplicateLabels,
    /// A string that cannot be a label's name.
    #[error("invalid {role}label name{place}: {name}")]
    LabelName {
        /// `destination `, `source ` or nothing.
        role: &'static str,
        /// Where it is written.
        place: &'static str,
        /// The string.
        name: String,
    },
    /// A regular expression that cannot be compiled.
    #[error("invalid regular expression in label_replace(): {0}")]
    Regex(String),
    /// A parameter of an aggregation that is no count.
    #[error("{0}")]
    Parameter(String),
    /// More values in memory at once than allowed.
    #[error("query processing would load too many samples into memory in query execution")]
    TooManySamples,
    /// A range vector or a string has no value at a step.
    #[error("invalid expression type \"{0}\" for range query, must be Scalar or instant Vector")]
    RangeType(&'static str),
    /// A step that leads nowhere.
    #[error("zero or negative query resolution step widths are not accepted")]
    Step,
    /// A time beyond what is evaluated.
    #[error("time out of range")]
    Time,
    /// An operand of another type than was checked: a fault of the engine.
    #[error("an expression is not of the type that was checked")]
    Type,
}
