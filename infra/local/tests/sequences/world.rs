//! The world in which the steps take place: the functions' adapters on an embedded DynamoDB and the
//! OpenVidu stand-in, people with sockets, and the reports that have not arrived yet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use local_testing::postbox::postbox;
use local_testing::servers::Server;
use local_testing::socket::{Socket, disconnect, enter, vanish};
use openvidu_stand_in::{Settings, Webhook};
use serde_json::Value;
use shared::adapters::dynamodb::DynamoDbCalls;
use shared::adapters::openvidu::{self, Requests};
use shared::domain::{
    ConnectionId, Installation, Role, SessionId, SessionName, TokenRecord, UserName,
};
use shared::ports::{CallInventory, SweepRecord, VideoInventory};
use shared::system::{JitteredBackoff, new_session_id, now};
use shared::telemetry::Metric;
use shared::use_cases::{
    Joined, Participant, Whom, handle_event, join_call, leave_call, sweep_calls,
};
use testing::Faulty;

use crate::faulty::{Fault, Run};
use crate::step::Step;

const SECRET: &str = "MY_SECRET";

/// Everything that the steps change.
pub(crate) struct World {
    dynamodb: Server,
    openvidu: Server,
    settings: Settings,
    calls: DynamoDbCalls,
    video: Requests,
    reports: Arc<Mutex<Vec<Value>>>,
    holders: Vec<Holder>,
}

/// Somebody who has a token.
struct Holder {
    who: Participant,
    call: SessionName,
    joined: Joined,
    socket: Option<Socket>,
}

/// The sessions, and the connections in each.
pub(crate) type Contents = BTreeMap<SessionId, BTreeSet<ConnectionId>>;

impl World {
    pub(crate) async fn new() -> Self {
        let (mut dynamodb, mut openvidu) = (Server::new().await, Server::new().await);
        let database = dynoxide::Database::memory().unwrap();
        dynamodb.start_dynamodb(database).await;

        let reports = Arc::new(Mutex::new(Vec::new()));
        let kept = reports.clone();
        let endpoint = postbox(move |report| kept.lock().unwrap().push(report)).await;
        let mut settings = Settings::new(SECRET);
        settings.webhook = Some(Webhook::new(endpoint, vec![]));
        settings.reconnection_grace = Duration::from_millis(1);
        openvidu.start_openvidu(settings.clone()).await;
        let calls = dynamodb.calls();
        // All records are younger than the first sweep.
        let record = SweepRecord::default();
        calls.keep_sweep_record(&record).await.unwrap();
        Self {
            calls,
            video: openvidu.openvidu(SECRET),
            dynamodb,
            openvidu,
            settings,
            reports,
            holders: Vec::new(),
        }
    }

    pub(crate) async fn take(&mut self, step: Step) {
        match step {
            Step::Join {
                person,
                call,
                fault,
            } => self.join(person, call, fault).await,
            Step::Connect(holder) => {
                if let Some(holder) = pick(&mut self.holders, holder)
                    && holder.socket.is_none()
                {
                    holder.socket = enter(holder.joined.connection.token.expose()).await;
                }
            }
            Step::Leave {
                holder,
                disconnects,
                fault,
            } => self.leave(holder, disconnects, fault).await,
            Step::Vanish(holder) => {
                if let Some(holder) = pick(&mut self.holders, holder)
                    && let Some(socket) = holder.socket.take()
                {
                    vanish(socket).await;
                    noticed(&self.video, &holder.joined).await;
                }
            }
            Step::Restart => {
                self.openvidu.stop().await;
                self.openvidu.start_openvidu(self.settings.clone()).await;
                // Drop the connections to the server that was cut off: when a client notices that
                // they are dead depends on the machine.
                self.video = self.openvidu.openvidu(SECRET);
            }
            Step::Hear { report, fault } => {
                let report = pick(&mut self.reports.lock().unwrap(), report).cloned();
                if let Some(report) = report {
                    self.hear(&report, fault).await;
                }
            }
            Step::Sweep { fault } => {
                let run = Run::with(fault);
                let (calls, video) = (
                    Faulty::new(&self.calls, &run),
                    Faulty::new(&self.video, &run),
                );
                let ours = installation();
                let sweeping = sweep_calls(&calls, &video, &ours, now(), || false);
                let _ = run.of(sweeping).await;
            }
        }
    }

