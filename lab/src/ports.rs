//! Ports of a lab: a block of neighbours below the range from which the system gives out ports, held by a lock file for as long as the lab
//! lives, so that two labs that start at once, or a worker that is down, lose no port to each other.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;

use rustix::fs::{FlockOperation, flock};

const FIRST: u16 = 20_000;
const BLOCK: u16 = 64;
const BLOCKS: u16 = 180;

/// No block of ports can be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The lock file cannot be made.
    #[error("cannot make the lock file {path}")]
    Lock {
        /// Its path.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// More ports than a block has.
    #[error("{0} ports are needed, a lab may have {BLOCK}: ask for fewer workers or brokers")]
    TooMany(usize),
    /// All blocks are taken.
    #[error("no free ports between {FIRST} and {}", FIRST + BLOCK * BLOCKS)]
    NoneFree,
}

/// A block of ports, given out one by one; free for others again when dropped.
#[derive(Debug)]
pub struct Ports {
    block: u16,
    next: u16,
    _lock: File,
}

impl Ports {
    /// Takes a block in which `needed` ports are free; `seed` spreads labs over the blocks.
    pub fn take(needed: usize, seed: u32) -> Result<Self, Error> {
        if needed > usize::from(BLOCK) {
            return Err(Error::TooMany(needed));
        }
        let start = u16::try_from(seed % u32::from(BLOCKS)).unwrap_or(0);
        for step in 0..BLOCKS {
            let block = (start + step) % BLOCKS;
            let base = base(block);
            if let Some(lock) = hold(block)?
                && all_free(base)
            {
                return Ok(Self {
                    block,
                    next: base,
                    _lock: lock,
                });
            }
        }
        Err(Error::NoneFree)
    }

    /// The number of the block.
    pub(crate) fn block(&self) -> u16 {
        self.block
    }

    /// The next port of the block.
    pub fn next(&mut self) -> u16 {
        self.next += 1;
        self.next - 1
    }
}

fn base(block: u16) -> u16 {
    FIRST + block % BLOCKS * BLOCK
}

/// Holds a block as long as the file lives; none if a lab that lives holds it.
pub(crate) fn hold(block: u16) -> Result<Option<File>, Error> {
    let base = base(block);
    let folder = std::env::temp_dir().join(format!(
        "mirrorwatch-lab-{}",
        rustix::process::getuid().as_raw()
    ));
    let path = folder.join(format!("ports-{base}.lock"));
    let file = std::fs::create_dir_all(&folder)
        .and_then(|()| {
            File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)
        })
        .map_err(|source| Error::Lock { path, source })?;
    Ok(flock(&file, FlockOperation::NonBlockingLockExclusive)
        .is_ok()
        .then_some(file))
}

fn all_free(base: u16) -> bool {
    (base..base + BLOCK).all(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_labs_with_the_same_seed_get_different_ports() {
        let mut one = Ports::take(20, 7).unwrap();
        let mut two = Ports::take(20, 7).unwrap();
        let first: Vec<u16> = (0..20).map(|_| one.next()).collect();
        let second: Vec<u16> = (0..20).map(|_| two.next()).collect();
        assert!(first.iter().all(|port| !second.contains(port)));
    }

    #[test]
    fn more_ports_than_a_block_has_are_refused() {
        assert!(matches!(Ports::take(65, 0), Err(Error::TooMany(65))));
    }
}
