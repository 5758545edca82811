//! What a step of a drill does.

use std::fmt;
use std::time::Duration;

use super::call::Call;
use super::configure::Change;
use crate::model::text::visible;
use crate::recovery::plan::Bound;

/// What a step does.
#[derive(Clone, Debug)]
pub enum Deed {
    /// A command or a call.
    Call(Call),
    /// A change of a connector's configuration, made from what it is at that moment.
    Configure(Change),
    /// A pause.
    Wait(Duration),
    /// Wait until the exporter's page shows this.
    Until(Box<Bound>),
}

/// As a person would do it.
impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(call) => write!(f, "{call}"),
            Self::Configure(change) => {
                let url = change.urls.first().map_or("", String::as_str);
                let set = change
                    .set
                    .iter()
                    .map(|(key, value)| format!("{key} = {value}"));
                let set = set.collect::<Vec<_>>().join(", ");
                write!(
                    f,
                    "PUT {}, as it is but for: {}",
                    visible(url),
                    visible(&set)
                )
            }
            Self::Wait(length) => write!(f, "wait {}", humantime::format_duration(*length)),
            Self::Until(condition) => write!(f, "wait until {}", visible(&condition.expr())),
        }
    }
}
