//! The parser's tokens in our terms; a token without one is not evaluated.

use promql_parser::parser::token::{self, TokenId};

use crate::promql::CompareOp;

use super::expr::{AggregateOp, ArithmeticOp, BinaryOp, SetOp};

pub(super) fn binary(id: TokenId) -> Option<BinaryOp> {
    Some(match id {
        token::T_ADD => BinaryOp::Arithmetic(ArithmeticOp::Add),
        token::T_SUB => BinaryOp::Arithmetic(ArithmeticOp::Subtract),
        token::T_MUL => BinaryOp::Arithmetic(ArithmeticOp::Multiply),
        token::T_DIV => BinaryOp::Arithmetic(ArithmeticOp::Divide),
        token::T_MOD => BinaryOp::Arithmetic(ArithmeticOp::Modulo),
        token::T_POW => BinaryOp::Arithmetic(ArithmeticOp::Power),
        token::T_ATAN2 => BinaryOp::Arithmetic(ArithmeticOp::Atan2),
        token::T_LAND => BinaryOp::Set(SetOp::And),
        token::T_LOR => BinaryOp::Set(SetOp::Or),
        token::T_LUNLESS => BinaryOp::Set(SetOp::Unless),
        _ => return comparison(id).map(BinaryOp::Compare),
    })
}

pub(crate) fn comparison(id: TokenId) -> Option<CompareOp> {
    Some(match id {
        token::T_EQLC => CompareOp::Equal,
        token::T_NEQ => CompareOp::NotEqual,
        token::T_LSS => CompareOp::Less,
        token::T_LTE => CompareOp::LessOrEqual,
        token::T_GTR => CompareOp::Greater,
        token::T_GTE => CompareOp::GreaterOrEqual,
        _ => return None,
    })
}

pub(super) fn aggregate(id: TokenId) -> Option<AggregateOp> {
    Some(match id {
        token::T_SUM => AggregateOp::Sum,
        token::T_AVG => AggregateOp::Avg,
        token::T_MIN => AggregateOp::Min,
        token::T_MAX => AggregateOp::Max,
        token::T_COUNT => AggregateOp::Count,
        token::T_GROUP => AggregateOp::Group,
        token::T_STDDEV => AggregateOp::StdDev,
        token::T_STDVAR => AggregateOp::StdVar,
        token::T_TOPK => AggregateOp::TopK,
        token::T_BOTTOMK => AggregateOp::BottomK,
        token::T_QUANTILE => AggregateOp::Quantile,
        token::T_COUNT_VALUES => AggregateOp::CountValues,
        _ => return None,
    })
}
