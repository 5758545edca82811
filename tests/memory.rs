//! How much memory it takes to read what a worker answers: a multiple of the answer, and never more than the cap.

mod large;

use large::Naming;
use mirrorwatch::jolokia;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

// One test in this file: what is counted is counted for the whole process.
#[test]
fn an_answer_of_100_000_mbeans_takes_at_most_twice_its_size_besides() {
    for naming in [Naming::Registered, Naming::Canonical] {
        // Each partition has two: MM2's own, and its consumer's.
        let body = large::jolokia(0..50_000, 0, naming);
        let flows = [large::flow()];
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        let view = jolokia::view(&body, &flows).unwrap();
        let besides = MEMORY.peak_usage() - before;
        assert!(view.samples.len() > 700_000, "{}", view.samples.len());
        assert!(
            besides <= 2 * body.len(),
            "{besides} bytes for an answer of {}",
            body.len()
        );
    }
}
