//! The surroundings of the people of one installation: the functions' adapters on a DynamoDB of
//! their own and on the OpenVidu stand-in, and a postman who delivers its webhooks badly.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use local_testing::servers::Server;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde_json::Value;
use shared::adapters::dynamodb::DynamoDbCalls;
use shared::adapters::openvidu::{self, Requests};
use shared::domain::{Installation, SessionId, SessionName};
use shared::ports::{CallInventory, SweepRecord, VideoInventory};
use shared::system::now;
use shared::use_cases::{handle_event, sweep_calls};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

pub(crate) const SECRET: &str = "MY_SECRET";

/// Collects an installation's events.
pub(crate) struct Mailbox {
    sender: UnboundedSender<Value>,
    undelivered: Arc<AtomicUsize>,
}

/// An item in a mailbox.
pub(crate) struct Mail {
    receiver: UnboundedReceiver<Value>,
    undelivered: Arc<AtomicUsize>,
}

impl Mailbox {
    pub(crate) fn new() -> (Self, Mail) {
        let (sender, receiver) = unbounded_channel();
        let undelivered = Arc::new(AtomicUsize::new(0));
        let mail = Mail {
            receiver,
            undelivered: undelivered.clone(),
        };
        (
            Self {
                sender,
                undelivered,
            },
            mail,
        )
    }

    pub(crate) fn put(&self, event: Value) {
        self.undelivered.fetch_add(1, Ordering::SeqCst);
        self.sender.send(event).unwrap();
    }
}

/// The surroundings of the people of one installation.
pub(crate) struct World {
    dynamodb: Server,
    pub(crate) calls: DynamoDbCalls,
    pub(crate) video: Requests,
    pub(crate) installation: Installation,
    pub(crate) call: SessionName,
    /// How many people are in each session, as the people themselves know it.
    connected: Mutex<BTreeMap<SessionId, usize>>,
    /// Every contradiction that they saw.
    apart: Mutex<Vec<String>>,
    undelivered: Arc<AtomicUsize>,
    joined: AtomicUsize,
    dead_on_arrival: AtomicUsize,
    crashed: AtomicUsize,
}

impl World {
    /// The installation with this mark at this OpenVidu server, which sends it its events.
    pub(crate) async fn start(mark: &str, seed: u64, openvidu: &Server, mail: Mail) -> Self {
        let mut dynamodb = Server::new().await;
        dynamodb
            .start_dynamodb(dynoxide::Database::memory().unwrap())
            .await;
        let (calls, video) = (dynamodb.calls(), openvidu.openvidu(SECRET));
        let installation = Installation::parse(mark).unwrap();
        // All records are younger than the first sweep.
        let record = SweepRecord::default();
        calls.keep_sweep_record(&record).await.unwrap();
        let undelivered = mail.undelivered.clone();
        let postman = Postman {
            installation: installation.clone(),
            calls: calls.clone(),
            video: video.clone(),
            rng: StdRng::seed_from_u64(seed),
        };
        tokio::spawn(postman.deliver(mail));
        Self {
            dynamodb,
            calls,
            video,
            installation,
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

    pub(crate) async fn end(mut self) {
        self.dynamodb.stop().await;
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
        sweep_calls(&self.calls, &self.video, &self.installation, now(), || {
            false
        })
        .await
        .unwrap();
    }

    /// Sweeps as if it were a quarter of an hour later.
    pub(crate) async fn sweep_when_nobody_can_be_joining(&self) {
        let later = now() + Duration::from_secs(15 * 60);
        let report = sweep_calls(&self.calls, &self.video, &self.installation, later, || {
            false
        })
        .await
        .unwrap();
        println!("{report:?}");
    }

    pub(crate) async fn events_delivered(&self) {
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
            self.joined.load(Ordering::Relaxed) > 25,
            "hardly anybody got in"
        );
    }

    pub(crate) async fn assert_nothing_is_left(&self) {
        let page = self.calls.page(None).await.unwrap();
        assert_eq!((page.sessions, page.tokens), (vec![], vec![]));
        let mut left = self.video.all_seats().await.unwrap().sessions;
        left.retain(|id, _| id.is_of(&self.installation));
        assert_eq!(left, BTreeMap::new());
    }
}

/// Delivers every event twice, in random order.
struct Postman {
    installation: Installation,
    calls: DynamoDbCalls,
    video: Requests,
    rng: StdRng,
}

impl Postman {
    async fn deliver(mut self, mut mail: Mail) {
        let mut bag = Vec::new();
        while mail.receiver.recv_many(&mut bag, 64).await > 0 {
            let events = bag.len();
            bag.extend(bag.clone());
            bag.shuffle(&mut self.rng);
            for event in bag.drain(..) {
                self.hear(&event).await;
            }
            mail.undelivered.fetch_sub(events, Ordering::SeqCst);
        }
    }

    /// Like the function `openvidu-webhook`.
    async fn hear(&self, event: &Value) {
        if let Some(event) =
            openvidu::event(event.to_string().as_bytes(), &self.installation).unwrap()
        {
            handle_event(&self.calls, &self.video, &event, now())
                .await
                .unwrap();
        }
    }
}
