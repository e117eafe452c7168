//! What the API answers, and what stays on record, when OpenVidu or DynamoDB fail.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::time::Duration;

use clap::Parser;
use local::{Options, Stack};
use local_testing::servers::Server;
use local_testing::socket;
use openvidu_stand_in::{Faults, RestFault, Settings};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use shared::adapters::dynamodb::DynamoDbCalls;
use shared::domain::SessionId;
use shared::ports::{CallInventory, VideoInventory};

const SECRET: &str = "MY_SECRET";

/// Starts OpenVidu with this secret.
async fn start(openvidu: &mut Server, secret: &str) -> Faults {
    let settings = Settings::new(secret);
    let faults = settings.faults.clone();
    openvidu.start_openvidu(settings).await;
    faults
}

/// A logged-in user, and access to the records.
struct World {
    stack: Stack,
    client: Client,
    token: String,
    calls: DynamoDbCalls,
}

impl World {
    async fn new(openvidu: &Server, dynamodb: &Server) -> Self {
        let site = tempfile::tempdir().unwrap();
        std::fs::write(site.path().join("index.html"), "a page").unwrap();
        let options = Options::parse_from([
            "local".as_ref(),
            "--free-ports".as_ref(),
            "--ignore-changes".as_ref(),
            "--site".as_ref(),
            site.path().as_os_str(),
            "--openvidu-url".as_ref(),
            openvidu.url().as_ref(),
            "--openvidu-secret".as_ref(),
            SECRET.as_ref(),
            "--dynamodb-url".as_ref(),
            dynamodb.url().as_ref(),
        ]);
        let stack = Stack::start(&options).await.unwrap();
        let mut world = Self {
            stack,
            client: Client::builder().no_proxy().build().unwrap(),
            token: String::new(),
            calls: dynamodb.calls(),
        };
        let login = json!({ "user": "publisher1", "pass": "pass" });
        let (status, login) = world.post("/api-login/login", &login).await;
        assert_eq!(status, StatusCode::OK, "{login}");
        world.token = login["token"].as_str().unwrap().to_owned();
        world
    }

    async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let url = format!("{}{path}", self.stack.addresses().site);
        let request = self.client.post(url).bearer_auth(&self.token).json(body);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// Joins a call. Returns the status, and the code or session id.
    async fn join(&self, call: &str) -> (u16, String) {
        let body = json!({ "sessionName": call });
        let (status, answer) = self.post("/api-sessions/get-token", &body).await;
        let said = answer["code"].as_str().or(answer["sessionId"].as_str());
        (status.as_u16(), said.unwrap().to_owned())
    }

