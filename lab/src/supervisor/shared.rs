//! What the supervisor's threads share: the address book, and the state of each process.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::large::LargeRecord;
use super::protocol::Process;
use crate::clock;
use crate::config::Config;
use crate::description::Description;
use crate::links::Links;
use crate::network::Rules;
use crate::process;

/// What the main thread is asked to do, because only it may start processes.
#[derive(Debug)]
pub(super) enum Order {
    /// Start the process of this name again; the answer is its new id.
    Spawn(String, Sender<Result<u32, String>>),
    /// Look at the stop flag.
    Wake,
}

/// What the kernel last said of a process.
#[derive(Clone, Debug)]
pub(super) struct Life {
    pub(super) pid: u32,
    pub(super) address: String,
    /// How it ended; none while it lives.
    pub(super) end: Option<String>,
}

/// Shared by all threads of the supervisor.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) lab: Description,
    /// What the lab was asked to be.
    pub(super) config: Config,
    /// Records that make a task fail, as long as they are there.
    pub(super) large: Mutex<Vec<LargeRecord>>,
    /// The sign of the thread that restarts failed tasks, as long as one shall.
    pub(super) watch: Mutex<Option<Arc<()>>>,
    /// The links between workers and brokers.
    pub(super) links: Links,
    /// The packets that are dropped, in a lab with a network namespace of its own.
    pub(super) rules: Option<Rules>,
    /// Processes in the order of their start.
    order: Mutex<Vec<String>>,
    lives: Mutex<BTreeMap<String, Life>>,
    /// Held while a fault is being done: faults come one after the other.
    pub(super) faults: Mutex<()>,
    stop: AtomicBool,
    orders: Mutex<Sender<Order>>,
}

impl Shared {
    pub(super) fn new(
        lab: Description,
        config: Config,
        links: Links,
        orders: Sender<Order>,
    ) -> Self {
        Self {
            rules: lab.namespace.as_ref().map(|_| Rules::new(&lab)),
            lab,
            config,
            large: Mutex::default(),
            watch: Mutex::default(),
            links,
            order: Mutex::default(),
            lives: Mutex::default(),
            faults: Mutex::default(),
            stop: AtomicBool::new(false),
            orders: Mutex::new(orders),
        }
    }

    /// Notes that a process was started.
    pub(super) fn started(&self, name: &str, pid: u32, address: &str) {
        log(&format!("{name} started with process id {pid}"));
        let mut order = lock(&self.order);
        if !order.iter().any(|known| known == name) {
            order.push(name.to_owned());
        }
        lock(&self.lives).insert(
            name.to_owned(),
            Life {
                pid,
                address: address.to_owned(),
                end: None,
            },
        );
    }

    /// Notes how a process ended.
    pub(super) fn ended(&self, name: &str, end: String) {
        log(&format!("{name} {end}"));
        if let Some(life) = lock(&self.lives).get_mut(name) {
            life.end = Some(end);
        }
    }

    /// Drops a process that has done its work.
    pub(super) fn forget(&self, name: &str) {
        lock(&self.lives).remove(name);
        lock(&self.order).retain(|known| known != name);
    }

    /// The process id, if it lives.
    pub(super) fn pid(&self, name: &str) -> Option<u32> {
        lock(&self.lives)
            .get(name)
            .filter(|life| life.end.is_none())
            .map(|life| life.pid)
    }

    /// The ids of all living processes.
    pub(super) fn pids(&self) -> BTreeMap<String, u32> {
        lock(&self.lives)
            .iter()
            .filter(|(_, life)| life.end.is_none())
            .map(|(name, life)| (name.clone(), life.pid))
            .collect()
    }

    /// All processes as `lab status` shows them.
    pub(super) fn processes(&self) -> Vec<Process> {
        let lives = lock(&self.lives);
        lock(&self.order)
            .iter()
            .filter_map(|name| Some(describe(name, lives.get(name)?)))
            .collect()
    }

    /// Asks everything to stop.
    pub(super) fn request_stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
        self.order(Order::Wake);
    }

    /// Whether everything is asked to stop.
    pub(super) fn stop_requested(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Hands an order to the main thread; one that comes after its end is lost.
    pub(super) fn order(&self, order: Order) {
        let _ = lock(&self.orders).send(order);
    }
}

fn describe(name: &str, life: &Life) -> Process {
    let state = match &life.end {
        Some(end) => end.clone(),
        None if process::is_frozen(life.pid) => "frozen".to_owned(),
        None => "up".to_owned(),
    };
    let resident_kib = if life.end.is_none() {
        process::resident_kib(life.pid).unwrap_or(0)
    } else {
        0
    };
    Process {
        name: name.to_owned(),
        pid: life.pid,
        address: life.address.clone(),
        state,
        resident_kib,
    }
}

/// A line of `logs/supervisor.log`, which is the supervisor's standard error.
fn log(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{} {text}", clock::now_us());
}

/// A thread that panicked while it held a lock leaves values that are still whole.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
