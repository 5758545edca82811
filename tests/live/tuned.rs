//! The real lab whose Connect settings meet the objective.

use mirrorwatch_lab::Profile;

use crate::site::Turn;

/// The lab of all tests of this kind. Its watcher notes the arrivals of the canary.
pub(crate) fn tuned() -> Turn {
    Turn::on("tuned", |config| {
        config.profile = Profile::Tuned;
        config.alerts = true;
        config.watch = vec!["source.test-mirrorwatch-canary".to_owned()];
    })
}
