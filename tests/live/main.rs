//! Live tests: real labs, the real exporter, the real command line. They run one at a time, because drills on the same workers would
//! judge each other's faults; tests of one lab follow each other, because the runner takes them in the order of their names: modules are named so.

mod alarms;
mod audit;
mod boards;
mod document;
mod doubt;
mod drills;
mod drills_of_the_plan;
mod duo;
mod erased;
mod evidence;
mod fault_table;
mod hop;
mod labs;
mod ledger;
mod secure;

mod site;
mod slow;
mod soak;
mod standing;
mod truth;
mod tuned;
mod tutorial;
mod victoria;
mod ways;
