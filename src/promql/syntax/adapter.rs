//! From promql-parser's tree to ours. What is parsed but not evaluated is refused here, by name.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::vec::IntoIter;

use promql_parser::parser::{
    AggregateExpr, AtModifier, BinModifier, BinaryExpr, Call, Expr as Theirs, LabelModifier,
    Offset, SubqueryExpr, VectorMatchCardinality, VectorSelector as TheirSelector,
};

use regex::Regex;

use crate::promql::functions;
use crate::promql::{Millis, go_regex, parse};

use super::expr::{
    Aggregate, At, Binary, Cardinality, Expr, Grouping, Matching, Shift, Subquery, VectorSelector,
};
use super::places::Site;
use super::{expr, operators, text, types};

/// Deepest tree that is evaluated.
const MAX_DEPTH: usize = 200;
/// Farthest time after `@`, in milliseconds: 285,000 years, so that no sum of times overflows.
const MAX_TIME: Millis = 1 << 53;

/// Why a tree is not translated.
pub(super) enum Problem {
    Syntax(String),
    Unsupported(String),
    TooDeep,
    Regex(crate::promql::Error),
}

impl From<String> for Problem {
    fn from(message: String) -> Self {
        Self::Syntax(message)
    }
}

fn unsupported<T>(what: impl Into<String>) -> Result<T, Problem> {
    Err(Problem::Unsupported(what.into()))
}

/// Translates a tree in the order of the text.
pub(super) struct Adapter {
    /// Where the calls stand that are still to come.
    sites: IntoIter<Site>,
}

impl Adapter {
    pub(super) fn new(sites: Vec<Site>) -> Self {
        Self {
            sites: sites.into_iter(),
        }
    }

    fn site(&mut self) -> Site {
        self.sites.next().unwrap_or_else(Site::unknown)
    }

    /// Translate and check.
    pub(super) fn translate(&mut self, expr: &Theirs, depth: usize) -> Result<Expr, Problem> {
        if depth > MAX_DEPTH {
            return Err(Problem::TooDeep);
        }
        match expr {
            Theirs::Paren(paren) => self.translate(&paren.expr, depth + 1),
            Theirs::NumberLiteral(number) => Ok(Expr::Number(number.val)),
            Theirs::StringLiteral(text) => Ok(Expr::Text(text.val.clone())),
            Theirs::VectorSelector(vector) => Ok(Expr::Vector(selector(vector)?)),
            Theirs::MatrixSelector(matrix) => {
                Ok(Expr::Range(selector(&matrix.vs)?, millis(matrix.range)?))
            }
            Theirs::Subquery(subquery) => self.subquery(subquery, depth),
            Theirs::Unary(unary) => {
                let inner = self.translate(&unary.expr, depth + 1)?;
                types::check_negation(&inner)?;
                Ok(Expr::Negate(Box::new(inner)))
            }
            Theirs::Binary(binary) => self.binary(binary, depth),
            Theirs::Aggregate(aggregate) => self.aggregate(aggregate, depth),
            Theirs::Call(call) => self.call(call, depth),
            Theirs::Extension(_) => unsupported("an extension of the parser"),
        }
    }

    fn subquery(&mut self, theirs: &SubqueryExpr, depth: usize) -> Result<Expr, Problem> {
        let inner = self.translate(&theirs.expr, depth + 1)?;
        types::check_subquery(&inner)?;
        Ok(Expr::Subquery(Box::new(Subquery {
            inner,
            range: millis(theirs.range)?,
            step: theirs.step.map(millis).transpose()?.filter(|ms| *ms > 0),
            shift: shift(theirs.offset.as_ref(), theirs.at.as_ref())?,
        })))
    }

    fn call(&mut self, theirs: &Call, depth: usize) -> Result<Expr, Problem> {
        let name = theirs.func.name;
        let Some(function) = functions::signature(name) else {
            let reason = functions::refused(name).unwrap_or("not evaluated here");
            return unsupported(format!("function `{name}` ({reason})"));
        };
        let site = self.site();
        let arguments = theirs.args.args.iter();
        let arguments: Vec<_> = arguments
            .map(|argument| self.translate(argument, depth + 1))
            .collect::<Result<_, _>>()?;
        types::check_call(function, &arguments)?;
        // There `offset` moves what is loaded, and not the time that is looked at: what comes of it depends on the storage.
        if let ("timestamp", [Expr::Vector(vector)]) = (name, arguments.as_slice())
            && vector.shift.at.is_some()
            && vector.shift.offset != 0
        {
            return unsupported("`timestamp` of a selector with both `@` and `offset`");
        }
        Ok(Expr::Call(expr::Call {
            function,
            pattern: pattern(name, &arguments),
            arguments,
            site,
        }))
    }

