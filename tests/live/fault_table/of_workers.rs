//! Rows of workers that are killed or frozen.

use mirrorwatch_lab::Action;

use super::expect::series;
use super::movers::{EXPIRED, ITS_SHARE, JOINING, MOVING, REBALANCE, STILL_NAMED};
use super::row::{Act, Row, row};
use super::says::{back, dead, flow, flows_again, states};
use super::signs;

pub(super) fn owner_killed() -> Row {
    row("a worker that owns tasks is killed, and does not lead")
        .with_lag()
        .stage(
            "it is killed",
            Act::Hurt(Action::Kill, "owner"),
            signs::SILENT,
            |scene| {
                let mut page = dead(scene);
                page.push(flow("degraded"));
                page
            },
        )
        .stage(
            "its tasks are withheld",
            Act::Nothing,
            signs::WITHHELD,
            |scene| {
                let mut page = states(&scene.tasks, "withheld");
                page.extend([
                    series("mm2_connect_assignment_withheld", &[]).is(1.0),
                    series("mm2_connect_assignment_withheld_delay_seconds", &[]).is(8.0),
                    series("mm2_connect_group_members", &[]).is(f64::from(scene.workers - 1)),
                ]);
                page
            },
        )
        .moving(&[&EXPIRED, &JOINING])
        .stage(
            "they run elsewhere",
            Act::Nothing,
            signs::ALL_RUN,
            |scene| {
                let mut page = flows_again(scene);
                page.push(series("mm2_connect_assignment_withheld", &[]).is(0.0));
                page
            },
        )
        .moving(&[&STILL_NAMED, &JOINING, &MOVING])
        .stage(
            "the worker is back",
            Act::Victim(Action::Start),
            signs::JOINED,
            back,
        )
        .moving(REBALANCE)
}

pub(super) fn leader_killed() -> Row {
    row("the leader is killed")
        .stage(
            "it is killed",
            Act::Hurt(Action::Kill, "leader"),
            signs::SILENT,
            dead,
        )
        .moving(&[&ITS_SHARE])
        .stage(
            "another one leads, and its tasks run elsewhere at once",
            Act::Nothing,
            signs::ALL_RUN,
            |scene| {
                let mut page = flows_again(scene);
                page.extend([
                    series("mm2_connect_leader_info", &[("worker", &scene.victim)]).gone(),
                    series("mm2_connect_leader_info", &[]).is(1.0),
                    series("mm2_connect_assignment_withheld", &[]).is(0.0),
                    series("mm2_connect_group_members", &[]).is(f64::from(scene.workers - 1)),
                ]);
                page
            },
        )
        .moving(&[&EXPIRED, &JOINING, &MOVING])
        .stage(
            "the worker is back",
            Act::Victim(Action::Start),
            signs::JOINED,
            back,
        )
        .moving(REBALANCE)
}

pub(super) fn idle_killed() -> Row {
    row("a worker without a task of the flow is killed")
        .stage(
            "it is killed",
            Act::Hurt(Action::Kill, "idle"),
            signs::SILENT,
            dead,
        )
        .stage(
            "the group has lost it",
            Act::Nothing,
            signs::GROUP_WITHOUT_IT,
            |scene| {
                vec![
                    series("mm2_connect_group_members", &[]).is(f64::from(scene.workers - 1)),
                    series(
                        "mm2_connect_group_member_info",
                        &[("worker", &scene.victim)],
                    )
                    .gone(),
                    flow("healthy"),
                ]
            },
        )
        .moving(REBALANCE)
        .stage(
            "the worker is back",
            Act::Victim(Action::Start),
            signs::JOINED,
            back,
        )
        .moving(REBALANCE)
}

pub(super) fn owner_frozen() -> Row {
    row("a worker that owns tasks is frozen")
        .stage(
            "it is frozen",
            Act::Hurt(Action::Freeze, "owner"),
            signs::SILENT,
            |scene| {
                let mut page = dead(scene);
                page.push(flow("degraded"));
                page
            },
        )
        .stage(
            "its tasks run elsewhere",
            Act::Nothing,
            signs::ALL_RUN,
            flows_again,
        )
        .moving(REBALANCE)
        .stage("it goes on", Act::Victim(Action::Thaw), signs::JOINED, back)
        .moving(REBALANCE)
}
