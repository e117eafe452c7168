//! Which events the webhook gets, in which order, and what happens if nobody listens.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use openvidu_stand_in::{Settings, Webhook};
use serde_json::{Value, json};
use str0m::media::Direction;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::harness::{Server, in_time, text};
use crate::media::{offer, publication};

#[tokio::test]
async fn a_whole_call_is_reported_in_order() {
    let mut receiver = Endpoint::start().await;
    let server = Server::start_with(receiver.report_here()).await;
    server.create_session("room").await;
    let created = receiver.next().await;
    let created_at = created.body["timestamp"].as_u64().expect("a time");
    let unique = format!("room_{created_at}");
    let about = |event: &str, fields: Value| {
        let mut body = json!({ "sessionId": "room", "uniqueSessionId": unique, "event": event });
        let (body_fields, more) = (body.as_object_mut(), fields.as_object().cloned());
        body_fields
            .expect("an object")
            .extend(more.expect("an object"));
        body
    };
    assert_eq!(created.without_time(), about("sessionCreated", json!({})));
    assert_eq!(created.headers["authorization"], "Basic abc");
    assert_eq!(created.headers["content-type"], "application/json");

    let data = "{\"serverData\":\"alice\"}";
    let connection = server.connection("room", json!({ "data": data })).await;
    let alice_id = text(&connection["id"]);
    let mut alice = server.browser().await;
    alice
        .join("room", &text(&connection["token"]))
        .await
        .expect("a fresh token");
    let who = json!({
        "participantId": alice_id, "connectionId": alice_id, "location": "unknown",
        "ip": "127.0.0.1", "platform": "Chrome 156.0.0.0 on Linux 64-bit",
        "clientData": "{\"clientData\":\"somebody\"}", "serverData": data,
    });
    let joined = receiver.next().await;
    assert_eq!(
        joined.without_time(),
        about("participantJoined", who.clone())
    );

    let (mut bob, bobs) = server.join("room", "SUBSCRIBER").await;
    receiver.next().await;
    let sdp = offer(Direction::SendOnly).await;
    let published = alice.call("publishVideo", publication(&sdp)).await;
    let video = json!({
        "streamId": published["id"], "videoSource": "CAMERA", "videoFramerate": 30,
        "videoDimensions": "{\"width\":640,\"height\":480}",
        "audioEnabled": true, "videoEnabled": true,
    });
    let mut outbound = video.clone();
    outbound["participantId"] = json!(alice_id);
    outbound["connectionId"] = json!(alice_id);
    outbound["connection"] = json!("OUTBOUND");
    let flows = receiver.next().await;
    assert_eq!(
        flows.without_time(),
        about("webrtcConnectionCreated", outbound)
    );
    let sdp = offer(Direction::RecvOnly).await;
    let receive = json!({ "sender": published["id"], "sdpOffer": sdp });
    bob.call("receiveVideoFrom", receive).await;
    let mut inbound = video;
    inbound["participantId"] = bobs["id"].clone();
    inbound["connectionId"] = bobs["id"].clone();
    inbound["connection"] = json!("INBOUND");
    inbound["receivingFrom"] = json!(alice_id);
    let flows = receiver.next().await;
    assert_eq!(
        flows.without_time(),
        about("webrtcConnectionCreated", inbound)
    );

    let message = json!({ "message": "{\"to\":[],\"data\":\"hi\",\"type\":\"signal:chat\"}" });
    alice.call("sendMessage", message).await;
    let mut signal = receiver.next().await.without_time();
    let recipients = signal["to"].as_array_mut().expect("a list");
    recipients.sort_by_key(text);
    let mut both = [json!(alice_id), bobs["id"].clone()];
    both.sort_by_key(text);
    assert_eq!(
        signal,
        about(
            "signalSent",
            json!({ "from": alice_id, "to": both, "type": "chat", "data": "hi" })
        )
    );

    alice.call("leaveRoom", json!({})).await;
    bob.call("leaveRoom", json!({})).await;
    let mut ends = Vec::new();
    for _ in 0..5 {
        let end = receiver.next().await.body;
        assert!(
            end["startTime"].is_u64() && end["duration"].is_u64(),
            "{end}"
        );
        ends.push([text(&end["event"]), text(&end["reason"])]);
    }
    assert_eq!(
        ends,
        [
            ["webrtcConnectionDestroyed", "disconnect"],
            ["webrtcConnectionDestroyed", "disconnect"],
            ["participantLeft", "disconnect"],
            ["participantLeft", "disconnect"],
            ["sessionDestroyed", "lastParticipantLeft"],
        ]
    );
    server.stop().await;
}