    fn aggregate(&mut self, theirs: &AggregateExpr, depth: usize) -> Result<Expr, Problem> {
        let Some(op) = operators::aggregate(theirs.op.id()) else {
            return unsupported(format!("aggregation `{}` (experimental)", theirs.op));
        };
        let site = self.site();
        let parameter = theirs.param.as_ref();
        let parameter = parameter
            .map(|p| self.translate(p, depth + 1))
            .transpose()?;
        let aggregate = Aggregate {
            op,
            inner: self.translate(&theirs.expr, depth + 1)?,
            parameter,
            grouping: match &theirs.modifier {
                None => Grouping::By(Vec::new()),
                Some(LabelModifier::Include(labels)) => Grouping::By(labels.labels.clone()),
                Some(LabelModifier::Exclude(labels)) => Grouping::Without(labels.labels.clone()),
            },
            site,
        };
        types::check_aggregate(&aggregate)?;
        Ok(Expr::Aggregate(Box::new(aggregate)))
    }

    fn binary(&mut self, theirs: &BinaryExpr, depth: usize) -> Result<Expr, Problem> {
        let Some(op) = operators::binary(theirs.op.id()) else {
            return unsupported(format!("operator `{}`", theirs.op));
        };
        let modifier = theirs.modifier.as_ref();
        let fills = modifier.map(|m| &m.fill_values);
        if fills.is_some_and(|fill| fill.lhs.is_some() || fill.rhs.is_some()) {
            return unsupported("`fill` (experimental)");
        }
        let binary = Binary {
            op,
            left: self.translate(&theirs.lhs, depth + 1)?,
            right: self.translate(&theirs.rhs, depth + 1)?,
            returns_bool: modifier.is_some_and(|m| m.return_bool),
            matching: matching(modifier),
        };
        types::check_binary(&binary)?;
        Ok(Expr::Binary(Box::new(binary)))
    }
}

/// What `label_replace` looks for; one that is none is an error only when it is evaluated.
fn pattern(function: &str, arguments: &[Expr]) -> Option<Arc<Regex>> {
    match (function, arguments) {
        ("label_replace", [.., Expr::Text(pattern)]) => go_regex::compile(pattern).map(Arc::new),
        _ => None,
    }
}

fn selector(theirs: &TheirSelector) -> Result<VectorSelector, Problem> {
    if !theirs.matchers.or_matchers.is_empty() {
        return unsupported("`or` between matchers");
    }
    let selector = parse::selector_of(theirs.name.clone(), &theirs.matchers.matchers);
    let selector = selector.map_err(Problem::Regex)?;
    if selector.is_boundless() {
        return Err(Problem::Syntax(
            "vector selector must contain at least one non-empty matcher".to_owned(),
        ));
    }
    Ok(VectorSelector {
        selector,
        shift: shift(theirs.offset.as_ref(), theirs.at.as_ref())?,
    })
}

fn shift(offset: Option<&Offset>, at: Option<&AtModifier>) -> Result<Shift, Problem> {
    let offset = match offset {
        None => 0,
        Some(Offset::Pos(duration)) => millis(*duration)?,
        Some(Offset::Neg(duration)) => -millis(*duration)?,
    };
    let at = match at {
        None => None,
        Some(AtModifier::Start) => Some(At::Start),
        Some(AtModifier::End) => Some(At::End),
        Some(AtModifier::At(time)) => Some(At::Time(since_epoch(*time)?)),
    };
    Ok(Shift { offset, at })
}

fn since_epoch(time: SystemTime) -> Result<Millis, Problem> {
    let (distance, sign) = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => (after, 1),
        Err(before) => (before.duration(), -1),
    };
    match Millis::try_from(distance.as_millis()) {
        Ok(distance) if distance <= MAX_TIME => Ok(sign * distance),
        _ => Err("timestamp out of bounds for @ modifier".to_owned().into()),
    }
}

fn millis(duration: Duration) -> Result<Millis, Problem> {
    match Millis::try_from(duration.as_millis()) {
        Ok(ms) if duration.as_millis() <= text::MAX_DURATION => Ok(ms),
        _ => Err("duration out of range".to_owned().into()),
    }
}

fn matching(modifier: Option<&BinModifier>) -> Matching {
    let (on, labels) = match modifier.and_then(|m| m.matching.as_ref()) {
        None => (false, Vec::new()),
        Some(LabelModifier::Include(labels)) => (true, labels.labels.clone()),
        Some(LabelModifier::Exclude(labels)) => (false, labels.labels.clone()),
    };
    let cardinality = match modifier.map(|m| &m.card) {
        Some(VectorMatchCardinality::ManyToOne(labels)) => {
            Cardinality::ManyToOne(labels.labels.clone())
        }
        Some(VectorMatchCardinality::OneToMany(labels)) => {
            Cardinality::OneToMany(labels.labels.clone())
        }
        _ => Cardinality::OneToOne,
    };
    Matching {
        on,
        labels,
        cardinality,
    }
}
