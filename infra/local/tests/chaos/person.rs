//! One person: joins the call, connects or not, and leaves in one of several ways.

use std::sync::Arc;
use std::time::Duration;

use local_testing::socket::{Socket, ask, disconnect, enter, vanish};
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::json;
use shared::domain::{Role, SessionName, UserName};
use shared::system::{self, JitteredBackoff};
use shared::use_cases::{JoinError, Joined, LeaveError, Participant, Whom, join_call, leave_call};

use crate::world::World;

pub(crate) struct Person {
    world: Arc<World>,
    who: Participant,
}

impl Person {
    pub(crate) fn new(world: Arc<World>, number: u64) -> Self {
        let who = Participant {
            user: UserName::parse(&format!("person{number}")).unwrap(),
            role: Role::Publisher,
            nickname: None,
        };
        Self { world, who }
    }

    /// Joins, and leaves at once.
    pub(crate) async fn visit(&self, rng: &mut StdRng) {
        // Like the page: a token that is dead on arrival is given back, and another one is
        // requested.
        for _ in 0..3 {
            let Some(joined) = self.join(rng).await else {
                return;
            };
            if rng.random_ratio(1, 10) {
                // Never connects. A webhook or a sweep has to find out.
                return self.world.crashed();
            }
            if let Some(mut socket) = enter(joined.connection.token.expose()).await {
                self.world.entered(&joined.session_id);
                tokio::time::sleep(Duration::from_millis(rng.random_range(0..200))).await;
                let pong = ask(&mut socket, 2, "ping", json!({})).await;
                assert!(
                    pong["result"].is_object(),
                    "nobody throws out who is in the call"
                );
                self.world.leaving(&joined.session_id);
                return self.go(&joined, socket, rng).await;
            }
            self.world.was_dead_on_arrival();
            self.leave(&joined).await;
        }
    }

    /// Asks for a token. In one of ten cases the function dies while it handles the request.
    async fn join(&self, rng: &mut StdRng) -> Option<Joined> {
        let world = &self.world;
        let id = |name: &SessionName| system::new_session_id(name, &world.installation);
        let joining = join_call(
            &world.calls,
            &world.video,
            &JitteredBackoff,
            id,
            &self.who,
            &world.call,
            system::now(),
        );
        if rng.random_ratio(1, 10) {
            let dies_after = Duration::from_millis(rng.random_range(0..200));
            if let Ok(joined) = tokio::time::timeout(dies_after, joining).await {
                return joined.ok();
            }
            world.crashed();
            return None;
        }
        match joining.await {
            Ok(joined) => Some(joined),
            Err(JoinError::Busy) => None,
            Err(error) => panic!("{error:?}"),
        }
    }

    async fn go(&self, joined: &Joined, mut socket: Socket, rng: &mut StdRng) {
        match rng.random_range(0..5) {
            // Leaves the video server first, then tells us.
            0 => {
                disconnect(&mut socket).await;
                self.leave(joined).await;
            }
            // Tells us first.
            1 => {
                self.leave(joined).await;
                disconnect(&mut socket).await;
            }
            // Tells both at once, like a page that is being closed.
            2 => {
                tokio::join!(disconnect(&mut socket), self.leave(joined));
            }
            // The browser crashes.
            3 => vanish(socket).await,
            // The function dies while it removes the token.
            _ => {
                let dies_after = Duration::from_millis(rng.random_range(0..50));
                let _ = tokio::time::timeout(dies_after, self.leave(joined)).await;
                self.world.crashed();
            }
        }
    }

    async fn leave(&self, joined: &Joined) {
        let world = &self.world;
        let whom = Whom::Token(joined.connection.token.clone());
        let (calls, video) = (&world.calls, &world.video);
        match leave_call(calls, video, &self.who, &world.call, &whom, system::now()).await {
            // A webhook or a sweep may have been faster.
            Ok(()) | Err(LeaveError::TokenNotFound) => (),
            // Others come and go faster than we can close the call. They close it, or the sweep
            // does.
            Err(LeaveError::Busy) => (),
            Err(error) => panic!("{error:?}"),
        }
    }
}
