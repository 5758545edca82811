//! No false loss: what the page counts as lost is what is missing at the target, and nothing was called lost that came after all.

use super::Ruling;

/// Records of the canary, all partitions together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Losses {
    /// What the page counts as lost.
    pub(crate) told: u64,
    /// And of these, what came after all.
    pub(crate) told_and_came: u64,
    /// What stands at the source and not at the target, by a reader of its own.
    pub(crate) missing: u64,
    /// Runs of the ledger that pages told of.
    pub(crate) runs: usize,
}

pub(crate) fn no_false_loss(losses: &Losses) -> Ruling {
    let mut wrong = Vec::new();
    if losses.runs != 1 {
        wrong.push(format!("{} runs of the ledger, not one", losses.runs));
    }
    if losses.told_and_came > 0 {
        let came = losses.told_and_came;
        wrong.push(format!("{came} were told lost and came after all"));
    }
    if losses.told - losses.told_and_came != losses.missing {
        let (told, missing) = (losses.told, losses.missing);
        wrong.push(format!("{told} told lost, {missing} missing"));
    }
    Ruling::unless(
        &wrong,
        format!("{} told lost, {} missing", losses.told, losses.missing),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ruling(told: u64, told_and_came: u64, missing: u64, runs: usize) -> Ruling {
        no_false_loss(&Losses {
            told,
            told_and_came,
            missing,
            runs,
        })
    }

    #[test]
    fn what_is_missing_may_be_told_lost() {
        assert!(!ruling(0, 0, 0, 1).is_broken());
        assert!(!ruling(25, 0, 25, 1).is_broken());
    }

    #[test]
    fn a_loss_that_is_none_and_one_that_is_not_told_are_wrong() {
        assert!(ruling(1, 0, 0, 1).is_broken());
        assert!(ruling(1, 1, 0, 1).is_broken());
        assert!(ruling(0, 0, 1, 1).is_broken());
    }

    #[test]
    fn a_ledger_that_begins_anew_tells_no_loss_of_before() {
        assert!(ruling(0, 0, 0, 2).is_broken());
    }
}
