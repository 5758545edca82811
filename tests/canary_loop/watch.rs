//! What is seen of a running canary.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use mirrorwatch::canary::Handle;
use mirrorwatch::clock;
use mirrorwatch::model::canary::{BlindView, CanaryView, PartitionView};

fn latest(handle: &Handle) -> Option<Arc<CanaryView>> {
    handle.view().borrow().clone()
}

/// Wait until the view is as wanted.
#[track_caller]
pub(crate) fn wait_for(handle: &Handle, wanted: impl Fn(&CanaryView) -> bool) -> Arc<CanaryView> {
    let deadline = clock::monotonic() + Duration::from_mins(1);
    while clock::monotonic() < deadline {
        if let Some(view) = latest(handle).filter(|view| wanted(view)) {
            return view;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("the view never came to be as wanted: {:#?}", latest(handle));
}

#[track_caller]
pub(crate) fn stop(handle: Handle) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime starts");
    assert!(
        runtime.block_on(handle.stop(Duration::from_secs(10))),
        "all threads end"
    );
}

/// Ten records have arrived on each of three partitions.
pub(crate) fn all_flow(view: &CanaryView) -> bool {
    let flows = |p: &PartitionView| p.received >= 10;
    view.partitions.len() == 3 && view.partitions.iter().all(flows)
}

/// All that was sent has become something.
pub(crate) fn is_settled(view: &CanaryView) -> bool {
    view.partitions
        .iter()
        .all(|p| p.overtaken == 0 && p.undelivered <= 3)
}

/// Whether a blind span is open.
pub(crate) fn is_blind(side: &BlindView) -> bool {
    side.spans.iter().any(|(_, _, end)| end.is_none())
}
