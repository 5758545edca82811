//! Every reader of what others write is fed inputs near real ones: none may panic, break its promise or take memory out
//! of proportion. `cargo test` feeds a bounded number and every kept input; `make fuzz` feeds for `FUZZ_SECONDS`.
#![expect(
    clippy::disallowed_methods,
    reason = "a run of a chosen length looks at the clock"
)]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod labels;
mod mutation;
mod prometheus;
mod recordings;
mod records;
mod targets;

use std::cell::Cell;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;
use proptest::test_runner::{Config, TestError, TestRunner};
use targets::{TARGETS, Target};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Only one test counts memory at a time.
static COUNTING: Mutex<()> = Mutex::new(());

/// Inputs for each reader under `cargo test`.
const CASES: u32 = 300;
/// Memory that reading an input may take: a base, and so many bytes for each of the input's.
const MEMORY_OF: (usize, usize) = (4 << 20, 200);
/// More for readers that compile regular expressions, each of which may take 10 MiB, and twice that while it is made.
const REGEX: (&[&str], usize) = (&["expression", "main_config", "selector"], 40 << 20);

#[test]
fn every_kept_input_is_taken_without_a_panic() {
    let _counting = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    for target in TARGETS {
        let kept = kept(target);
        assert!(!kept.is_empty(), "no input is kept for {}", target.name);
        for input in (target.seeds)().into_iter().chain(kept).chain(deep()) {
            within_memory(target, &input);
        }
    }
}

#[test]
fn inputs_near_real_ones_are_taken_without_a_panic() {
    let _counting = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    let seconds = std::env::var("FUZZ_SECONDS")
        .ok()
        .map(|seconds| seconds.parse().unwrap());
    let share = seconds.map(|seconds: u32| {
        Duration::from_secs(seconds.into()) / u32::try_from(TARGETS.len()).unwrap()
    });
    let only = std::env::var("FUZZ_TARGET").ok();
    for target in TARGETS
        .iter()
        .filter(|target| only.as_ref().is_none_or(|only| only == target.name))
    {
        let begun = Instant::now();
        let mut tally = Tally::default();
        loop {
            feed(target, &mut tally);
            if share.is_none_or(|share| begun.elapsed() >= share) {
                break;
            }
        }
        println!(
            "{}: {} inputs in {} s, {} accepted, no panic",
            target.name,
            tally.inputs,
            begun.elapsed().as_secs(),
            tally.accepted
        );
        assert!(
            tally.accepted > 0,
            "{}: no input came through to its end",
            target.name
        );
    }
}

#[derive(Default)]
struct Tally {
    inputs: u64,
    accepted: u64,
}

/// Feed one round of inputs; one that fails is shrunk, kept, and ends the run.
fn feed(target: &Target, tally: &mut Tally) {
    let near = mutation::near(&(target.seeds)(), &kept(target));
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    });
    let (inputs, accepted) = (Cell::new(0), Cell::new(0));
    let outcome = runner.run(&near, |input| {
        inputs.set(inputs.get() + 1);
        accepted.set(accepted.get() + u64::from(within_memory(target, &input)));
        Ok(())
    });
    tally.inputs += inputs.get();
    tally.accepted += accepted.get();
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(reason, input)) => {
            let path = keep(target, &input);
            panic!(
                "{}: {reason}; the input is kept as {}",
                target.name,
                path.display()
            );
        }
        Err(TestError::Abort(reason)) => panic!("{}: {reason}", target.name),
    }
}

/// Feed one input and count the memory that it takes.
fn within_memory(target: &Target, input: &[u8]) -> bool {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let accepted = (target.run)(input);
    let most = MEMORY.peak_usage().saturating_sub(before);
    let ((base, each), (compiling, more)) = (MEMORY_OF, REGEX);
    let more = if compiling.contains(&target.name) {
        more
    } else {
        0
    };
    assert!(
        most <= base + more + each * input.len(),
        "{}: {most} bytes for {}",
        target.name,
        input.len()
    );
    accepted
}

fn folder(target: &Target) -> PathBuf {
    PathBuf::from("tests/fuzz/corpus").join(target.name)
}

fn kept(target: &Target) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = fs::read_dir(folder(target))
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn keep(target: &Target, input: &[u8]) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    input.hash(&mut hasher);
    let path = folder(target).join(format!("found-{:016x}", hasher.finish()));
    fs::write(&path, input).unwrap();
    path
}

/// Nesting a million deep, too large to be kept as files.
fn deep() -> [Vec<u8>; 4] {
    ["[", "{\"a\":", "(", "[{\"value\":"].map(|piece| piece.repeat(1_000_000).into_bytes())
}
