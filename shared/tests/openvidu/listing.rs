//! What the OpenVidu adapter reads from the server's lists, and what a sweep leaves alone for that
//! reason.

use std::time::Duration;

use serde_json::{Value, json};
use shared::domain::{Connection, ConnectionId, Role, Timestamp, Token, TokenRecord};
use shared::ports::{CallInventory, CallStore, SweepRecord, VideoInventory};
use shared::telemetry::Metric;
use shared::use_cases::sweep_calls;
use testing::MemoryCalls;
use testing::installation;
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{answering, openvidu, session, user};

/// The creation time of everything in the lists.
const MADE: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);
const OURS: &str = r#"{"role":"PUBLISHER","serverData":"publisher1"}"#;

fn listed_connection(id: &str, kind: &str, data: &str) -> Value {
    json!({
        "id": id, "object": "connection", "status": "active", "connectionId": id,
        "createdAt": MADE.unix_seconds() * 1000 + 22, "activeAt": MADE.unix_seconds() * 1000 + 843,
        "type": kind, "record": true, "role": "PUBLISHER", "kurentoOptions": null,
        "serverData": data, "clientData": "", "token": null, "publishers": [], "subscribers": [],
    })
}

/// An IP camera in OpenVidu's list: its id is made from its address, and it has no role.
fn camera(id: &str) -> Value {
    let mut camera = listed_connection(id, "IPCAM", OURS);
    camera["role"] = Value::Null;
    camera["rtspUri"] = json!("rtsp://cam.example.org:554/live");
    camera
}

/// Connections that others added to a session.
fn foreign() -> Vec<Value> {
    let long = format!("ipc_IPCAM_rtsp_{}", "cam_example_org_554_".repeat(8));
    vec![
        camera("ipc_IPCAM_rtsp_cam_example_org_554_live"),
        camera(&long),
        camera("ipc_IPCAM_rtsp_6B7F_stream~1,ch=2 \u{e9}"),
        camera("ipc_IPCAM_rtsp_6B7F_a=b&c;d"),
        listed_connection("con_watcher", "WEBRTC", ""),
        listed_connection("con_byhand", "WEBRTC", "My Server Data"),
        listed_connection(
            "con_later",
            "WEBRTC",
            r#"{"role":"SPEAKER","serverData":"ann"}"#,
        ),
        listed_connection(
            "con_other",
            "WEBRTC",
            r#"{"role":"SUBSCRIBER","serverData":"ann"}"#,
        ),
    ]
}

fn listed(id: &str, connections: &[Value]) -> Value {
    json!({
        "id": id, "object": "session", "sessionId": id, "createdAt": MADE.unix_seconds() * 1000,
        "recording": false, "mediaMode": "ROUTED",
        "connections": { "numberOfElements": connections.len(), "content": connections },
    })
}

/// A server that has these sessions.
async fn listing(sessions: &[Value]) -> MockServer {
    let server = MockServer::start().await;
    let list = json!({ "numberOfElements": sessions.len(), "content": sessions });
    Mock::given(method("GET"))
        .and(path("/openvidu/api/sessions"))
        .and(query_param("pendingConnections", "true"))
        .respond_with(ResponseTemplate::new(200).set_body_json(list))
        .mount(&server)
        .await;
    Mock::given(method("DELETE"))
        .respond_with(ResponseTemplate::new(204))
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn connections_are_ours_by_type_role_and_data() {
    let mut connections = foreign();
    connections.push(listed_connection("con_ours", "WEBRTC", OURS));
    let server = listing(&[listed(session().as_str(), &connections)]).await;
    let all = openvidu(&server.uri()).all_seats().await.unwrap();
    let seats = &all.sessions[&session()].seats;
    let ours: Vec<_> = seats.iter().filter(|(_, seat)| seat.ours).collect();
    let [(id, seat)] = ours[..] else {
        panic!("{ours:?}");
    };
    assert_eq!(id.as_str(), "con_ours");
    assert!(seat.taken);
    assert_eq!(seat.created_at, MADE);
    let others: Vec<_> = seats.iter().filter(|(_, seat)| !seat.ours).collect();
    assert_eq!(
        others.len(),
        5,
        "ids that cannot be ours are not read: {others:?}"
    );
}

#[tokio::test]
async fn one_session_is_read_whatever_is_in_it() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path(format!("/openvidu/api/sessions/{}", session())))
        .respond_with(
            ResponseTemplate::new(200).set_body_json(listed(session().as_str(), &foreign())),
        )
        .mount(&server)
        .await;
    let seats = openvidu(&server.uri()).seats(&session()).await.unwrap();
    let watcher = ConnectionId::parse("con_watcher").unwrap();
    assert!(seats.unwrap().seats.contains_key(&watcher));
}

#[tokio::test]
async fn a_session_that_is_not_there_has_no_seats() {
    let server = answering(404, json!({ "status": 404 })).await;
    let seats = openvidu(&server.uri()).seats(&session()).await.unwrap();
    assert_eq!(seats, None);
}

/// Sessions that others made in odd ways.
fn odd() -> Vec<Value> {
    let mut ageless = listed("MyApp-0123456789abcdef", &foreign());
    ageless.as_object_mut().unwrap().remove("createdAt");
    let mut empty = listed("ses_YnDaGYNcd7", &[]);
    empty["connections"] = Value::Null;
    vec![ageless, empty, json!("TUTORIAL"), json!({}), Value::Null]
}

