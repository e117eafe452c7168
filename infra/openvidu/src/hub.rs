//! Holds the state of one server and carries out the effects of each change. There is one lock,
//! which is never held across an await, so every browser sees the changes in the same order.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info};

use crate::address::Address;
use crate::clock::Clock;
use crate::effect::Effect;
use crate::ids;
use crate::media::Media;
use crate::model::RpcId;
use crate::rooms::Rooms;
use crate::settings::Settings;
use crate::webhook::Reporter;

/// Something to send on a WebSocket.
#[derive(Debug, PartialEq)]
pub(crate) enum Outgoing {
    Text(String),
    Close { code: u16, reason: &'static str },
}

/// The sending side of one WebSocket.
#[derive(Clone, Debug)]
pub(crate) struct Socket {
    pub(crate) id: u64,
    pub(crate) sender: UnboundedSender<Outgoing>,
}

impl Socket {
    pub(crate) fn send(&self, frame: Outgoing) {
        // The socket's own task notices when it is gone.
        let _ = self.sender.send(frame);
    }
}

/// A JSON-RPC session, which can move to another WebSocket.
struct Line {
    socket: Option<Socket>,
    /// The number of sockets so far, so that a timer for an earlier loss can see that it is out of
    /// date.
    generation: u64,
    ping_interval: Option<Duration>,
    /// Was it ever in a session?
    joined: bool,
}

/// How many requests the server handles at the same time.
const CORES: usize = 2;

/// The server.
pub(crate) struct Hub {
    pub(crate) settings: Settings,
    pub(crate) address: Address,
    pub(crate) clock: Clock,
    pub(crate) media: Media,
    pub(crate) stopping: CancellationToken,
    pub(crate) tasks: TaskTracker,
    cores: Semaphore,
    reporter: Option<Reporter>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    rooms: Rooms,
    lines: HashMap<RpcId, Line>,
}

impl Hub {
    pub(crate) fn new(
        settings: Settings,
        address: Address,
        media: Media,
        reporter: Option<Reporter>,
    ) -> Arc<Self> {
        Arc::new(Self {
            settings,
            address,
            clock: Clock::start(),
            media,
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
            cores: Semaphore::new(CORES),
            reporter,
            state: Mutex::default(),
        })
    }

    /// Reads the rooms without changing them.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Rooms) -> T) -> T {
        look(&self.lock().rooms)
    }

    /// Changes the rooms and carries out the effects, before anybody else can read or change them.
    pub(crate) fn change<T, E>(
        &self,
        change: impl FnOnce(&mut Rooms, u64) -> Result<(T, Vec<Effect>), E>,
    ) -> Result<T, E> {
        self.change_then(change, |outcome| outcome)
    }

    /// The same. `then` runs after the effects, and also before anybody else.
    pub(crate) fn change_then<T, U, E>(
        &self,
        change: impl FnOnce(&mut Rooms, u64) -> Result<(T, Vec<Effect>), E>,
        then: impl FnOnce(T) -> U,
    ) -> Result<U, E> {
        let mut state = self.lock();
        let (outcome, effects) = change(&mut state.rooms, self.clock.now_ms())?;
        self.carry_out(&mut state, effects);
        Ok(then(outcome))
    }

    /// Spends the time that checking a secret takes, as soon as a core is free.
    pub(crate) async fn work(&self) {
        let time = self.settings.secret_check;
        if time.is_zero() {
            return;
        }
        let working = async {
            // The semaphore is never closed.
            if let Ok(_core) = self.cores.acquire().await {
                tokio::time::sleep(time).await;
            }
        };
        self.stopping.run_until_cancelled(working).await;
    }

    /// Opens a JSON-RPC session on a WebSocket.
    pub(crate) fn open_line(&self, socket: Socket) -> RpcId {
        let rpc = ids::rpc_session();
        let line = Line {
            socket: Some(socket),
            generation: 0,
            ping_interval: None,
            joined: false,
        };
        self.lock().lines.insert(rpc.clone(), line);
        rpc
    }

    /// Moves a JSON-RPC session to another WebSocket, if it still exists.
    pub(crate) fn reconnect_line(&self, rpc: &str, socket: Socket) -> bool {
        let mut state = self.lock();
        let Some(line) = state.lines.get_mut(rpc) else {
            return false;
        };
        line.generation += 1;
        line.socket = Some(socket);
        state.rooms.set_away(rpc, false);
        true
    }

    /// Records that this JSON-RPC session has entered a session.
    pub(crate) fn note_join(&self, rpc: &str) {
        if let Some(line) = self.lock().lines.get_mut(rpc) {
            line.joined = true;
        }
    }

    /// Has this JSON-RPC session ever entered a session?
    pub(crate) fn has_joined(&self, rpc: &str) -> bool {
        self.lock().lines.get(rpc).is_some_and(|line| line.joined)
    }

    /// How often this client promised to ping, now or on an earlier socket.
    pub(crate) fn ping_interval(&self, rpc: &str, told: Option<Duration>) -> Option<Duration> {
        let mut state = self.lock();
        let line = state.lines.get_mut(rpc)?;
        line.ping_interval = told.or(line.ping_interval);
        line.ping_interval
    }

