//! A world in memory in which the functions can be called, and API Gateway's events.

use std::time::Duration;

use lambda_http::{Body, Request, Response};
use serde_json::Value;

use shared::adapters::jwt::KeyRing;
use shared::adapters::passwords::Argon2id;
use shared::adapters::video::{Address, Kind};
use shared::deadline::Deadline;
use shared::domain::{
    Account, Generation, Installation, JoinLimit, Login, Password, Role, SessionName, Timestamp,
    User, UserName,
};
use shared::http::{ClientAddresses, Invocation, LoginCheck, LoginCookie};
use shared::ports::{Backoff, LoginProofs, PasswordHashing};
use shared::secrets::Secrets;
use shared::system::{self, SystemClock};
use shared::use_cases::{
    Joined, Origin, Participant, attempt_failed, begin_attempt, join_call, limit_joins,
};

use crate::calls::MemoryCalls;
use crate::exchange::Exchange;
use crate::faulty::{Fault, Faulty};
use crate::people::{MemoryAttempts, MemoryJoinTallies, MemoryPeople};
use crate::video::MemoryVideo;

/// The users of every test. All have the password `pass`, and all are moderators in the call
/// `MODERATED`.
pub const PEOPLE: [(&str, Role); 4] = [
    ("publisher1", Role::Publisher),
    ("publisher2", Role::Publisher),
    ("subscriber", Role::Subscriber),
    ("moderator", Role::Moderator),
];

/// The generation of all users.
const GENERATION: Generation = Generation::new(1);

/// Tests do not wait.
#[derive(Clone, Copy, Debug)]
pub struct NoBackoff;

impl Backoff for NoBackoff {
    async fn wait(&self, _repetition: usize) {}
}

/// Everything behind the ports, in memory.
#[derive(Debug)]
pub struct World {
    /// Finds out who the caller is.
    pub check: LoginCheck<KeyRing, MemoryPeople>,
    pub calls: MemoryCalls,
    pub video: MemoryVideo,
    /// Where browsers find the video server.
    pub address: Address,
    /// The installation that the calls belong to.
    pub installation: Installation,
    /// Attempts to log in.
    pub attempts: MemoryAttempts,
    /// The tallies of users' joins.
    pub tallies: MemoryJoinTallies,
    /// Passwords.
    pub hashing: Argon2id,
}

impl World {
    /// A world in which nobody has logged in yet.
    pub fn new() -> Self {
        let hashing = Argon2id::new();
        let video = MemoryVideo::default();
        video.set_clock(system::now());
        let password_hash = hashing
            .hash(&Password::new("pass"))
            .expect("a password can be hashed");
        let people = PEOPLE.map(|(name, role)| {
            let user = User {
                name: user_name(name),
                role,
                moderates: [SessionName::parse("MODERATED").expect("a session name")].into(),
                disabled: false,
                generation: GENERATION,
            };
            Account::new(user, password_hash.clone())
        });
        Self {
            check: LoginCheck {
                proofs: keys(),
                logins: MemoryPeople::new(people),
                cookie: LoginCookie::new(true),
                site_origin: None,
                addresses: ClientAddresses::new(None),
            },
            calls: MemoryCalls::default(),
            video,
            address: Address {
                kind: Kind::OpenVidu,
                url: "https://video.example.org:4443".to_owned(),
            },
            installation: installation(),
            attempts: MemoryAttempts::default(),
            tallies: MemoryJoinTallies::default(),
            hashing,
        }
    }

