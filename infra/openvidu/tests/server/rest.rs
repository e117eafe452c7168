//! Statuses, bodies and headers of the REST API.

use std::time::Duration;

use futures_util::future::join_all;
use openvidu_stand_in::{Faults, RestFault, Settings, serve};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::harness::{SECRET, Server, in_time, json_of, text};

#[tokio::test]
async fn only_loopback_is_served() {
    let listener = TcpListener::bind("0.0.0.0:0").await.expect("a free port");
    let refused = serve(listener, Settings::new(SECRET), async {})
        .await
        .expect_err("others could reach it");
    assert!(refused.to_string().contains("loopback only"), "{refused}");
}

#[tokio::test]
async fn without_the_secret_everything_is_401_but_the_public_url() {
    let server = Server::start().await;
    for (method, path) in [
        (Method::GET, "/openvidu/api/sessions"),
        (Method::POST, "/openvidu/api/sessions"),
        (Method::GET, "/openvidu/api/config"),
        (Method::GET, "/openvidu/api/recordings"),
        (Method::GET, "/openvidu/accept-certificate"),
        (Method::GET, "/nowhere"),
        (Method::GET, "/"),
    ] {
        let response = in_time(server.anonymous(method, path).send())
            .await
            .expect("the server answers");
        assert_eq!(response.status(), 401, "{path}");
        assert_eq!(
            response.headers()["www-authenticate"],
            "Basic realm=\"Realm\""
        );
        assert_eq!(in_time(response.text()).await.expect("a body"), "");
    }

    let wrong = server
        .anonymous(Method::GET, "/openvidu/api/config/openvidu-publicurl")
        .basic_auth("OPENVIDUAPP", Some("wrong"));
    assert_eq!(status(wrong).await, 401);
    let by_script = server
        .anonymous(Method::GET, "/openvidu/api/sessions")
        .header("X-Requested-With", "XMLHttpRequest");
    let response = in_time(by_script.send()).await.expect("an answer");
    assert!(!response.headers().contains_key("www-authenticate"));

    let public = server.anonymous(Method::GET, "/openvidu/api/config/openvidu-publicurl");
    let response = in_time(public.send()).await.expect("an answer");
    assert_eq!(response.status(), 200);
    let url = in_time(response.text()).await.expect("a body");
    assert_eq!(url, format!("{}/", server.url));
    server.stop().await;
}

