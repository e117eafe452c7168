//! Whatever happens, in whatever order, and whatever of it goes wrong half-way: one sweep later the
//! records are what OpenVidu has, and nobody who is in a call and on record was thrown out.
//!
//! On the functions' own adapters. A sequence that goes wrong is made shorter and kept in
//! `proptest-regressions`, to be tried first from then on; `PROPTEST_CASES` says how many are tried.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod faulty;
#[path = "../support/postbox.rs"]
mod postbox;
#[path = "../support/servers.rs"]
mod servers;
#[path = "../support/socket.rs"]
mod socket;
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

/// Takes the steps, then sweeps: what is on record, and what at the video server.
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
