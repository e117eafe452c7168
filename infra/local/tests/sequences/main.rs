//! Random sequences of events, in any order and with failures in the middle. After one sweep the
//! records equal what OpenVidu has, and nobody who was in a call and on record was evicted.
//!
//! It runs the functions' own adapters. A failing sequence is shortened and kept in
//! `proptest-regressions`; later runs try it first. `PROPTEST_CASES` sets the number of sequences.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod faulty;
mod step;
mod world;

use proptest::collection::vec;
use proptest::prelude::*;
use tokio::runtime::Runtime;

use crate::step::{Step, step};
use crate::world::{Contents, World};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn one_sweep_after_any_sequence_the_records_are_what_openvidu_has(
        steps in vec(step(), 1..40),
    ) {
        let runtime = Runtime::new().unwrap();
        let (on_record, there) = runtime.block_on(play(&steps));
        prop_assert_eq!(on_record, there);
    }
}

/// Takes the steps, then sweeps. Returns what is on record and what the video server has.
async fn play(steps: &[Step]) -> (Contents, Contents) {
    let mut world = World::new().await;
    for step in steps {
        world.take(*step).await;
    }
    let (on_record, connected) = (world.on_record().await, world.in_a_call().await);
    world.sweep().await;
    let still_connected = world.in_a_call().await;
    for id in on_record.values().flatten() {
        let thrown_out = connected.contains(id) && !still_connected.contains(id);
        assert!(!thrown_out, "the sweep has thrown {id:?} out");
    }
    let contents = (world.on_record().await, world.at_the_video_server().await);
    world.end().await;
    contents
}
