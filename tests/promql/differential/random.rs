//! Pseudo-random numbers that a seed repeats on every machine: `SplitMix64` (Steele, Lea, Flood 2014).

/// A stream of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The stream of a seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below a limit; 0 if the limit is 0.
    pub(crate) fn below(&mut self, limit: u32) -> u32 {
        // The product's upper half is below the limit.
        let scaled = ((self.next() >> 32) * u64::from(limit)) >> 32;
        u32::try_from(scaled).unwrap_or(0)
    }

    /// True once in this many times.
    pub(crate) fn once_in(&mut self, times: u32) -> bool {
        self.below(times) == 0
    }

    /// One of some.
    pub(crate) fn one_of<'a, T>(&mut self, some: &'a [T]) -> &'a T {
        let len = u32::try_from(some.len()).unwrap_or(u32::MAX);
        &some[self.below(len) as usize]
    }

    /// A fraction from 0 to 1.
    pub(crate) fn fraction(&mut self) -> f64 {
        f64::from(self.below(u32::MAX)) / f64::from(u32::MAX)
    }
}

#[test]
fn a_seed_repeats_and_every_number_comes() {
    let numbers = |seed| {
        let mut random = Random::seeded(seed);
        (0..200).map(|_| random.below(7)).collect::<Vec<_>>()
    };
    assert_eq!(numbers(1), numbers(1));
    assert_ne!(numbers(1), numbers(2));
    assert!((0..7).all(|n| numbers(1).contains(&n)));
    assert_eq!(Random::seeded(1).below(0), 0);
}
