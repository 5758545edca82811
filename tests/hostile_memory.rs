//! Answers without end and answers that swell: they are cut at the cap, and memory stays within what the caps add up to.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod fault_server;
mod stub;

use std::time::Duration;

use fault_server::FaultServer;
use fault_server::faults::Fault;
use mirrorwatch::model::snapshot::ErrorKind;
use mirrorwatch::model::time::Timestamp;
use mirrorwatch::poll::{Polls, Schedule};
use peak_alloc::PeakAlloc;
use stub::endpoints;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const SCHEDULE: Schedule = Schedule {
    interval: Duration::from_mins(10),
    deadline: Duration::from_mins(5),
    time_to_live: Duration::from_mins(10),
};
/// One answer of 32 MiB, and the half of it that is being copied while it grows.
const ANSWER: usize = 48 << 20;
/// A worker's connectors, task lists, offsets and JMX.
const AT_A_TIME: usize = 4;
/// For all else that runs here.
const BASE: usize = 24 << 20;

#[tokio::test]
async fn endless_and_swelling_answers_are_cut_at_the_cap() {
    let faults = [
        (
            "an endless body",
            Fault::endless("HTTP/1.1 200 OK\r\n\r\n", b" ", 64 << 10),
            ErrorKind::TooLarge,
            true,
        ),
        (
            "endless chunks",
            Fault::endless(
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
                &[&b"10000\r\n"[..], &b" ".repeat(1 << 16), b"\r\n"].concat(),
                1,
            ),
            ErrorKind::TooLarge,
            true,
        ),
        (
            "a gzip bomb of 1 GiB",
            Fault::gzip_bomb(1024),
            ErrorKind::TooLarge,
            true,
        ),
        (
            "headers without end",
            Fault::endless("HTTP/1.1 200 OK\r\n", b"x: y\r\n", 4096),
            ErrorKind::Broken,
            false,
        ),
        (
            "nesting a million deep",
            // What is longer than `/` ever is, is not read that far there.
            Fault::body(|body| match body.len() {
                0..100 => body.to_vec(),
                _ => vec![b'['; 1_000_000],
            }),
            ErrorKind::Malformed,
            false,
        ),
    ];
    for (name, fault, kind, is_large) in faults {
        let server = FaultServer::start(fault).await;
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        let polls = Polls::start(
            endpoints(&[server.port], SCHEDULE.deadline),
            SCHEDULE,
            Timestamp::from_micros(0),
        );
        let mut snapshots = polls.snapshots.clone();
        let snapshot = snapshots
            .wait_for(|snapshot| snapshot.is_complete())
            .await
            .unwrap()
            .clone();
        let most = MEMORY.peak_usage() - before;
        let worker = &snapshot.workers[0];
        for errors in [worker.rest.errors, worker.jolokia.as_ref().unwrap().errors] {
            assert_eq!(errors[kind.index()], 1, "{name}: {errors:?}");
        }
        let limit = BASE + if is_large { AT_A_TIME * ANSWER } else { 0 };
        println!(
            "{name}: {} MiB at most, {} allowed",
            most >> 20,
            limit >> 20
        );
        assert!(most <= limit, "{name}: {most} bytes");
        polls.stop().await;
    }
}