    /// Waits until a call is open on record. Returns its session.
    async fn opened(&self) -> SessionId {
        loop {
            let page = self.calls.page(None).await.unwrap();
            if let Some(session) = page.sessions.into_iter().next() {
                return session.id;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Joins a call. Returns the token and the session id.
    async fn token(&self, call: &str) -> (String, String) {
        let body = json!({ "sessionName": call });
        let (_, answer) = self.post("/api-sessions/get-token", &body).await;
        let text = |key: &str| answer[key].as_str().unwrap().to_owned();
        (text("token"), text("sessionId"))
    }

    /// Calls the sweep as the schedule does. Returns its report.
    async fn sweep(&self) -> Value {
        let functions = &self.stack.addresses().functions;
        let url = format!("{functions}/2015-03-31/functions/sweep/invocations");
        let answer = self.client.post(url).body("{}").send().await.unwrap();
        answer.json().await.unwrap()
    }

    /// Waits until the session has at most `count` connections at the server.
    async fn seats(&self, server: &Server, session: &str, count: usize) {
        let server = server.openvidu(SECRET);
        let session = SessionId::parse(session).unwrap();
        tokio::time::timeout(Duration::from_secs(30), async {
            while let Some(seats) = server.seats(&session).await.unwrap()
                && seats.seats.len() > count
            {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
    }

    /// The numbers of open calls and of tokens on record.
    async fn on_record(&self) -> (usize, usize) {
        let page = self.calls.page(None).await.unwrap();
        (page.sessions.len(), page.tokens.len())
    }
}

fn crypto() {
    // Fails if another test has installed one, which is fine.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_failure_of_openvidu_has_its_own_code_and_leaves_nothing_on_record() {
    crypto();
    let (mut openvidu, mut dynamodb) = (Server::new().await, Server::new().await);
    dynamodb
        .start_dynamodb(dynoxide::Database::memory().unwrap())
        .await;
    let world = World::new(&openvidu, &dynamodb).await;

    // OpenVidu is stopped.
    let (status, code) = world.join("call").await;
    assert_eq!((status, code.as_str()), (503, "openvidu_unavailable"));
    assert_eq!(world.on_record().await, (0, 0));

    // OpenVidu has another secret.
    start(&mut openvidu, "ANOTHER_SECRET").await;
    let (status, code) = world.join("call").await;
    assert_eq!((status, code.as_str()), (502, "openvidu_refused"));
    assert_eq!(world.on_record().await, (0, 0));
    openvidu.stop().await;

    // OpenVidu is slow, like a busy server: making the session takes 5 s, and the connection
    // another 5 s.
    let faults = start(&mut openvidu, SECRET).await;
    faults.set_rest(RestFault::Delay(Duration::from_secs(5)));
    let (status, first) = world.join("call").await;
    assert_eq!(status, 200);
    assert_eq!(world.on_record().await, (1, 1));

    // OpenVidu was restarted: the records stay, and the next join makes the same session again.
    openvidu.stop().await;
    start(&mut openvidu, SECRET).await;
    let (status, again) = world.join("call").await;
    assert_eq!((status, &again), (200, &first));
    assert_eq!(world.on_record().await, (1, 2));

    // OpenVidu is restarted while two people are in the call. Joining works before and after the
    // sweep, in one session, and the sweep removes the tokens of those who are gone.
    let (ann, bob) = (world.token("call").await.0, world.token("call").await.0);
    let ann = socket::enter(&ann).await.unwrap();
    let bob = socket::enter(&bob).await.unwrap();
    openvidu.stop().await;
    let faults = start(&mut openvidu, SECRET).await;
    drop((ann, bob));
    let (stays, session) = world.token("call").await;
    let stays = socket::enter(&stays).await.unwrap();
    assert_eq!(session, first);
    assert_eq!(world.on_record().await, (1, 5));
    let report = world.sweep().await;
    assert_eq!(report["TokensForgotten"], 4, "{report}");
    assert_eq!(world.on_record().await, (1, 1));
    let (token, session) = world.token("call").await;
    let mut other = socket::enter(&token).await.unwrap();
    assert_eq!(session, first);

    // A browser crashes and no event reports it: the sweep notices.
    socket::vanish(stays).await;
    world.seats(&openvidu, &first, 1).await;
    let report = world.sweep().await;
    assert_eq!(report["TokensForgotten"], 1, "{report}");
    assert_eq!(world.on_record().await, (1, 1));

    // The last participant leaves and no event reports it.
    socket::disconnect(&mut other).await;
    world.seats(&openvidu, &first, 0).await;
    let report = world.sweep().await;
    assert_eq!(
        (&report["TokensForgotten"], &report["CallsClosed"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(world.on_record().await, (0, 0));

    // OpenVidu accepts requests and never answers.
    faults.set_rest(RestFault::Stall);
    let (status, code) = world.join("another call").await;
    assert_eq!((status, code.as_str()), (504, "openvidu_timeout"));
    assert_eq!(world.on_record().await, (0, 0));

    world.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_down_has_its_own_code_and_the_connection_is_given_back() {
    crypto();
    let (mut openvidu, mut dynamodb) = (Server::new().await, Server::new().await);
    let faults = start(&mut openvidu, SECRET).await;
    let database = dynoxide::Database::memory().unwrap();
    dynamodb.start_dynamodb(database.clone()).await;
    let world = World::new(&openvidu, &dynamodb).await;

    // DynamoDB is down.
    dynamodb.stop().await;
    let (status, code) = world.join("call").await;
    assert_eq!((status, code.as_str()), (503, "store_unavailable"));
    let login = json!({ "user": "publisher1", "pass": "pass" });
    let (status, problem) = world.post("/api-login/login", &login).await;
    assert_eq!(
        (status.as_u16(), &problem["code"]),
        (503, &json!("store_unavailable"))
    );

    // DynamoDB goes down during a join, after the call was opened and before its token is recorded.
    dynamodb.start_dynamodb(database.clone()).await;
    faults.set_rest(RestFault::Delay(Duration::from_secs(2)));
    let ((status, code), session) = tokio::join!(world.join("call"), async {
        let session = world.opened().await;
        dynamodb.stop().await;
        session
    });
    assert_eq!((status, code.as_str()), (503, "store_unavailable"));
    faults.set_rest(RestFault::None);
    let server = openvidu.openvidu(SECRET);
    let seats = server.seats(&session).await.unwrap().unwrap();
    assert!(
        seats.seats.is_empty(),
        "the connection was given back: {seats:?}"
    );

    // DynamoDB is up again.
    dynamodb.start_dynamodb(database).await;
    let (status, again) = world.join("call").await;
    assert_eq!((status, again), (200, session.to_string()));
    world.stack.stop().await;
}
