//! Parts of a date in UTC, of a value that is seconds since the Unix epoch.

/// Days from 1 March of the year 0 to 1 January 1970.
const TO_1970: i128 = 719_468;
const DAY: i128 = 86_400;
/// Days of 400 years.
const ERA: i128 = 146_097;

/// Seconds as Go's `time.Unix` takes them: whole ones, what is no such number the least of 64 bits, and those from before the year that Go
/// counts from come round at the other end.
#[expect(clippy::cast_possible_truncation, reason = "it is in range")]
fn whole_seconds(value: f64) -> i128 {
    const GO_BEGINS: i128 = -9_223_372_028_741_760_000;
    // 2^63.
    let bound = 9_223_372_036_854_775_808.0;
    let seconds = if value >= -bound && value < bound {
        i128::from(value as i64)
    } else {
        i128::from(i64::MIN)
    };
    if seconds < GO_BEGINS {
        seconds + (1 << 64)
    } else {
        seconds
    }
}

/// A date of the Gregorian calendar.
struct Date {
    year: i128,
    /// From 1.
    month: i128,
    /// From 1.
    day: i128,
    /// Days since the epoch.
    days: i128,
}

impl Date {
    /// Howard Hinnant's `civil_from_days`: years that begin in March end with the day that leaps.
    fn of(value: f64) -> Self {
        let days = whole_seconds(value).div_euclid(DAY);
        let since = days + TO_1970;
        let (era, of_era) = (since.div_euclid(ERA), since.rem_euclid(ERA));
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let month = if from_march < 10 {
            from_march + 3
        } else {
            from_march - 9
        };
        Self {
            year: year_of_era + era * 400 + i128::from(month <= 2),
            month,
            day: of_year - (153 * from_march + 2) / 5 + 1,
            days,
        }
    }

    fn leaps(&self) -> bool {
        self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0)
    }

    fn days_in_month(&self) -> i128 {
        match self.month {
            2 if self.leaps() => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    fn day_of_year(&self) -> i128 {
        let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
        let month = usize::try_from(self.month - 1).unwrap_or_default();
        before[month] + i128::from(self.month > 2 && self.leaps()) + self.day
    }

    /// 0 is Sunday; the epoch was a Thursday.
    fn day_of_week(&self) -> i128 {
        (self.days + 4).rem_euclid(7)
    }
}

pub(super) fn kernel(name: &str) -> Option<fn(f64, &[f64]) -> f64> {
    Some(match name {
        "year" => |value, _| float(Date::of(value).year),
        "month" => |value, _| float(Date::of(value).month),
        "day_of_month" => |value, _| float(Date::of(value).day),
        "day_of_week" => |value, _| float(Date::of(value).day_of_week()),
        "day_of_year" => |value, _| float(Date::of(value).day_of_year()),
        "days_in_month" => |value, _| float(Date::of(value).days_in_month()),
        "hour" => |value, _| float(whole_seconds(value).rem_euclid(DAY) / 3_600),
        "minute" => |value, _| float(whole_seconds(value).rem_euclid(3_600) / 60),
        _ => return None,
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "years of 64 bits of seconds have 12 digits"
)]
fn float(part: i128) -> f64 {
    part as f64
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these results are exact")]
mod tests {
    use super::super::tests::of;

    const NAMES: [&str; 8] = [
        "year",
        "month",
        "day_of_month",
        "day_of_week",
        "day_of_year",
        "days_in_month",
        "hour",
        "minute",
    ];

    fn parts(value: f64) -> [f64; 8] {
        NAMES.map(|name| of(name, value, &[]))
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(parts(0.0), [1970.0, 1.0, 1.0, 4.0, 1.0, 31.0, 0.0, 0.0]);
        assert_eq!(parts(-0.5), [1970.0, 1.0, 1.0, 4.0, 1.0, 31.0, 0.0, 0.0]);
        assert_eq!(
            parts(-1.0),
            [1969.0, 12.0, 31.0, 3.0, 365.0, 31.0, 23.0, 59.0]
        );
        // 29 February and 1 March 2000, and the last minute of 2024.
        assert_eq!(
            parts(951_782_400.0),
            [2000.0, 2.0, 29.0, 2.0, 60.0, 29.0, 0.0, 0.0]
        );
        assert_eq!(
            parts(951_868_800.0),
            [2000.0, 3.0, 1.0, 3.0, 61.0, 31.0, 0.0, 0.0]
        );
        assert_eq!(
            parts(1_735_689_599.0),
            [2024.0, 12.0, 31.0, 2.0, 366.0, 31.0, 23.0, 59.0]
        );
    }

    #[test]
    fn a_century_leaps_only_each_fourth_time() {
        // 28 February 1900 and the day after.
        assert_eq!(of("days_in_month", -2_203_977_600.0, &[]), 28.0);
        assert_eq!(of("month", -2_203_891_200.0, &[]), 3.0);
    }

    #[test]
    fn any_number_has_some_date() {
        let values = [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            1e300,
            -1e300,
            9e18,
            -9e18,
        ];
        for value in values {
            let [_, month, day, weekday, of_year, length, hour, minute] = parts(value);
            assert!((1.0..=12.0).contains(&month), "{value}");
            assert!(1.0 <= day && day <= length && length <= 31.0, "{value}");
            assert!((0.0..=6.0).contains(&weekday) && (1.0..=366.0).contains(&of_year));
            assert!((0.0..24.0).contains(&hour) && (0.0..60.0).contains(&minute));
        }
    }
}
