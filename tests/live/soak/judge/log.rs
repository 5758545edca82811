//! The log stays short: a fault is told in no more lines than it has seconds, beside one for each who has it to tell when it begins and one when it
//! ends; and where there is none little is said.

use super::Ruling;
use crate::soak::logged::Logged;

/// A minute without a fault may have so many lines.
const CALM: f64 = 1.0;

/// What was logged in some time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said {
    pub(crate) during: &'static str,
    pub(crate) seconds: f64,
    pub(crate) logged: Logged,
}

impl Said {
    fn allowed(&self) -> f64 {
        self.seconds + 2.0 * self.logged.tellers
    }

    fn is_long(&self) -> bool {
        self.logged.lines > self.allowed()
    }
}

/// Of each fault, and of the whole run.
pub(crate) fn log_is_short(faults: &[Said], whole: Said) -> Ruling {
    let long = faults.iter().filter(|fault| fault.is_long());
    let mut wrong: Vec<String> = long.map(told).collect();
    let of = |part: fn(&Said) -> f64| part(&whole) - faults.iter().map(part).sum::<f64>();
    let (seconds, lines) = (of(|said| said.seconds), of(|said| said.logged.lines));
    if lines > (seconds / 60.0 * CALM).ceil() {
        wrong.push(format!("{lines} lines in {seconds:.0} s without a fault"));
    }
    let parts = faults.iter().map(|one| one.logged.lines / one.allowed());
    Ruling::unless(
        &wrong,
        format!(
            "{} lines, at most {:.2} of what a fault is allowed, {lines} without one",
            whole.logged.lines,
            parts.fold(0.0, f64::max)
        ),
    )
}

fn told(said: &Said) -> String {
    let Logged { lines, tellers } = said.logged;
    let (during, seconds) = (said.during, said.seconds);
    format!("{during}: {lines} lines by {tellers} in {seconds:.0} s")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(seconds: f64, lines: f64, tellers: f64) -> Said {
        Said {
            during: "a fault",
            seconds,
            logged: Logged { lines, tellers },
        }
    }

    #[test]
    fn a_line_for_each_second_and_two_for_each_teller_are_short() {
        let faults = [said(30.0, 34.0, 2.0), said(10.0, 0.0, 0.0)];
        let ruling = log_is_short(&faults, said(600.0, 35.0, 2.0));
        assert!(matches!(ruling, Ruling::Held(_)), "{ruling:?}");
    }

    #[test]
    fn a_fault_that_fills_the_log_is_found() {
        let faults = [said(30.0, 35.0, 2.0), said(100.0, 0.0, 0.0)];
        assert!(log_is_short(&faults, said(600.0, 35.0, 2.0)).is_broken());
    }

    #[test]
    fn a_log_that_is_filled_without_a_fault_is_found() {
        let faults = [said(30.0, 10.0, 1.0)];
        assert!(log_is_short(&faults, said(630.0, 21.0, 1.0)).is_broken());
        assert!(!log_is_short(&faults, said(630.0, 20.0, 1.0)).is_broken());
    }
}