#[tokio::test]
async fn an_event_that_is_answered_is_not_sent_again_whatever_the_answer() {
    let mut receiver = Endpoint::start().await;
    let server = Server::start_with(receiver.report_here()).await;
    for (id, status) in [("a", 500), ("b", 204), ("c", 302), ("d", 200)] {
        receiver.answer_with(status).await;
        server.create_session(id).await;
        assert_eq!(receiver.next().await.body["sessionId"], id);
    }
    server.stop().await;
    receiver.heard_no_more().await;
}

#[tokio::test]
async fn after_five_broken_connections_the_next_event_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let endpoint = format!("http://{}/", listener.local_addr().expect("it is bound"));
    let server = Server::start_with(|settings| {
        settings.webhook = Some(Webhook::new(endpoint, Vec::new()));
    })
    .await;
    server.create_session("lost").await;
    server.create_session("next").await;
    for _ in 0..5 {
        assert!(request(&listener).await.contains("\"lost\""));
    }
    assert!(request(&listener).await.contains("\"next\""));
    drop(listener);
    server.stop().await;
}

#[tokio::test]
async fn an_event_that_is_not_answered_is_sent_again_after_ten_seconds() {
    let mut receiver = Endpoint::start().await;
    let server = Server::start_with(receiver.report_here()).await;
    receiver.answer_with(SILENCE).await;
    server.create_session("first").await;
    assert_eq!(receiver.next().await.body["sessionId"], "first");
    server.create_session("second").await;

    receiver.answer_with(200).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(10)).await;
    tokio::time::resume();
    assert_eq!(receiver.next().await.body["sessionId"], "first");
    assert_eq!(receiver.next().await.body["sessionId"], "second");
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_stops_sends_due_events_but_reports_no_ends() {
    let mut receiver = Endpoint::start().await;
    let server = Server::start_with(receiver.report_here()).await;
    server.create_session("room").await;
    let (_alice, _) = server.join("room", "PUBLISHER").await;
    server.stop().await;
    for event in ["sessionCreated", "participantJoined"] {
        assert_eq!(receiver.next().await.body["event"], event);
    }
    receiver.heard_no_more().await;
}

/// Reads one request and cuts the connection.
async fn request(listener: &TcpListener) -> String {
    let (mut socket, _) = in_time(listener.accept()).await.expect("a connection");
    let mut received = String::new();
    let mut buffer = [0; 4096];
    // The body ends with the event's name.
    while !received.ends_with('}') {
        let length = in_time(socket.read(&mut buffer)).await.expect("bytes");
        received.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
    received
}

/// Stands for no answer at all.
const SILENCE: u16 = 0;

/// The endpoint that events are posted to.
pub(crate) struct Endpoint {
    url: String,
    answer: Arc<Mutex<u16>>,
    received: Receiver<Report>,
}

pub(crate) struct Report {
    headers: HeaderMap,
    pub(crate) body: Value,
}

impl Report {
    fn without_time(&self) -> Value {
        assert!(self.body["timestamp"].is_u64());
        let mut body = self.body.clone();
        body.as_object_mut().expect("an object").remove("timestamp");
        body
    }
}

#[derive(Clone)]
struct Inbox {
    answer: Arc<Mutex<u16>>,
    reports: Sender<Report>,
}

impl Endpoint {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!(
            "http://{}/hook",
            listener.local_addr().expect("it is bound")
        );
        let answer = Arc::new(Mutex::new(200));
        let (reports, received) = channel(100);
        let inbox = Inbox {
            answer: Arc::clone(&answer),
            reports,
        };
        let app = Router::new().fallback(receive).with_state(inbox);
        tokio::spawn(async { axum::serve(listener, app).await });
        Self {
            url,
            answer,
            received,
        }
    }

    pub(crate) fn report_here(&self) -> impl FnOnce(&mut Settings) + use<> {
        let headers = vec![("Authorization".to_owned(), "Basic abc".to_owned())];
        let webhook = Webhook::new(self.url.clone(), headers);
        |settings| settings.webhook = Some(webhook)
    }

    async fn answer_with(&self, status: u16) {
        *self.answer.lock().await = status;
    }

    pub(crate) async fn next(&mut self) -> Report {
        in_time(self.received.recv()).await.expect("it is served")
    }

    /// For use after the server has ended: returns only what it sent before.
    async fn heard_no_more(&mut self) {
        assert!(self.received.try_recv().is_err());
    }
}

async fn receive(State(inbox): State<Inbox>, headers: HeaderMap, body: String) -> StatusCode {
    let report = Report {
        headers,
        body: serde_json::from_str(&body).expect("events are JSON"),
    };
    let status = *inbox.answer.lock().await;
    inbox.reports.send(report).await.expect("the test listens");
    if status == SILENCE {
        std::future::pending::<()>().await;
    }
    StatusCode::from_u16(status).expect("a status")
}