    /// The sweep after all steps, at a time when no join can be going on.
    pub(crate) async fn sweep(&self) {
        let later = now() + Duration::from_secs(15 * 60);
        let report = sweep_calls(&self.calls, &self.video, &installation(), later, || false).await;
        let report = report.unwrap();
        assert!(
            report.count(Metric::SweepIncomplete) == 0 && report.count(Metric::SweepFailures) == 0,
            "{report:?}"
        );
    }

    pub(crate) async fn end(mut self) {
        self.openvidu.stop().await;
        self.dynamodb.stop().await;
    }

    pub(crate) async fn on_record(&self) -> Contents {
        let page = self.calls.page(None).await.unwrap();
        assert_eq!(page.next, None, "one page is enough for so few");
        let sessions = page.sessions.into_iter();
        let mut contents: Contents = sessions
            .map(|session| (session.id, BTreeSet::new()))
            .collect();
        // An expired record belongs to a leave that failed midway.
        let alive = |token: &TokenRecord| token.expires_at > now();
        for token in page.tokens.into_iter().filter(alive) {
            let connections = contents.entry(token.session_id).or_default();
            connections.insert(token.connection.id);
        }
        contents
    }

    pub(crate) async fn at_the_video_server(&self) -> Contents {
        let sessions = self.video.all_seats().await.unwrap().sessions.into_iter();
        sessions
            .map(|(id, seats)| (id, seats.seats.into_keys().collect()))
            .collect()
    }

    /// The connections of those who are in a call.
    pub(crate) async fn in_a_call(&self) -> BTreeSet<ConnectionId> {
        let sessions = self.video.all_seats().await.unwrap().sessions.into_values();
        let seats = sessions.flat_map(|session| session.seats);
        seats
            .filter(|(_, seat)| seat.taken)
            .map(|(id, _)| id)
            .collect()
    }

    async fn join(&mut self, person: usize, call: usize, fault: Option<Fault>) {
        let who = Participant {
            user: UserName::parse(["ann", "bob", "cleo"][person]).unwrap(),
            role: Role::Publisher,
            nickname: None,
        };
        let call = SessionName::parse(["standup", "café 3"][call]).unwrap();
        let run = Run::with(fault);
        let (calls, video) = (
            Faulty::new(&self.calls, &run),
            Faulty::new(&self.video, &run),
        );
        let new_id = |name: &SessionName| new_session_id(name, &installation());
        let joining = join_call(&calls, &video, &JitteredBackoff, new_id, &who, &call, now());
        if let Some(Ok(joined)) = run.of(joining).await {
            self.holders.push(Holder {
                who,
                call,
                joined,
                socket: None,
            });
        }
    }

    async fn leave(&mut self, holder: usize, disconnects: bool, fault: Option<Fault>) {
        let Some(holder) = pick(&mut self.holders, holder) else {
            return;
        };
        if disconnects && let Some(mut socket) = holder.socket.take() {
            disconnect(&mut socket).await;
            noticed(&self.video, &holder.joined).await;
        }
        let run = Run::with(fault);
        let (calls, video) = (
            Faulty::new(&self.calls, &run),
            Faulty::new(&self.video, &run),
        );
        let whom = Whom::Token(holder.joined.connection.token.clone());
        let leaving = leave_call(&calls, &video, &holder.who, &holder.call, &whom, now());
        let _ = run.of(leaving).await;
    }

    /// Like the function `openvidu-webhook`.
    async fn hear(&self, report: &Value, fault: Option<Fault>) {
        if let Some(event) =
            openvidu::event(report.to_string().as_bytes(), &installation()).unwrap()
        {
            let run = Run::with(fault);
            let (calls, video) = (
                Faulty::new(&self.calls, &run),
                Faulty::new(&self.video, &run),
            );
            let _ = run.of(handle_event(&calls, &video, &event, now())).await;
        }
    }
}

fn installation() -> Installation {
    Installation::parse("sequence").unwrap()
}

/// Waits until the video server has noticed that a browser is gone.
async fn noticed(video: &Requests, gone: &Joined) {
    let there = async || {
        let seats = video.seats(&gone.session_id).await.unwrap();
        seats.is_some_and(|seats| seats.seats.contains_key(&gone.connection.id))
    };
    while there().await {
        tokio::task::yield_now().await;
    }
}

fn pick<T>(all: &mut [T], number: usize) -> Option<&mut T> {
    let number = number.checked_rem(all.len())?;
    all.get_mut(number)
}