#[tokio::test]
async fn every_status_is_that_of_a_real_server() {
    let server = Server::start().await;
    server.create_session("room").await;
    let table = [
        // Sessions.
        ("POST", "/sessions", "{}", 200),
        ("POST", "/sessions", r#"{"customSessionId":"room"}"#, 409),
        ("POST", "/sessions", r#"{"customSessionId":"a b"}"#, 400),
        ("POST", "/sessions", r#"{"customSessionId":1}"#, 400),
        ("POST", "/sessions", r#"{"mediaMode":"NO"}"#, 400),
        ("GET", "/sessions", "", 200),
        ("GET", "/sessions?pendingConnections=maybe", "", 403),
        ("GET", "/sessions/room", "", 200),
        ("GET", "/sessions/none", "", 404),
        ("DELETE", "/sessions/none", "", 404),
        ("DELETE", "/sessions", "", 403),
        ("PUT", "/sessions", "{}", 403),
        ("GET", "/sessions/", "", 403),
        // Connections: an unknown session is a 404 for making and listing, a 400 where one
        // connection is named.
        ("POST", "/sessions/room/connection", "{}", 200),
        ("POST", "/sessions/room/connection", r#"{"role":"X"}"#, 400),
        ("POST", "/sessions/room/connection", r#"{"data":1}"#, 400),
        ("POST", "/sessions/none/connection", r#"{"data":1}"#, 404),
        ("POST", "/sessions/none/connection", "{", 403),
        ("PATCH", "/sessions/room/connection/con_A", "{}", 403),
        ("GET", "/sessions/room/connection", "", 200),
        ("GET", "/sessions/none/connection", "", 404),
        ("GET", "/sessions/room/connection/con_A", "", 404),
        ("GET", "/sessions/none/connection/con_A", "", 400),
        ("DELETE", "/sessions/room/connection/con_A", "", 404),
        ("DELETE", "/sessions/none/connection/con_A", "", 400),
        ("DELETE", "/sessions/room/stream/str_A", "", 404),
        ("DELETE", "/sessions/none/stream/str_A", "", 400),
        // Signals.
        ("POST", "/signal", r#"{"session":"room"}"#, 406),
        ("POST", "/signal", r#"{"session":"room","to":[null]}"#, 406),
        ("POST", "/signal", r#"{"session":"none"}"#, 404),
        ("POST", "/signal", r#"{"session":"room","to":"x"}"#, 400),
        ("POST", "/signal", "{}", 400),
        ("POST", "/signal", "", 403),
        // Old tokens.
        ("POST", "/tokens", r#"{"session":"room"}"#, 200),
        ("POST", "/tokens", r#"{"session":"none"}"#, 404),
        ("POST", "/tokens", "{}", 400),
        ("POST", "/tokens", "null", 403),
        // The rest.
        ("GET", "/config", "", 200),
        ("GET", "/health", "", 403),
        ("GET", "/recordings", "", 501),
        ("POST", "/recordings/start", r#"{"session":"room"}"#, 501),
        ("DELETE", "/recordings/x", "", 501),
        ("GET", "/sessions/a;b", "", 401),
        ("GET", "/sessions/a%2Fb", "", 400),
    ];
    for (method, path, body, expected) in table {
        let request = server
            .request(method.parse().expect("a method"), path)
            .header("Content-Type", "application/json")
            .body(body);
        let response = in_time(request.send()).await.expect("an answer");
        assert_eq!(response.status(), expected, "{method} {path} {body}");
        let closes = response
            .headers()
            .get("connection")
            .is_some_and(|it| it == "close");
        assert_eq!(closes, matches!(expected, 400 | 501), "{method} {path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn bodies_are_read_as_spring_reads_them() {
    let server = Server::start().await;
    let json_type = "application/json";
    for (content_type, body, expected) in [
        (json_type, "", 200),
        (json_type, "null", 200),
        (json_type, "\u{feff}{}", 200),
        (json_type, "{} and more", 200),
        (json_type, r#"{"mediaMode":"NO","mediaMode":"ROUTED"}"#, 200),
        ("application/json; charset=utf-8", "{}", 200),
        ("application/vnd.api+json", "{}", 200),
        ("text/plain", "{}", 403),
        (json_type, "[]", 403),
        (json_type, "\"room\"", 403),
        (json_type, r#"{"a":1,}"#, 403),
        (json_type, r#"{"a":NaN}"#, 403),
        (json_type, "{", 403),
    ] {
        let request = server
            .request(Method::POST, "/sessions")
            .header("Content-Type", content_type)
            .body(body);
        let response = in_time(request.send()).await.expect("an answer");
        assert_eq!(response.status(), expected, "{content_type} {body}");
    }
    let untyped = server.request(Method::POST, "/sessions").body("{}");
    assert_eq!(status(untyped).await, 403);
    let missing = server.request(Method::POST, "/sessions");
    assert_eq!(status(missing).await, 200);
    server.stop().await;
}

#[tokio::test]
async fn a_session_and_its_connection_look_like_openvidus() {
    let server = Server::start().await;
    let response = server
        .post(
            "/sessions",
            json!({ "customSessionId": "room", "mediaMode": null }),
        )
        .await;
    let session = json_of(response).await;
    let created_at = session["createdAt"].clone();
    assert!(created_at.is_u64());
    assert_eq!(
        session,
        json!({
            "id": "room", "object": "session", "sessionId": "room", "createdAt": created_at,
            "recording": false, "broadcasting": false,
            "mediaMode": "ROUTED", "recordingMode": "MANUAL",
            "defaultRecordingProperties": {
                "name": "", "hasAudio": true, "hasVideo": true, "outputMode": "COMPOSED",
                "recordingLayout": "BEST_FIT", "resolution": "1280x720", "frameRate": 25,
                "shmSize": 536_870_912,
            },
            "customSessionId": "room", "forcedVideoCodec": "MEDIA_SERVER_PREFERRED",
            "allowTranscoding": false, "connections": { "numberOfElements": 0, "content": [] },
        })
    );

    let data = "{\"serverData\":\"\u{fc}ser\"}";
    let connection = server.connection("room", json!({ "data": data })).await;
    let (id, token) = (text(&connection["id"]), text(&connection["token"]));
    assert!(id.starts_with("con_") && id.len() == 14, "{id}");
    let prefix = format!(
        "{}?sessionId=room&token=tok_",
        server.url.replace("http", "ws")
    );
    assert!(token.starts_with(&prefix), "{token}");
    assert_eq!(
        connection,
        json!({
            "id": id, "object": "connection", "status": "pending", "connectionId": id,
            "sessionId": "room", "createdAt": connection["createdAt"], "type": "WEBRTC",
            "record": true, "role": "PUBLISHER", "kurentoOptions": null, "customIceServers": [],
            "rtspUri": null, "adaptativeBitrate": null, "onlyPlayWithSubscribers": null,
            "networkCache": null, "serverData": data, "token": token, "activeAt": null,
            "location": null, "ip": null, "platform": null, "clientData": null,
            "publishers": null, "subscribers": null,
        })
    );

    for (path, expected) in [
        ("/sessions/room", 0),
        ("/sessions/room?pendingConnections=true", 1),
    ] {
        let session = json_of(server.get(path).await).await;
        assert_eq!(
            session["connections"]["numberOfElements"], expected,
            "{path}"
        );
    }
    for (path, expected) in [
        ("/sessions/room/connection", 1),
        ("/sessions/room/connection?pendingConnections=false", 0),
    ] {
        let connections = json_of(server.get(path).await).await;
        assert_eq!(connections["numberOfElements"], expected, "{path}");
    }
    let read = json_of(server.get(&format!("/sessions/room/connection/{id}")).await).await;
    assert_eq!(read, connection);
    server.stop().await;
}

#[tokio::test]
async fn errors_say_what_is_wrong_in_springs_shape() {
    let server = Server::start().await;
    let response = server
        .post("/sessions", json!({ "customSessionId": "a b" }))
        .await;
    let error = json_of(response).await;
    assert!(error["timestamp"].is_u64());
    assert_eq!(error["status"], 400);
    assert_eq!(error["error"], "Bad Request");
    assert_eq!(error["path"], "/openvidu/api/sessions");
    assert_eq!(
        error["message"],
        "Some parameter is not valid. Parameter 'customSessionId' is wrong. \
         Must be an alphanumeric string [a-zA-Z0-9_-]"
    );
    let empty = server.get("/sessions/none").await;
    assert_eq!(in_time(empty.text()).await.expect("a body"), "");
    server.stop().await;
}

#[tokio::test]
async fn any_origin_may_call_and_preflights_need_no_secret() {
    let server = Server::start().await;
    let preflight = server
        .anonymous(Method::OPTIONS, "/openvidu/api/sessions")
        .header("Origin", "https://elsewhere.example")
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "authorization");
    let response = in_time(preflight.send()).await.expect("an answer");
    assert_eq!(response.status(), 200);
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "POST"),
        ("access-control-allow-headers", "authorization"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("x-xss-protection", "0"),
        ("pragma", "no-cache"),
        ("expires", "0"),
    ] {
        assert_eq!(response.headers()[name], value, "{name}");
    }
    let call = server
        .request(Method::GET, "/sessions")
        .header("Origin", "https://elsewhere.example");
    let response = in_time(call.send()).await.expect("an answer");
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    let own = server
        .request(Method::GET, "/sessions")
        .header("Origin", server.url.clone());
    let response = in_time(own.send()).await.expect("an answer");
    assert!(
        !response
            .headers()
            .contains_key("access-control-allow-origin")
    );
    server.stop().await;
}

#[tokio::test]
async fn paths_from_before_2_16_work_too() {
    let server = Server::start().await;
    for path in ["/api/sessions", "/config"] {
        let request = server
            .anonymous(Method::GET, path)
            .basic_auth("OPENVIDUAPP", Some(SECRET));
        assert_eq!(status(request).await, 200, "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn one_of_twenty_creators_of_the_same_session_succeeds() {
    let server = Server::start().await;
    let creators = (0..20).map(|_| server.post("/sessions", json!({ "customSessionId": "one" })));
    let responses = join_all(creators).await;
    let created = responses.iter().filter(|it| it.status() == 200).count();
    let refused = responses.iter().filter(|it| it.status() == 409).count();
    assert_eq!((created, refused), (1, 19));
    server.stop().await;
}

#[tokio::test]
async fn an_answer_can_be_lost_delayed_never_given_or_a_crash() {
    let faults = Faults::default();
    let server = Server::start_with(|settings| settings.faults = faults.clone()).await;
    let create = |id: &str| {
        server
            .request(Method::POST, "/sessions")
            .json(&json!({ "customSessionId": id }))
            .timeout(Duration::from_millis(200))
            .send()
    };

    faults.set_rest(RestFault::Stall);
    assert!(create("stalled").await.expect_err("no answer").is_timeout());
    faults.set_rest(RestFault::LoseAnswer);
    assert!(create("lost").await.expect_err("no answer").is_timeout());
    faults.set_rest(RestFault::Delay(Duration::from_secs(60)));
    assert!(create("late").await.expect_err("no answer").is_timeout());
    faults.set_rest(RestFault::Delay(Duration::from_millis(1)));
    assert_eq!(server.get("/sessions").await.status(), 200);
    faults.set_rest(RestFault::Crash);
    let crashed = create("crashed").await.expect("an answer");
    assert_eq!(crashed.status(), 403);
    assert_eq!(in_time(crashed.text()).await.expect("a body"), "");
    faults.set_rest(RestFault::None);

    let sessions = json_of(server.get("/sessions").await).await;
    let ids: Vec<String> = sessions["content"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|session: &Value| text(&session["id"]))
        .collect();
    assert_eq!(ids, ["crashed", "late", "lost"]);

    // Even a request that is never answered does not keep the server from stopping.
    faults.set_rest(RestFault::Stall);
    let never = create("never");
    let (_, ()) = tokio::join!(never, server.stop());
}

#[tokio::test]
async fn checking_a_right_and_a_wrong_secret_takes_equally_long() {
    let hour = Duration::from_secs(3600);
    let server = Server::start_with(|settings| settings.secret_check = hour).await;
    let path = "/openvidu/api/config/openvidu-publicurl";
    assert_eq!(status(server.anonymous(Method::GET, path)).await, 200);
    for secret in [SECRET, "wrong"] {
        let request = server
            .anonymous(Method::GET, "/openvidu/api/sessions")
            .basic_auth("OPENVIDUAPP", Some(secret))
            .timeout(Duration::from_millis(200));
        assert!(request.send().await.expect_err("no answer").is_timeout());
    }
    server.stop().await;
}

async fn status(request: reqwest::RequestBuilder) -> StatusCode {
    in_time(request.send()).await.expect("an answer").status()
}
