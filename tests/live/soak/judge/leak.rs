//! No leak: memory, descriptors and threads of the exporter's longest life stay where they were.

use super::Ruling;
use crate::soak::line::through;
use crate::soak::samples::Sample;

/// Points of seconds and amounts.
type Points = [(f64, f64)];

/// Memory may grow by so many bytes in an hour, and by what the line through it is unsure by.
const LIMIT: f64 = 1e6;
/// Standard errors of the slope that are called noise.
const NOISE: f64 = 2.0;
/// Seconds that the second half of a life has to last, for its slope to be told from noise.
const LEAST_HALF: f64 = 1_800.0;
/// Seconds of a life before anything is compared, seconds that are compared, and seconds between the two at least.
const WARM: f64 = 120.0;
const COMPARED: f64 = 120.0;
const APART: f64 = 240.0;

/// The samples of the life that lasted longest.
pub(crate) fn whole_life(samples: &[Sample]) -> Vec<Sample> {
    let lives = samples.iter().map(|sample| sample.life);
    let of = |life: usize| {
        let all = samples.iter().filter(move |sample| sample.life == life);
        all.copied().collect::<Vec<_>>()
    };
    let longest = lives.max_by_key(|life| of(*life).len());
    longest.map(of).unwrap_or_default()
}

/// The slope of the second half of a life's memory, in bytes per hour.
pub(crate) fn slope(resident: &Points) -> Ruling {
    let half = second_half(resident);
    let length = length(half);
    if length < LEAST_HALF {
        return Ruling::NotJudged(format!(
            "half of its longest life is {length:.0} s, and a slope takes {LEAST_HALF:.0} s"
        ));
    }
    let Some(line) = through(half) else {
        return Ruling::NotJudged("no line goes through its samples".to_owned());
    };
    let (slope, noise) = (line.slope * 3_600.0, line.error * 3_600.0 * NOISE);
    let told = format!(
        "{:+.2} MB/h, noise {:.2} MB/h, over {length:.0} s",
        slope / 1e6,
        noise / 1e6
    );
    if slope <= LIMIT + noise {
        Ruling::Held(told)
    } else {
        Ruling::Broken(told)
    }
}

/// A life's amount at its end against that after its warm-up.
pub(crate) fn flat(points: &Points, margin: f64) -> Ruling {
    let length = length(points);
    let needed = WARM + COMPARED + APART + COMPARED;
    if length < needed {
        return Ruling::NotJudged(format!(
            "its longest life is {length:.0} s, and it takes {needed:.0} s"
        ));
    }
    let (first, last) = (points[0].0 + WARM, points[points.len() - 1].0);
    let warm = median(points, first, first + COMPARED);
    let end = median(points, last - COMPARED, last);
    let told = format!("{warm} after the warm-up, {end} at the end, {margin} more allowed");
    if end <= warm + margin {
        Ruling::Held(told)
    } else {
        Ruling::Broken(told)
    }
}

fn second_half(points: &Points) -> &Points {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return points;
    };
    let middle = f64::midpoint(first.0, last.0);
    let at = points.partition_point(|point| point.0 < middle);
    &points[at..]
}

fn length(points: &Points) -> f64 {
    match (points.first(), points.last()) {
        (Some(first), Some(last)) => last.0 - first.0,
        _ => 0.0,
    }
}

fn median(points: &Points, from: f64, to: f64) -> f64 {
    let within = points.iter().filter(|point| (from..=to).contains(&point.0));
    let mut amounts: Vec<f64> = within.map(|point| point.1).collect();
    amounts.sort_by(f64::total_cmp);
    amounts.get(amounts.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: f64 = 1e6;

    /// A sample every ten seconds for so long.
    fn points(seconds: u32, amount: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        let times = (0..=seconds / 10).map(|step| f64::from(step * 10));
        times.map(|at| (at, amount(at))).collect()
    }

    /// Up and down by one.
    fn sawtooth(at: f64) -> f64 {
        (at / 10.0) % 7.0 / 3.0 - 1.0
    }

    #[test]
    fn memory_that_grows_by_less_than_a_megabyte_in_an_hour_is_flat() {
        let grown = |per_hour: f64| points(7_200, move |at| 50.0 * MB + per_hour * at / 3_600.0);
        assert!(matches!(slope(&grown(0.9 * MB)), Ruling::Held(_)));
        assert!(slope(&grown(1.1 * MB)).is_broken());
    }

    #[test]
    fn what_memory_takes_at_first_does_not_count() {
        let first = points(7_200, |at| {
            50.0 * MB + at.min(3_000.0) * MB / 100.0 + sawtooth(at)
        });
        assert!(matches!(slope(&first), Ruling::Held(_)));
    }

    #[test]
    fn noise_is_allowed_for_and_hides_no_leak() {
        let noisy = |per_hour: f64| {
            points(7_200, move |at| {
                50.0 * MB + per_hour * at / 3_600.0 + 2.0 * MB * sawtooth(at)
            })
        };
        assert!(matches!(slope(&noisy(0.0)), Ruling::Held(_)));
        assert!(slope(&noisy(3.0 * MB)).is_broken());
    }

    #[test]
    fn a_life_that_is_too_short_is_not_judged() {
        let short = points(1_000, |_| 50.0 * MB);
        assert!(matches!(slope(&short), Ruling::NotJudged(_)));
        assert!(matches!(slope(&[]), Ruling::NotJudged(_)));
        assert!(matches!(
            flat(&points(500, |_| 9.0), 2.0),
            Ruling::NotJudged(_)
        ));
    }

    #[test]
    fn descriptors_that_come_and_go_are_flat_and_those_that_stay_are_not() {
        let bump = |at: f64| {
            if (300.0..400.0).contains(&at) {
                40.0
            } else {
                0.0
            }
        };
        let gone = points(1_000, |at| 30.0 + bump(at));
        assert!(matches!(flat(&gone, 8.0), Ruling::Held(_)));
        let kept = points(1_000, |at| if at > 500.0 { 40.0 } else { 30.0 });
        assert!(flat(&kept, 8.0).is_broken());
    }

    #[test]
    fn the_longest_life_is_judged() {
        let sample = |at: f64, life| Sample {
            at,
            life,
            resident: 1.0,
            descriptors: 1.0,
            threads: 1.0,
            lines: 0.0,
            load: 0.0,
        };
        let all = [
            sample(0.0, 0),
            sample(1.0, 1),
            sample(2.0, 1),
            sample(3.0, 2),
        ];
        let life = whole_life(&all);
        assert!(life.len() == 2 && life.iter().all(|one| one.life == 1));
        assert!(whole_life(&[]).is_empty());
    }
}
