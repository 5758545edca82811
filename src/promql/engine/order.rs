//! Elements in order of their values, where an instant query's answer has one. NaN is last either way.

use std::cmp::Ordering;

/// Put elements in order of their values; equal ones keep their order.
pub(super) fn sort_by_value<T>(elements: &mut [T], descends: bool, value: impl Fn(&T) -> f64) {
    elements.sort_by(|a, b| {
        let (a, b) = (value(a), value(b));
        match (a.is_nan(), b.is_nan()) {
            (false, false) if descends => b.partial_cmp(&a).unwrap_or(Ordering::Equal),
            (false, false) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
            (a, b) => a.cmp(&b),
        }
    });
}

#[test]
fn undefined_values_are_last_in_both_directions() {
    let mut values = [f64::NAN, 1.0, 3.0, 2.0];
    sort_by_value(&mut values, true, |v| *v);
    assert_eq!(values[..3], [3.0, 2.0, 1.0]);
    sort_by_value(&mut values, false, |v| *v);
    assert_eq!(values[..3], [1.0, 2.0, 3.0]);
    assert!(values[3].is_nan());
}
