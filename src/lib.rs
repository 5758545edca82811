//! mirrorwatch watches Kafka `MirrorMaker` 2 running on Kafka Connect, and judges its resilience tests.
//!
//! # Source map
//!
//! | module | what it is |
//! |---|---|
//! | [`answer`] | an answer of the PromQL engine as a table, sparklines, CSV or JSON |
//! | [`audit`] | compares what stands in a source topic with what stands in its remote topic |
//! | [`canary`] | records through one flow, and the ledger of what became of them |
//! | [`cli`] | the command line |
//! | [`clock`] | the one place where clocks are read |
//! | [`commands`] | what each subcommand does; wires everything together |
//! | [`config`] | the configuration of `serve`: one strict YAML file |
//! | [`connect`] | Kafka Connect's REST API |
//! | [`drill`] | runs a test's steps, stamps its events, undoes what it did |
//! | [`exposition`] | a snapshot as a page for Prometheus; the catalogue of all metrics |
//! | [`fetch`] | one HTTP request with its limits |
//! | [`http`] | the server: the metrics, `/-/healthy`, `/-/ready`, `/-/reload`, and the landing page `/` |
//! | [`jolokia`] | JMX over HTTP |
//! | [`kafka`] | what is asked of the clusters: the Connect group, where logs begin and end |
//! | [`logging`] | log lines on stderr |
//! | [`model`] | the words of the domain: times, flows, what a poll yielded; no I/O, no Prometheus |
//! | [`normalise`] | what follows from several readings together: totals over task moves, lags, gaps, what tasks and flows really do; pure |
//! | [`poll`] | each endpoint on its own clock, into one snapshot |
//! | [`promql`] | samples, series, and an engine that gives Prometheus' answers |
//! | [`recovery`] | the evaluator proper: scenario, inventory, events and samples in, a judgement out; pure |
//! | [`report`] | the judgement in words, for a terminal or as JSON |
//! | [`rules`] | Prometheus' rule files, replayed over samples: what would have been recorded, and when an alert would have fired |
//! | [`storage`] | recordings and evidence on disk, samples from targets and from a Prometheus server |
//! | [`token`] | by which a Kafka client proves itself under OAUTHBEARER |
//! | [`web`] | who may ask the server: TLS, client certificates, passwords, by the web configuration file of Prometheus' exporters |
//! | [`yaml`] | strict YAML files, with errors that name line, key and remedy |
//!
//! `tests/layers.rs` holds the direction of the dependencies.

pub mod answer;
pub mod audit;
pub mod canary;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod connect;
pub mod drill;
pub mod exposition;
pub mod fetch;
pub mod http;
pub mod jolokia;
pub mod kafka;
pub mod logging;
pub mod model;
pub mod normalise;
pub mod poll;
pub mod promql;
pub mod recovery;
pub mod report;
pub mod rules;
pub mod storage;
pub mod token;
pub mod web;
pub mod yaml;
