//! Prometheus' rules: its rule files are read, and replayed over samples as a server would have evaluated them, so that it is known when an alert
//! would have fired.
//!
//! Semantics are those of Prometheus 3.16 (`rules/group.go`, `rules/alerting.go`, `rules/recording.go`, `template/template.go`). When a server
//! evaluates a group within its interval depends on the server: here it is at whole multiples of the interval from the beginning of the replay.

mod alerts;
mod file;
mod needs;
mod replay;
mod shipped;
mod template;
mod written;

pub use alerts::State;
pub use file::{Group, Rule, RuleFile};
pub use needs::Needs;
pub use replay::{Problem, Replay, Transition};
pub use shipped::shipped;
pub use written::Written;
