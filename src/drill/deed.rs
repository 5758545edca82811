//! What a step of a drill does.

use std::time::Duration;

use super::call::Call;
use super::configure::Change;
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
