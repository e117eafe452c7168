//! One person: joins the call, is in it or not, and leaves it in one of several ways.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use shared::domain::{Role, UserName};
use shared::system;
use shared::use_cases::{JoinError, Joined, LeaveError, Participant, Whom, join_call, leave_call};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::world::World;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(crate) struct Person {
    world: Arc<World>,
    who: Participant,
}

impl Person {
    pub(crate) fn new(world: Arc<World>, number: u64) -> Self {
        let who = Participant {
            user: UserName::parse(&format!("person{number}")).unwrap(),
            role: Role::Publisher,
        };
        Self { world, who }
    }

    /// Comes, and goes at once.
    pub(crate) async fn visit(&self, rng: &mut StdRng) {
        // As the page does: a token that is dead on arrival is given back, and asked for anew.
        for _ in 0..3 {
            let Some(joined) = self.join(rng).await else {
                return;
            };
            if rng.random_ratio(1, 10) {
                // Never connects; somebody else has to find out.
                return self.world.crashed();
            }
            if let Some(mut socket) = enter(joined.connection.token.expose()).await {
                self.world.entered(&joined.session_id);
                tokio::time::sleep(Duration::from_millis(rng.random_range(0..200))).await;
                let pong = ask(&mut socket, 2, "ping", json!({})).await;
                assert!(pong["result"].is_object(), "nobody throws out who is in the call");
                self.world.leaving(&joined.session_id);
                return self.go(&joined, socket, rng).await;
            }
            self.world.was_dead_on_arrival();
            self.leave(&joined).await;
        }
    }

    /// Asks for a token; one in ten times the function dies while doing it.
    async fn join(&self, rng: &mut StdRng) -> Option<Joined> {
        let world = &self.world;
        let id = system::new_session_id;
        let joining = join_call(
            &world.calls,
            &world.video,
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
            // Tells the video server first, then us.
            0 => {
                say_goodbye(&mut socket).await;
                self.leave(joined).await;
            }
            // Tells us first.
            1 => {
                self.leave(joined).await;
                say_goodbye(&mut socket).await;
            }
            // Tells both at once, as a page does that is being closed.
            2 => {
                tokio::join!(say_goodbye(&mut socket), self.leave(joined));
            }
            // The browser dies.
            3 => drop(socket),
            // The function dies while it forgets the token.
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
            Ok(()) | Err(LeaveError::SessionNotFound | LeaveError::TokenNotFound) => (),
            // Others come and go faster than we can close: they do it, or the sweep.
            Err(LeaveError::Busy) => (),
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// Connects with a token as a browser does; `None`: it is dead.
async fn enter(token: &str) -> Option<Socket> {
    let (server, session) = token.split_once("?sessionId=").unwrap();
    let session = session.split('&').next().unwrap();
    let url = format!("{server}/openvidu?sessionId={session}");
    let (mut socket, _) = connect_async(url).await.unwrap();
    ask(&mut socket, 0, "ping", json!({ "interval": 5000 })).await;
    let join = json!({
        "token": token, "session": session, "platform": "a test", "metadata": "", "secret": "",
        "sdkVersion": "2.32.2",
    });
    let answer = ask(&mut socket, 1, "joinRoom", join).await;
    answer.get("result").is_some().then_some(socket)
}

async fn say_goodbye(socket: &mut Socket) {
    // The server may have closed the session, and the socket with it.
    let leave = request(3, "leaveRoom", json!({}));
    let _ = socket.send(leave).await;
    let _ = socket.close(None).await;
}

/// Sends a request and waits for its answer, through whatever else comes.
async fn ask(socket: &mut Socket, id: u64, method: &str, params: Value) -> Value {
    socket.send(request(id, method, params)).await.unwrap();
    loop {
        let Some(Ok(message)) = socket.next().await else {
            return Value::Null;
        };
        if let Message::Text(text) = message {
            let answer: Value = serde_json::from_str(&text).unwrap();
            if answer["id"] == id {
                return answer;
            }
        }
    }
}

fn request(id: u64, method: &str, params: Value) -> Message {
    let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
    Message::text(request.to_string())
}