#[tokio::test]
async fn an_odd_session_fails_no_other() {
    let ours = listed_connection("con_ours", "WEBRTC", OURS);
    let mut sessions = odd();
    sessions.insert(2, listed(session().as_str(), &[ours]));
    let server = listing(&sessions).await;
    let all = openvidu(&server.uri()).all_seats().await.unwrap();
    assert!(all.sessions.keys().eq([&session()]));
    assert_eq!(all.unreadable_count, 5);
    assert!(all.unreadable.iter().all(|id| !id.is_of(&installation())));
}

#[tokio::test]
async fn a_sweep_counts_odd_sessions_and_leaves_the_calls_in_them_alone() {
    let calls = MemoryCalls::default();
    let until = MADE + Duration::from_secs(1 << 20);
    on_record(&calls, until).await;
    let mut ours = listed(session().as_str(), &[]);
    ours["createdAt"] = json!("yesterday");
    let mut sessions = odd();
    sessions.push(ours.clone());
    let server = listing(&sessions).await;
    Mock::given(method("GET"))
        .and(path(format!("/openvidu/api/sessions/{}", session())))
        .respond_with(ResponseTemplate::new(200).set_body_json(ours))
        .mount(&server)
        .await;
    let (video, later) = (openvidu(&server.uri()), MADE + Duration::from_secs(65 * 60));
    let before = calls.records();
    let report = sweep_calls(&calls, &video, &installation(), later, || false).await;
    let report = report.unwrap();
    assert_eq!(report.count(Metric::RecordsUnreadable), 6);
    assert_eq!(report.count(Metric::SweepFailures), 1);
    assert_eq!(calls.records(), before);
}

/// Puts the call, and a token for it, on record.
async fn on_record(calls: &MemoryCalls, until: Timestamp) {
    let name = session().session_name().clone();
    calls
        .find_or_open(&name, &session(), MADE, until)
        .await
        .unwrap();
    calls.confirm(&name, &session(), until).await.unwrap();
    calls.record(&token("con_on_record", until)).await.unwrap();
}

/// The requests of a sweep, long after everything was made, but at a time without nudges.
async fn asked_by_a_sweep(calls: &MemoryCalls, server: &MockServer) -> Vec<String> {
    calls
        .keep_sweep_record(&SweepRecord::default())
        .await
        .unwrap();
    let (video, later) = (openvidu(&server.uri()), MADE + Duration::from_secs(65 * 60));
    let report = sweep_calls(calls, &video, &installation(), later, || false).await;
    assert_eq!(report.unwrap().count(Metric::SweepFailures), 0);
    let requests = server.received_requests().await.unwrap();
    let told = requests
        .iter()
        .map(|request| format!("{} {}", request.method, request.url.path()));
    told.collect()
}

#[tokio::test]
async fn a_sweep_asks_for_the_list_and_touches_nobody_elses_session() {
    let ids = [
        "MyApp-0123456789abcdef",
        "meeting-9f86d081884c7d65",
        "TUTORIAL-00000000deadbeef",
        "Room_20x-0123456789abcdef",
        "TUTORIAL-3f9c21d07b59-0000000000000001",
        "ses_YnDaGYNcd7",
        "a b",
    ];
    let mut connections = foreign();
    connections.push(listed_connection("con_ours", "WEBRTC", OURS));
    let sessions = ids.map(|id| listed(id, &connections));
    let server = listing(&sessions).await;
    let asked = asked_by_a_sweep(&MemoryCalls::default(), &server).await;
    assert_eq!(asked, ["GET /openvidu/api/sessions"]);
}

#[tokio::test]
async fn in_a_call_on_record_a_sweep_ends_only_our_own_connections() {
    let calls = MemoryCalls::default();
    on_record(&calls, MADE + Duration::from_secs(1 << 20)).await;
    let in_call = listed_connection("con_on_record", "WEBRTC", OURS);
    let mut connections = foreign();
    connections.extend([in_call, listed_connection("con_orphan", "WEBRTC", OURS)]);
    let server = listing(&[listed(session().as_str(), &connections)]).await;
    let asked = asked_by_a_sweep(&calls, &server).await;
    let orphan = format!(
        "DELETE /openvidu/api/sessions/{}/connection/con_orphan",
        session()
    );
    assert_eq!(asked, ["GET /openvidu/api/sessions", &orphan]);
}

fn token(connection: &str, until: Timestamp) -> TokenRecord {
    TokenRecord {
        session_name: session().session_name().clone(),
        session_id: session(),
        connection: Connection {
            id: ConnectionId::parse(connection).unwrap(),
            token: Token::parse(&format!("wss://host?sessionId={}&token=tok_A1", session()))
                .unwrap(),
        },
        role: Role::Publisher,
        user: user(),
        issued_at: MADE,
        expires_at: until,
    }
}

#[tokio::test]
async fn a_session_of_ours_with_nobody_but_cameras_is_ended() {
    let server = listing(&[listed(session().as_str(), &foreign())]).await;
    let asked = asked_by_a_sweep(&MemoryCalls::default(), &server).await;
    let closing = format!("DELETE /openvidu/api/sessions/{}", session());
    assert_eq!(asked, ["GET /openvidu/api/sessions", &closing]);
}
