//! The measures a second time, from definitions.md and from what truly was: naive lists of records, of what Connect did and of scrapes.
//! Nothing here reads a sample or calls the product, so that a mistake would have to be made twice.

pub mod canary;
pub mod catch_up;
pub mod grids;
pub mod sampled;
pub mod scrapes;

/// From at least to at most; `None` = no end.
pub type Bounds = (i64, Option<i64>);
