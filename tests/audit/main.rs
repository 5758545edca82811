//! The matcher of the audit against a model of it, and a real one between two brokers.

mod history;
mod matcher;
mod random;