    /// The same check, with a fault in the records of logins.
    pub fn check_with(&self, fault: Fault) -> LoginCheck<KeyRing, Faulty<'_, MemoryPeople, Fault>> {
        LoginCheck {
            proofs: keys(),
            logins: Faulty::new(&self.check.logins, fault),
            cookie: self.check.cookie,
            site_origin: None,
            addresses: ClientAddresses::new(None),
        }
    }

    /// A proof that `user` is logged in.
    pub fn proof_of(&self, user: &str) -> String {
        self.proof_at(user, system::now(), Duration::from_secs(600))
    }

    /// A proof that `user` logged in at `time`, for `lifetime`.
    pub fn proof_at(&self, user: &str, time: Timestamp, lifetime: Duration) -> String {
        let login = Login {
            id: system::new_login_id(),
            user: user_name(user),
            generation: GENERATION,
            authenticated_at: time,
            issued_at: time,
            expires_at: time + lifetime,
        };
        self.check
            .proofs
            .prove(&login)
            .expect("a login can be proved")
    }

    /// Lets `user` join `call`, however often.
    pub async fn join(&self, user: &str, call: &str) -> Joined {
        self.join_within(
            JoinLimit {
                per_minute: 0,
                ..JoinLimit::default()
            },
            user,
            call,
        )
        .await
    }

    async fn join_within(&self, limit: JoinLimit, user: &str, call: &str) -> Joined {
        let who = Participant {
            user: user_name(user),
            role: role_of(user),
            nickname: None,
        };
        let name = SessionName::parse(call).expect("a session name");
        let id = |name: &SessionName| system::new_session_id(name, &self.installation);
        let (now, join) = (system::now(), system::new_join_id());
        let joining = join_call(&self.calls, &self.video, &NoBackoff, id, &who, &name, now);
        limit_joins(
            &self.tallies,
            &self.video,
            &limit,
            &who.user,
            join,
            now,
            joining,
        )
        .await
        .expect("memory does not fail, and nobody joins that often")
    }

    /// Counts a failed attempt for the user and the address of `exchange` and `event`.
    async fn fail(&self, exchange: &Exchange, event: &str) {
        let body = exchange.request.body.as_ref().expect("somebody logs in");
        let user = user_name(body["user"].as_str().expect("a name"));
        let address = self.check.addresses.of(&request(event));
        let origin = Origin::Network(Some(&user), address);
        let pending = begin_attempt(&self.attempts, &SystemClock, origin)
            .await
            .expect("memory does not fail")
            .expect("there are free attempts");
        attempt_failed(&self.attempts, &SystemClock, pending)
            .await
            .expect("memory does not fail");
    }

    /// The request of `exchange`, as an event like `event`. Users who have to be in the call join
    /// it first.
    pub async fn request(&self, event: &str, exchange: &Exchange) -> Request {
        let mut body = exchange.body_text();
        if let Some(user) = &exchange.joined {
            let joined = self.join(user, "TUTORIAL").await;
            let example = Exchange::read("get-token").response.body;
            for (example, real) in [
                (&example["token"], joined.connection.token.expose()),
                (&example["connectionId"], joined.connection.id.as_str()),
            ] {
                let example = example.as_str().expect("a string");
                body = body.map(|body| body.replace(example, real));
            }
        }
        for _ in 0..exchange.unused {
            let user = exchange.asks.as_ref().expect("somebody joins");
            self.join_within(JoinLimit::default(), user, "TUTORIAL")
                .await;
        }
        for _ in 0..exchange.failed {
            self.fail(exchange, event).await;
        }
        let mut event: Value = serde_json::from_str(event).expect("an event is JSON");
        let object = event.as_object_mut().expect("an event is an object");
        object.remove("cookies");
        object.remove("body");
        if let Some(body) = body {
            object.insert("body".to_owned(), body.into());
        }
        event["rawPath"] = exchange.request.path.clone().into();
        event["requestContext"]["http"]["path"] = exchange.request.path.clone().into();
        event["requestContext"]["http"]["method"] = exchange.request.method.clone().into();
        for (name, value) in &exchange.request.headers {
            event["headers"][name] = value.clone();
        }
        if let Some(user) = &exchange.asks {
            event["headers"]["authorization"] = format!("Bearer {}", self.proof_of(user)).into();
        }
        request(&event.to_string())
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

/// A request as the runtime passes it on, made from API Gateway's event.
///
/// # Panics
/// If the event cannot be read.
pub fn request(event: &str) -> Request {
    let event = serde_json::from_str(event).expect("an event is JSON");
    shared::http::event::request(event).expect("an event of API Gateway")
}

/// A request that has just reached a function, with more time than any function takes.
pub fn invocation(request: Request) -> Invocation {
    let deadline = Deadline::after(Duration::from_secs(28));
    Invocation::new(request, deadline, Secrets::default())
}

/// Checks that a function with a time-out of `time_out` answers in time although its store is slow
/// or dead.
///
/// # Panics
/// If it does not, or if the answer is neither a success nor a problem.
pub async fn assert_answers_in_time(
    time_out: Duration,
    answer: impl AsyncFn(Fault, Invocation) -> Response<Body>,
    request: impl Fn() -> Request,
) {
    let time = time_out - Duration::from_secs(1);
    for fault in [
        Fault::Takes(Duration::from_millis(1900)),
        Fault::Hangs,
        Fault::Fails,
    ] {
        let started = tokio::time::Instant::now();
        let invocation = invocation(request()).within(time);
        let response = answer(fault, invocation).await;
        let took = started.elapsed();
        assert!(took <= time, "{fault:?}: {took:?}");
        let body: Value = serde_json::from_slice(response.body()).expect("answers are JSON");
        let is_slow = matches!(fault, Fault::Takes(_)) && response.status() == 200;
        assert!(is_slow || body["code"].is_string(), "{fault:?}: {body}");
    }
}

/// The keys of every test.
///
/// # Panics
/// Never.
pub fn keys() -> KeyRing {
    KeyRing::parse("test:dGVzdC10ZXN0LXRlc3QtdGVzdC10ZXN0LXRlc3QtdGVzdC0").expect("a key ring")
}

/// The installation of every test.
///
/// # Panics
/// Never.
pub fn installation() -> Installation {
    Installation::parse("3f9c21d07b58").expect("a mark")
}

fn user_name(name: &str) -> UserName {
    UserName::parse(name).expect("a user name")
}

fn role_of(user: &str) -> Role {
    let found = PEOPLE.iter().find(|(name, _)| *name == user);
    found.expect("one of the people").1
}
