//! A newcomer after everybody has left, in whatever way: they can join and leave.

use shared::domain::Role;
use testing::Kind;

use crate::actor::Actor;
use crate::faults::NO_FAULTS;
use crate::moves::Move;
use crate::person;
use crate::state::{Case, Promise};
use crate::world::World;

/// People who come to what others have left behind.
pub(crate) struct Newcomers {
    case: Case,
}

impl Newcomers {
    /// Those who come to a world like this one.
    pub(crate) fn to(world: &World) -> Self {
        // The index is far from those of the others.
        let newcomer = Actor::new(0xf0, "newcomer").does(Role::Publisher, person::visit);
        let promise = Promise::NobodyRefusedNothingLeft;
        let case = Case::new(vec![newcomer], NO_FAULTS, promise);
        let case = match world.video.kind {
            Kind::OpenVidu => case,
            Kind::LiveKit => case.at_livekit(),
        };
        Self { case }
    }

    /// Lets a newcomer join, connect and leave in this world without being disturbed.
    ///
    /// # Errors
    /// What did not work, in words.
    pub(crate) fn check(&self, world: &World) -> Result<(), String> {
        let mut state = self.case.begin(world.clone())?;
        let mut got_in = false;
        while self.case.moves(&state).contains(&Move::Step(0)) {
            let next = self.case.next(&state, Move::Step(0));
            state = next.map_err(|what| format!("then a newcomer comes: {what}"))?;
            // If the newcomer was in the call, their browser is among those that leave.
            got_in |= !self.case.world(&state).leaving.is_empty();
        }
        if got_in {
            Ok(())
        } else {
            Err("then a newcomer comes, and does not get in".to_owned())
        }
    }
}
