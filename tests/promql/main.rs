//! The PromQL engine beside Prometheus: our own scripts in Prometheus' test language, and, for `make conformance`, Prometheus' corpus
//! and generated queries asked of Prometheus' own engine.

mod corpus;
mod differential;
mod document;
mod generated;
mod pieces;
mod promqltest;
#[path = "../dashboards/queries.rs"]
#[expect(dead_code, reason = "only the expressions are asked for")]
mod queries;
mod rules;
mod runner;
mod scripts;
mod written;

use std::path::PathBuf;

/// What `make conformance` says by this variable.
fn told(variable: &str) -> PathBuf {
    let told = std::env::var_os(variable);
    PathBuf::from(told.unwrap_or_else(|| panic!("{variable} is not set; run make conformance")))
}
