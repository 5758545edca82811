use super::{at, load, over};

#[test]
fn steps_are_absolute_multiples_and_start_after_the_left_edge() {
    let data = load(&["a 0 1 2 3 4 5 6 7 8 9"]);
    assert_eq!(
        at("a[30s:10s]", &data, 65),
        ["{__name__=\"a\"} 4@40 5@50 6@60"]
    );
    assert_eq!(
        at("a[30s:10s]", &data, 60),
        ["{__name__=\"a\"} 4@40 5@50 6@60"]
    );
    assert_eq!(at("a[30s:20s]", &data, 65), ["{__name__=\"a\"} 4@40 6@60"]);
    assert_eq!(
        at("a[1m:] offset 20s", &data, 85),
        ["{__name__=\"a\"} 6@60"]
    );
    assert_eq!(at("vector(time())[1s:1s]", &data, -5).len(), 1);
}

#[test]
fn windows_of_a_subquery_move_with_the_steps() {
    let data = load(&["a 0 1 2 3 4"]);
    assert_eq!(
        over("sum_over_time(a[20s:10s])", &data, 40),
        ["{} 0@0 1@10 3@20 5@30 7@40"]
    );
    assert_eq!(
        over("sum_over_time(a[20s:10s] @ 30)", &data, 20),
        ["{} 5@0 5@10 5@20"]
    );
    assert_eq!(
        over(
            "sum_over_time(sum_over_time(a[10s:10s])[20s:10s])",
            &data,
            20
        ),
        ["{} 0@0 1@10 3@20"]
    );
}

#[test]
fn start_and_end_inside_a_subquery_are_those_of_the_whole_query() {
    let data = load(&["a 0 1 2 3 4"]);
    assert_eq!(
        over("sum_over_time((a @ end())[20s:10s])", &data, 30),
        ["{} 6@0 6@10 6@20 6@30"]
    );
}
