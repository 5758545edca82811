//! The evaluator proper: scenario, inventory, events and samples in, a judgement out. Pure: no clock, no I/O.

mod blank;
mod checks;
pub mod clocks;
mod coverage;
pub mod events;
mod expected;
mod exposure;
mod findings;
pub mod inventory;
pub mod judge;
pub mod judgement;
mod ledger;
mod measures;
mod pages;
mod phases;
pub mod plan;
pub mod read;
mod recovery_time;
pub mod remark;
pub mod scenario;
mod scrapes;
pub mod shipped;
mod sight;
pub mod site;
mod spans;
mod verdict;
pub mod zero;
