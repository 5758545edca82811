//! What the servers of a lab that runs the shipped alerts say of a drill that lost a worker.

use std::time::Duration;

use mirrorwatch::clock;
use mirrorwatch::model::time::Timestamp;
use mirrorwatch::recovery::judgement::{FiredAlert, Judgement};
use mirrorwatch_lab::Lab;

use super::alarm::Alarm;
use super::bench::{PATIENCE, names, wait};
use super::firing::{Server, millis};
use super::told::Told;

/// Waits until the receiver was told of every worker lost so far that it is back. Alertmanager does not tell again of one that is lost
/// once more before that.
pub(crate) fn the_lost_workers_of_before_are_forgotten(lab: &Lab) {
    let (down, server) = (down(), Server::of(lab));
    let forgotten = wait(PATIENCE, || {
        let mut left = server.stirring()?;
        left.extend(Told::by(lab).open());
        left.retain(|labels| Alarm::of(labels) == down);
        Ok((!left.is_empty()).then(|| format!("it is not forgotten: {}", names(&left))))
    });
    assert_eq!(forgotten, Ok(()));
}

/// The loss of a worker has arrived at the receiver of warnings, and nothing where it does not belong.
pub(crate) fn a_lost_worker_was_told(lab: &Lab, since: Timestamp) {
    let (down, server) = (down(), Server::of(lab));
    let since = since.as_seconds();
    // Should the drill have been quicker than Alertmanager.
    let arrived = wait(Duration::from_mins(1), || {
        let told = Told::by(lab);
        if told.arrived(&down, since).is_some() {
            return Ok(None);
        }
        let (stirring, open) = (names(&server.stirring()?), names(&told.open()));
        Ok(Some(format!(
            "never came: {down}; stirring: {stirring}; told: {open}"
        )))
    });
    assert_eq!(arrived, Ok(()));
    assert_eq!(Told::by(lab).misdirected(since), Vec::<String>::new());
}

/// Judged by the server that runs the shipped alerts: that a worker is down is told when that server itself had it fire.
pub(crate) fn a_lost_worker_is_told_as_stored(lab: &Lab, judgement: &Judgement) {
    let zero = judgement.zero.expect("the fault was issued");
    let alerts = judgement.alerts.as_ref().expect("there are alerts");
    let down = down();
    let is_down = |fired: &&FiredAlert| fired.alert == down.name && fired.severity == down.severity;
    let told = alerts.fired.iter().find(is_down).expect("it fired");
    assert!(told.stored, "{told:?}");
    let (from, now) = (zero.issued.as_seconds(), clock::wall().as_seconds());
    let stored = Server::of(lab).stored(from, now).expect("it answers");
    let stored = stored.iter().filter(|span| Alarm::of(&span.labels) == down);
    let first = stored.map(|span| millis(span.from)).min();
    let after = first.expect("it is stored") * 1_000 - zero.issued.as_micros();
    assert!(
        told.after.lower <= after && told.after.upper.is_some_and(|upper| after <= upper),
        "{after}: {told:?}"
    );
}

fn down() -> Alarm {
    Alarm::short("WorkerDown w")
}
