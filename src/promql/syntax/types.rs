//! Type checks, as Prometheus' parser makes them (3.16, promql/parser/parse.go `checkAST`).

use crate::promql::functions::{ArgType, Signature, ValueType};

use super::expr::{Aggregate, AggregateOp, Binary, BinaryOp, Cardinality, Expr, Type};

impl Type {
    fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Text => "string",
            Self::Vector => "instant vector",
            Self::Matrix => "range vector",
        }
    }
}

/// The type of what a function yields.
pub(super) fn of_result(function: &Signature) -> Type {
    match function.returns {
        ValueType::Scalar => Type::Scalar,
        ValueType::Vector => Type::Vector,
    }
}

fn of_argument(argument: ArgType) -> Type {
    match argument {
        ArgType::Scalar => Type::Scalar,
        ArgType::String => Type::Text,
        ArgType::Vector => Type::Vector,
        ArgType::Matrix => Type::Matrix,
    }
}

fn expect(expected: Type, found: &Expr, place: &str) -> Result<(), String> {
    let found = found.value_type();
    if found == expected {
        return Ok(());
    }
    Err(format!(
        "expected type {} in {place}, got {}",
        expected.name(),
        found.name()
    ))
}

pub(super) fn check_call(function: &Signature, arguments: &[Expr]) -> Result<(), String> {
    let (name, count, types) = (function.name, arguments.len(), function.args);
    let least = types
        .len()
        .saturating_sub(usize::from(function.variadic != 0));
    let most = usize::try_from(function.variadic)
        .ok()
        .map(|more| least + more);
    if function.variadic == 0 && count != least {
        return Err(format!(
            "expected {least} argument(s) in call to \"{name}\", got {count}"
        ));
    }
    if count < least {
        return Err(format!(
            "expected at least {least} argument(s) in call to \"{name}\", got {count}"
        ));
    }
    if let Some(most) = most.filter(|most| count > *most) {
        return Err(format!(
            "expected at most {most} argument(s) in call to \"{name}\", got {count}"
        ));
    }
    let place = format!("call to function \"{name}\"");
    for (i, argument) in arguments.iter().enumerate() {
        if let Some(expected) = types.get(i).or(types.last()) {
            expect(of_argument(*expected), argument, &place)?;
        }
    }
    Ok(())
}

pub(super) fn check_aggregate(aggregate: &Aggregate) -> Result<(), String> {
    expect(Type::Vector, &aggregate.inner, "aggregation expression")?;
    let expected = match aggregate.op {
        AggregateOp::TopK | AggregateOp::BottomK | AggregateOp::Quantile => Type::Scalar,
        AggregateOp::CountValues => Type::Text,
        _ => return Ok(()),
    };
    match &aggregate.parameter {
        Some(parameter) => expect(expected, parameter, "aggregation parameter"),
        None => Err("aggregation without its parameter".to_owned()),
    }
}

pub(super) fn check_negation(inner: &Expr) -> Result<(), String> {
    match inner.value_type() {
        Type::Scalar | Type::Vector => Ok(()),
        other => Err(format!(
            "unary expression only allowed on expressions of type scalar or instant vector, got \"{}\"",
            other.name()
        )),
    }
}

pub(super) fn check_subquery(inner: &Expr) -> Result<(), String> {
    match inner.value_type() {
        Type::Vector => Ok(()),
        other => Err(format!(
            "subquery is only allowed on instant vector, got {} instead",
            other.name()
        )),
    }
}

pub(super) fn check_binary(binary: &Binary) -> Result<(), String> {
    let types = [binary.left.value_type(), binary.right.value_type()];
    if !types
        .iter()
        .all(|t| matches!(t, Type::Scalar | Type::Vector))
    {
        return Err(
            "binary expression must contain only scalar and instant vector types".to_owned(),
        );
    }
    let compares = matches!(binary.op, BinaryOp::Compare(_));
    if binary.returns_bool && !compares {
        return Err("bool modifier can only be used on comparison operators".to_owned());
    }
    if types == [Type::Scalar; 2] && compares && !binary.returns_bool {
        return Err("comparisons between scalars must use BOOL modifier".to_owned());
    }
    check_matching(binary, types == [Type::Vector; 2])
}

fn check_matching(binary: &Binary, of_vectors: bool) -> Result<(), String> {
    let (matching, is_set) = (&binary.matching, matches!(binary.op, BinaryOp::Set(_)));
    if !of_vectors {
        if is_set {
            return Err("set operators are not allowed in a binary scalar expression".to_owned());
        }
        if !matching.labels.is_empty() {
            return Err("vector matching only allowed between instant vectors".to_owned());
        }
        return Ok(());
    }
    match &matching.cardinality {
        Cardinality::OneToOne => Ok(()),
        _ if is_set => Err("no grouping allowed for set operators".to_owned()),
        Cardinality::ManyToOne(labels) | Cardinality::OneToMany(labels) => {
            let mut twice = labels
                .iter()
                .filter(|label| matching.labels.contains(label));
            match twice.next() {
                Some(label) if matching.on => Err(format!(
                    "label \"{label}\" must not occur in ON and GROUP clause at once"
                )),
                _ => Ok(()),
            }
        }
    }
}
