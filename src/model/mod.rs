//! The words of the domain, without I/O and without Prometheus.

pub mod canary;
pub mod connect;
pub mod flow;
pub mod group;
pub mod jmx;
pub mod snapshot;
pub mod text;
pub mod time;
