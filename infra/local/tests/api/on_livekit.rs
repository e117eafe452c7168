//! What only LiveKit does.

use tokio::task::JoinSet;

use crate::client::{Api, new_call};
use crate::person::join_and_enter;
use crate::records::forgotten;
use crate::server;

#[tokio::test]
async fn sixty_four_people_who_open_a_call_at_once_meet_in_one_room() {
    let (ann, bob) = (
        Api::logged_in("publisher1").await,
        Api::logged_in("publisher2").await,
    );
    let call = new_call();
    let mut joins = JoinSet::new();
    for number in 0..64 {
        let api = if number % 2 == 0 { &ann } else { &bob };
        let (api, call) = (api.clone(), call.clone());
        joins.spawn(async move { join_and_enter(&api, &call).await });
    }
    let joins = joins.join_all().await;
    let session = joins[0].0["sessionId"].clone();
    for (joined, participant) in joins {
        assert_eq!(joined["sessionId"], session);
        participant.leave().await;
    }
    forgotten(&call).await;
    server::without(session.as_str().unwrap()).await;
}
