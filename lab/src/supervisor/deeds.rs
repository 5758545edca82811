//! Deeds of all kinds: done one after the other, stamped, and noted in `truth/faults.jsonl`.

use std::sync::Arc;

use rustix::process::Signal;
use serde_json::Value;

use super::fault::Error;
use super::shared::{Shared, lock};
use super::{
    brokers, connectors, failing, large, links, overrun, restarts, rights, topics, traffic,
};
use crate::clock;
use crate::deed::{Deed, Outcome};
use crate::links::Change;
use crate::load::State;
use crate::supervisor::Stamp;

/// What a deed came to, before it has its name.
pub(super) struct Done {
    pub(super) stamp: Stamp,
    pub(super) details: Value,
}

/// Does it and notes it.
pub(super) fn carry_out(shared: &Arc<Shared>, deed: &Deed) -> Result<Outcome, Error> {
    let _one_at_a_time = lock(&shared.faults);
    let Done { stamp, details } = act(shared, deed)?;
    let outcome = Outcome {
        action: deed.name(),
        before_us: stamp.before_us,
        after_us: stamp.after_us,
        details,
    };
    outcome.note(&shared.lab.dir)?;
    Ok(outcome)
}

fn act(shared: &Arc<Shared>, deed: &Deed) -> Result<Done, Error> {
    match deed {
        Deed::StallSource { workers } => links::change(shared, "source", workers, Change::Stall),
        Deed::StallTarget { workers } => links::change(shared, "target", workers, Change::Stall),
        Deed::DropSource { workers } => links::drop_packets(shared, "source", workers),
        Deed::DropTarget { workers } => links::drop_packets(shared, "target", workers),
        Deed::ResetSource { workers } => links::change(shared, "source", workers, Change::Reset),
        Deed::ResetTarget { workers } => links::change(shared, "target", workers, Change::Reset),
        Deed::MendSource { workers } => links::change(shared, "source", workers, Change::Mend),
        Deed::MendTarget { workers } => links::change(shared, "target", workers, Change::Mend),
        Deed::StopBroker { broker } => brokers::end(shared, broker, Signal::TERM),
        Deed::KillBroker { broker } => brokers::end(shared, broker, Signal::KILL),
        Deed::StartBroker { broker } => brokers::start(shared, broker),
        Deed::Overrun { topic } => overrun::overrun(shared, of_load(shared, topic.as_deref())),
        Deed::LargeRecord { topic, partition } => {
            large::write(shared, of_load(shared, topic.as_deref()), *partition)
        }
        Deed::HealLargeRecord => large::heal(shared),
        Deed::DeleteLargeRecord => large::delete(shared),
        Deed::RestartTasks => restarts::by_hand(shared),
        Deed::SuperviseTasks => restarts::supervise(shared),
        Deed::UnsuperviseTasks => restarts::unsupervise(shared),
        Deed::NewTopic { topic } => topics::new(shared, topic),
        Deed::DropTopic { topic } => topics::drop(shared, topic),
        Deed::DenyTopic => rights::deny(shared),
        Deed::AllowTopic => rights::allow(shared),
        Deed::RaiseLoad { rate, size, width } => traffic::raise(shared, *rate, *size, *width),
        Deed::LowerLoad => traffic::lower(shared),
        Deed::DeleteTopic { topic } => topics::delete(shared, topic),
        Deed::CreateTopic { topic, partitions } => topics::create(shared, topic, *partitions),
        Deed::PauseConnector { connector } => connectors::pause(shared, connector),
        Deed::ResumeConnector { connector } => connectors::resume(shared, connector),
        Deed::StopConnector { connector } => connectors::stop(shared, connector),
        Deed::DeleteConnector { connector } => connectors::delete(shared, connector),
        Deed::CreateConnector { connector } => connectors::create(shared, connector),
        Deed::PauseLoad => traffic::turn(shared, State::Paused),
        Deed::ResumeLoad => traffic::turn(shared, State::Flowing),
        Deed::FailTask => failing::fail_task(shared),
        Deed::HealTask => failing::heal_task(shared),
    }
}

fn of_load<'a>(shared: &'a Shared, topic: Option<&'a str>) -> &'a str {
    topic.unwrap_or(&shared.lab.load.topic)
}

/// Does something and stamps it before and after.
pub(super) fn stamped<T, E>(act: impl FnOnce() -> Result<T, E>) -> Result<(Stamp, T), E> {
    let before_us = clock::now_us();
    let done = act()?;
    let after_us = clock::now_us();
    Ok((
        Stamp {
            before_us,
            after_us,
        },
        done,
    ))
}
