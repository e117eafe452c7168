//! What the people meet: the functions' adapters on an embedded DynamoDB and the OpenVidu stand-in,
//! and a postman who delivers its webhooks badly.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use axum::Json;
use axum::extract::State;
use axum::routing::post;
use local::openvidu::{Settings, Webhook, serve};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde_json::Value;
use shared::adapters::dynamodb::DynamoDbCalls;
use shared::adapters::dynamodb::tables::{self, TableNames};
use shared::adapters::openvidu::OpenVidu;
use shared::domain::{ConnectionId, SessionId, SessionName};
use shared::ports::{CallInventory, VideoInventory};
use shared::system::now;
use shared::use_cases::{forget_connection, reconcile_call, sweep_calls};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const SECRET: &str = "MY_SECRET";

/// Everything that the people meet.
pub(crate) struct World {
    pub(crate) calls: DynamoDbCalls,
    pub(crate) video: OpenVidu,
    pub(crate) call: SessionName,
    /// Who is in which session, as the people themselves know it, and how it ever was otherwise.
    connected: Mutex<BTreeMap<SessionId, usize>>,
    apart: Mutex<Vec<String>>,
    undelivered: std::sync::Arc<AtomicUsize>,
    joined: AtomicUsize,
    dead_on_arrival: AtomicUsize,
    crashed: AtomicUsize,
}

impl World {
    pub(crate) async fn start(seed: u64) -> Self {
        let calls = dynamodb().await;
        let (sender, receiver) = unbounded_channel();
        let undelivered = std::sync::Arc::new(AtomicUsize::new(0));
        let endpoint = postbox(sender, undelivered.clone()).await;
        let video = openvidu(endpoint).await;
        let postman = Postman {
            calls: calls.clone(),
            video: video.clone(),
            rng: StdRng::seed_from_u64(seed),
            undelivered: undelivered.clone(),
        };
        tokio::spawn(postman.deliver(receiver));
        Self {
            calls,
            video,
            call: SessionName::parse("everybody").unwrap(),
            connected: Mutex::default(),
            apart: Mutex::default(),
            undelivered,
            joined: AtomicUsize::new(0),
            dead_on_arrival: AtomicUsize::new(0),
            crashed: AtomicUsize::new(0),
        }
    }

    /// Somebody is in a session from now on.
    pub(crate) fn entered(&self, id: &SessionId) {
        self.joined.fetch_add(1, Ordering::Relaxed);
        let mut connected = self.connected.lock().unwrap();
        *connected.entry(id.clone()).or_default() += 1;
        if connected.len() > 1 {
            self.apart.lock().unwrap().push(format!("{connected:?}"));
        }
    }

    /// Somebody is about to leave a session: it may end at any moment.
    pub(crate) fn leaving(&self, id: &SessionId) {
        let mut connected = self.connected.lock().unwrap();
        if let Some(people) = connected.get_mut(id) {
            *people -= 1;
            if *people == 0 {
                connected.remove(id);
            }
        }
    }

    pub(crate) fn was_dead_on_arrival(&self) {
        self.dead_on_arrival.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn crashed(&self) {
        self.crashed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn tally(&self) -> String {
        format!(
            "{} were in the call, {} tokens were dead on arrival, {} crashed half-way",
            self.joined.load(Ordering::Relaxed),
            self.dead_on_arrival.load(Ordering::Relaxed),
            self.crashed.load(Ordering::Relaxed),
        )
    }

    pub(crate) async fn sweep_now(&self) {
        sweep_calls(&self.calls, &self.video, now(), || false)
            .await
            .unwrap();
    }

    /// Sweeps as a quarter of an hour later.
    pub(crate) async fn sweep_when_nobody_can_be_joining(&self) {
        let later = now() + Duration::from_secs(15 * 60);
        let report = sweep_calls(&self.calls, &self.video, later, || false)
            .await
            .unwrap();
        println!("{report:?}");
    }

    pub(crate) async fn all_events_heard(&self) {
        tokio::time::timeout(Duration::from_secs(60), async {
            while self.undelivered.load(Ordering::SeqCst) > 0 {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
    }

    pub(crate) fn assert_everybody_was_in_one_session_at_a_time(&self) {
        assert_eq!(*self.apart.lock().unwrap(), Vec::<String>::new());
        assert!(
            self.joined.load(Ordering::Relaxed) > 50,
            "hardly anybody got in"
        );
    }

    pub(crate) async fn assert_nothing_is_left(&self) {
        let page = self.calls.page(None).await.unwrap();
        assert_eq!((page.sessions, page.tokens), (vec![], vec![]));
        assert_eq!(self.video.all_seats().await.unwrap(), BTreeMap::new());
    }
}

async fn dynamodb() -> DynamoDbCalls {
    let database = dynoxide::Database::memory().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let never = std::future::pending();
    tokio::spawn(dynoxide::server::serve_with_shutdown(
        listener, database, never,
    ));
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "test"))
        .endpoint_url(url)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let client = aws_sdk_dynamodb::Client::from_conf(config);
    let names = TableNames {
        calls: "calls".to_owned(),
        users: "users".to_owned(),
        logins: "logins".to_owned(),
    };
    tables::create(&client, &names).await.unwrap();
    DynamoDbCalls::new(client, names.calls)
}

async fn openvidu(endpoint: String) -> OpenVidu {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut settings = Settings::new(SECRET);
    settings.webhook = Some(Webhook::new(endpoint, vec![]));
    settings.reconnection_grace = Duration::from_millis(100);
    tokio::spawn(serve(listener, settings, std::future::pending()));
    OpenVidu::new(url.parse().unwrap(), SECRET.into()).unwrap()
}

/// Where webhooks arrive; returns its URL.
async fn postbox(
    sender: UnboundedSender<Value>,
    undelivered: std::sync::Arc<AtomicUsize>,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let receive = async |State((sender, undelivered)): State<(
        UnboundedSender<Value>,
        std::sync::Arc<AtomicUsize>,
    )>,
                         Json(event): Json<Value>| {
        undelivered.fetch_add(1, Ordering::SeqCst);
        sender.send(event).unwrap();
    };
    let router = axum::Router::new()
        .route("/", post(receive))
        .with_state((sender, undelivered));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// Delivers every event twice, in no order.
struct Postman {
    calls: DynamoDbCalls,
    video: OpenVidu,
    rng: StdRng,
    undelivered: std::sync::Arc<AtomicUsize>,
}

impl Postman {
    async fn deliver(mut self, mut receiver: UnboundedReceiver<Value>) {
        let mut bag = Vec::new();
        while receiver.recv_many(&mut bag, 64).await > 0 {
            let events = bag.len();
            bag.extend(bag.clone());
            bag.shuffle(&mut self.rng);
            for event in bag.drain(..) {
                self.hear(&event).await;
            }
            self.undelivered.fetch_sub(events, Ordering::SeqCst);
        }
    }

    /// As the function `openvidu-webhook` does.
    async fn hear(&self, event: &Value) {
        let Some(id) = event["sessionId"].as_str().and_then(SessionId::parse) else {
            return;
        };
        let name = id.session_name();
        match event["event"].as_str() {
            Some("participantLeft") => {
                let connection = event["connectionId"].as_str().unwrap();
                let connection = ConnectionId::parse(connection).unwrap();
                forget_connection(&self.calls, &name, &connection, now())
                    .await
                    .unwrap();
            }
            Some("sessionDestroyed") => {
                reconcile_call(&self.calls, &self.video, &name, now())
                    .await
                    .unwrap();
            }
            _ => (),
        }
    }
}
