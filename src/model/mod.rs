//! The words of the domain, without I/O and without Prometheus.

pub mod address;
pub mod bound;
pub mod canary;
pub mod checkpoint;
pub mod connect;
pub mod filter;
pub mod flow;
pub mod group;
pub mod jmx;
pub mod limits;
pub mod normalised;
pub mod offsets;
pub mod probe;
pub mod replicas;
pub mod snapshot;
pub mod status;
pub mod task;
pub mod text;
pub mod time;
