//! The log stays short: a fault is told in no more lines than it has seconds, and where there is none little is said.

use super::Ruling;

/// A minute without a fault may have so many lines.
const CALM: f64 = 1.0;

/// Seconds and lines of each fault with its name, and of the whole run.
pub(crate) fn log_is_short(faults: &[(&str, f64, f64)], whole: (f64, f64)) -> Ruling {
    let long = faults.iter().filter(|(_, seconds, lines)| lines > seconds);
    let mut wrong: Vec<String> = long
        .map(|(name, seconds, lines)| format!("{name}: {lines} lines in {seconds:.0} s"))
        .collect();
    let of = |part: fn(&(&str, f64, f64)) -> f64| faults.iter().map(part).sum::<f64>();
    let (seconds, lines) = (whole.0 - of(|fault| fault.1), whole.1 - of(|fault| fault.2));
    if lines > (seconds / 60.0 * CALM).ceil() {
        wrong.push(format!("{lines} lines in {seconds:.0} s without a fault"));
    }
    let most = faults
        .iter()
        .map(|(_, seconds, lines)| lines / seconds)
        .fold(0.0, f64::max);
    Ruling::unless(
        &wrong,
        format!(
            "{} lines, at most {most:.2} in a second of a fault, {lines} without one",
            whole.1
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_each_second_of_a_fault_is_short() {
        let faults = [("one", 30.0, 30.0), ("other", 10.0, 0.0)];
        let ruling = log_is_short(&faults, (600.0, 31.0));
        assert!(matches!(ruling, Ruling::Held(_)), "{ruling:?}");
    }

    #[test]
    fn a_fault_that_fills_the_log_is_found() {
        let faults = [("one", 30.0, 31.0), ("other", 100.0, 0.0)];
        assert!(log_is_short(&faults, (600.0, 31.0)).is_broken());
    }

    #[test]
    fn a_log_that_is_filled_without_a_fault_is_found() {
        let faults = [("one", 30.0, 10.0)];
        assert!(log_is_short(&faults, (630.0, 21.0)).is_broken());
        assert!(!log_is_short(&faults, (630.0, 20.0)).is_broken());
    }
}
