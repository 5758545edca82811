//! mirrorwatch's lab: the real thing on one machine, with faults and their true times.
//!
//! - [`Lab`] starts, asks, hurts and stops a lab; [`Config`] says what it should be, [`Description`] what it is.
//! - [`truth`] reads what the lab's own load and readers noted.
//! - [`Deed`] is what can be done to a lab beside its workers' processes.
//! - `supervisor` is the process that owns a lab; `render` turns the address book into files and command lines; `load` is the load;
//!   `receiver` hears Alertmanager; `links` are the proxies between workers and brokers; `network` is the namespace of a lab whose packets can be dropped.
//!
//! Nothing here is used by the product, and no code is shared with its canary.

mod clock;
mod config;
mod connect;
mod deed;
mod description;
mod home;
mod kafka;
mod lab;
mod launch;
mod links;
mod load;
mod logs;
mod network;
mod plan;
mod policy;
mod ports;
mod process;
mod profile;
mod receiver;
mod render;
mod secure;
mod supervisor;
pub mod truth;

pub use config::{Config, LinkKind, Load};
pub use connect::{Connector, Task};
pub use deed::{Deed, Outcome};
pub use description::{Broker, Cluster, Description, Prometheus, Worker};
pub use home::Home;
pub use lab::{Error, Lab};
pub use load::run as run_load;
pub use policy::{Policy, PolicyKind};
pub use profile::Profile;
pub use receiver::run as run_receiver;
pub use secure::Secure;
pub use supervisor::{Action, Fault, Hurt, Process, Stamp, Status, supervise};