    /// A WebSocket has ended. Its JSON-RPC session waits for another one for a while. After that
    /// the participant is evicted, unless the way in which the socket ended says to leave them
    /// (`evict`).
    pub(crate) fn lose_line(self: &Arc<Self>, rpc: &str, socket_id: u64, evict: bool) {
        let generation = {
            let mut state = self.lock();
            let Some(line) = state.lines.get_mut(rpc) else {
                return;
            };
            if line
                .socket
                .as_ref()
                .is_none_or(|socket| socket.id != socket_id)
            {
                return;
            }
            line.socket = None;
            let generation = line.generation;
            state.rooms.set_away(rpc, true);
            generation
        };
        let (hub, rpc) = (Arc::clone(self), rpc.to_owned());
        self.tasks.spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(hub.settings.reconnection_grace) => {
                    hub.expire_line(&rpc, generation, evict);
                }
                () = hub.stopping.cancelled() => {}
            }
        });
    }

    fn expire_line(&self, rpc: &str, generation: u64, evict: bool) {
        let mut state = self.lock();
        let expired = state
            .lines
            .get(rpc)
            .is_some_and(|line| line.socket.is_none() && line.generation == generation);
        if !expired {
            return;
        }
        state.lines.remove(rpc);
        if evict {
            debug!("a participant did not come back");
            let effects = state.rooms.lose(rpc, self.clock.now_ms());
            self.carry_out(&mut state, effects);
        }
    }

    /// Closes the WebSocket of a participant who left, unless they have closed it or joined again
    /// before `delay` is over.
    pub(crate) fn hang_up_after(self: &Arc<Self>, delay: Duration, rpc: &str) {
        let (hub, rpc) = (Arc::clone(self), rpc.to_owned());
        self.tasks.spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(delay) => {
                    let mut state = hub.lock();
                    if state.rooms.participant(&rpc).is_none() {
                        hang_up(&mut state, &rpc);
                    }
                }
                () = hub.stopping.cancelled() => {}
            }
        });
    }

    /// Removes sessions that nobody has joined, for as long as the server runs.
    pub(crate) async fn collect_garbage(self: Arc<Self>) {
        let interval = self.settings.garbage_interval;
        let threshold = self.settings.garbage_threshold.as_millis();
        let threshold = u64::try_from(threshold).unwrap_or(u64::MAX);
        if interval.is_zero() {
            return;
        }
        loop {
            tokio::select! {
                () = tokio::time::sleep(interval) => {}
                () = self.stopping.cancelled() => return,
            }
            let now = self.clock.now_ms();
            let collected = self.lock().rooms.collect_garbage(now, threshold);
            if collected > 0 {
                info!(sessions = collected, "collected sessions nobody joined");
            }
        }
    }

    fn carry_out(&self, state: &mut State, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Notify { to, method, params } => notify(state, &to, method, &params),
                Effect::HangUp(rpc) => hang_up(state, &rpc),
                Effect::Release(endpoint) => self.media.release(endpoint),
                Effect::Report(event) => {
                    if let Some(reporter) = &self.reporter {
                        reporter.report(&event);
                    }
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is usable even after a panic elsewhere: each change is complete before its
        // effects.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notifies a browser if it is reachable. What it misses while disconnected is lost.
fn notify(state: &State, to: &str, method: &str, params: &Value) {
    let frame = json!({ "jsonrpc": "2.0", "method": method, "params": params });
    if let Some(socket) = state.lines.get(to).and_then(|line| line.socket.as_ref()) {
        socket.send(Outgoing::Text(frame.to_string()));
    }
}

/// Ends a JSON-RPC session and its WebSocket.
fn hang_up(state: &mut State, rpc: &str) {
    if let Some(socket) = state.lines.remove(rpc).and_then(|line| line.socket) {
        socket.send(Outgoing::Close {
            code: 1000,
            reason: "",
        });
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use serde_json::Map;

    use super::*;
    use crate::model::SessionProperties;
    use crate::rooms::AlreadyExists;

    #[tokio::test(start_paused = true)]
    async fn a_session_nobody_joins_lives_an_hour_and_until_the_next_round() {
        let hub = hub().await;
        hub.tasks.spawn(Arc::clone(&hub).collect_garbage());
        tokio::time::sleep(Duration::from_secs(1)).await;
        let properties = SessionProperties {
            media_mode: String::new(),
            recording_mode: String::new(),
            default_recording_properties: Map::new(),
            custom_session_id: String::new(),
            forced_video_codec: String::new(),
            allow_transcoding: false,
        };
        hub.change(|rooms, now| {
            let effects = rooms.create_session("idle", properties, now)?;
            Ok::<_, AlreadyExists>(((), effects))
        })
        .expect("it is new");
        let is_there = || hub.look(|rooms| rooms.session("idle").is_some());

        tokio::time::sleep(Duration::from_secs(4 * 900)).await;
        assert!(
            is_there(),
            "the round at 3600 s finds it a second too young"
        );
        tokio::time::sleep(Duration::from_secs(900)).await;
        assert!(!is_there());
    }

    #[tokio::test(start_paused = true)]
    async fn two_secrets_are_checked_at_once_and_the_others_wait() {
        let hub = hub_with(|settings| settings.secret_check = Duration::from_millis(80)).await;
        let began = tokio::time::Instant::now();
        futures_util::future::join_all((0..10).map(|_| hub.work())).await;
        assert_eq!(began.elapsed(), Duration::from_millis(400));
    }

    async fn hub() -> Arc<Hub> {
        hub_with(|_| ()).await
    }

    async fn hub_with(change: impl FnOnce(&mut Settings)) -> Arc<Hub> {
        let address = Address::new(None, (Ipv4Addr::LOCALHOST, 4443).into())
            .expect("a listener has an address");
        let media = Media::start(Ipv4Addr::LOCALHOST.into())
            .await
            .expect("loopback has free ports");
        let mut settings = Settings::new("secret");
        change(&mut settings);
        Hub::new(settings, address, media, None)
    }
}
