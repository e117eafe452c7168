//! Somebody in a call: connected to the stack's video server of either kind, without media.

use futures_util::StreamExt;
use local_testing::participant::Participant;
use local_testing::socket::{Socket, ask, disconnect, enter};
use serde_json::{Value, json};

use crate::client::Api;
use crate::server;

pub(crate) enum Person {
    OpenVidu(Socket),
    LiveKit(Participant),
}

/// Joins the call and enters it. Returns the API's answer, and the person.
pub(crate) async fn join_and_enter(api: &Api, call: &str) -> (Value, Person) {
    let joined = api.ok("get-token", json!({ "sessionName": call })).await;
    let token = joined["token"].as_str().unwrap();
    let person = if server::is_livekit() {
        Person::LiveKit(Participant::join(&server::url(), token).await.unwrap())
    } else {
        Person::OpenVidu(enter(token).await.unwrap())
    };
    (joined, person)
}

impl Person {
    /// Leaves as the page does.
    pub(crate) async fn leave(self) {
        match self {
            Self::OpenVidu(mut socket) => disconnect(&mut socket).await,
            Self::LiveKit(participant) => participant.leave().await,
        }
    }

    /// Waits until the server ends their connection.
    pub(crate) async fn until_removed(self) {
        match self {
            Self::OpenVidu(mut socket) => {
                let evicted = hear(&mut socket, "participantEvicted").await;
                assert_eq!(evicted["reason"], "forceDisconnectByServer");
            }
            Self::LiveKit(participant) => participant.until_gone().await,
        }
    }

    /// Does the server still have them?
    pub(crate) async fn is_there(&mut self) -> bool {
        match self {
            Self::OpenVidu(socket) => {
                let answer = ask(socket, 50, "ping", json!({ "interval": 5000 })).await;
                answer["result"].is_object()
            }
            Self::LiveKit(participant) => participant.is_there(),
        }
    }
}

/// Waits for a notification. Returns its content.
async fn hear(socket: &mut Socket, method: &str) -> Value {
    loop {
        let message = socket.next().await.unwrap().unwrap();
        let said: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
        if said["method"] == method {
            return said["params"].clone();
        }
    }
}
