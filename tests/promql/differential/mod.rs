//! The differential test: seeded, generated queries over generated series, asked of our engine and of Prometheus' own, which the
//! oracle answers for. A case whose answers differ is shrunk.

pub(crate) mod case;
pub(crate) mod compare;
pub(crate) mod data;
pub(crate) mod expression;
pub(crate) mod functions;
pub(crate) mod made_for;
pub(crate) mod oracle;
pub(crate) mod random;
pub(crate) mod shrink;
pub(crate) mod tree;
pub(crate) mod wire;
