//! The ports as an actor sees them: every operation waits at the gate until the scheduler answers it.
//!
//! The gate knows nothing of the world and decides nothing.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use shared::domain::{Connection, ConnectionId, SessionId, UserName};
use testing::{Fate, Faults, Faulty, Kind, MemoryCalls, MemoryVideo, Operation};

use crate::action::{Action, Reply};
use crate::flaw::Flaw;

/// An actor's only way to the world.
#[derive(Clone, Default)]
pub(crate) struct Gate {
    inside: Arc<Mutex<Inside>>,
    pub(crate) flaw: Option<Flaw>,
    kind: Kind,
}

#[derive(Default)]
struct Inside {
    asked: Option<Action>,
    answer: Option<Reply>,
    /// Wakes the future that waits for the answer: in a stream, only woken futures are polled.
    waiting: Option<Waker>,
    /// The last operation is never answered.
    hangs: bool,
    notes: Vec<Note>,
    knows: Option<String>,
    /// The latest id for a new session. It identifies the current try of the join.
    candidate: Option<SessionId>,
    /// The first request to open the call failed, so a second failure ends the join.
    opening_failed: bool,
    /// How often the video server was asked: by a join since it last started, by others in total.
    asked_video: usize,
    /// How many pages of records were asked for.
    pages: usize,
    /// The answer that [`Flaw::ConfirmBeforeRecord`] or [`Flaw::VideoAskedFirst`] got.
    remembered: Option<Reply>,
}

/// A connection that somebody was given, with its session and token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) session_id: SessionId,
    pub(crate) connection: Connection,
}

/// What an actor tells the checker. It takes no time: it belongs to the previous step.
#[derive(Clone, Debug)]
pub(crate) enum Note {
    /// A try to join begins. The user's connections are numbered from here on: earlier ones must
    /// not show in the numbers, so that fewer states differ.
    Begins(UserName, u64),
    /// A token was handed out. Its holder counts on it from now on.
    Holds(Place),
    /// Somebody asks to end this connection. Nobody counts on it any longer.
    Ends(ConnectionId),
    /// Its own browser leaves the call. The video server will notice at some time.
    Leaves(ConnectionId),
    /// A use case promised that this connection has ended.
    Ended(ConnectionId),
    /// It was not there, whoever ended it.
    NotThere,
    /// A use case returned an error.
    Refused(String),
    /// A join starts again although nothing failed.
    StartsAgain,
    /// A join has its connection, after this many requests to the video server.
    Connected(usize),
    /// A use case asked the video server more often than it should.
    AskedTooOften(String),
}

impl Gate {
    pub(crate) fn new(flaw: Option<Flaw>, kind: Kind) -> Self {
        let inside = Arc::default();
        Self { inside, flaw, kind }
    }

    /// Waits for the world's reply to `action`.
    pub(crate) async fn ask(&self, action: impl Into<Action>) -> Reply {
        self.inside().asked = Some(action.into());
        poll_fn(|context| {
            let mut inside = self.inside();
            match inside.answer.take() {
                Some(Reply::Never) => inside.hangs = true,
                Some(answer) => return Poll::Ready(answer),
                None => inside.waiting = Some(context.waker().clone()),
            }
            Poll::Pending
        })
        .await
    }

    /// Runs a use case like a function that is cancelled at its deadline: an operation that hangs
    /// is its last.
    ///
    /// # Errors
    /// The use case's own error. `None` if it was cancelled.
    pub(crate) async fn run<T, E>(
        &self,
        use_case: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Option<E>> {
        {
            let mut inside = self.inside();
            (inside.candidate, inside.opening_failed, inside.asked_video) = (None, false, 0);
        }
        let mut use_case = pin!(use_case);
        poll_fn(|context| match use_case.as_mut().poll(context) {
            Poll::Ready(outcome) => Poll::Ready(outcome.map_err(Some)),
            Poll::Pending if std::mem::take(&mut self.inside().hangs) => Poll::Ready(Err(None)),
            Poll::Pending => Poll::Pending,
        })
        .await
    }

    /// Notes why a use case failed. `None` if it was cancelled.
    pub(crate) fn refuse(&self, what: &str, error: Option<impl fmt::Display>) {
        let why = match error {
            Some(error) => error.to_string(),
            None => "cancelled at its deadline".to_owned(),
        };
        self.note(Note::Refused(format!("{what}: {why}")));
    }

    /// Notes if the use case that has just ended asked the video server more often than this.
    pub(crate) fn asked_at_most(&self, what: &str, times: usize) {
        let asked = self.inside().asked_video;
        if asked > times {
            let text = format!("{what} asked the video server {asked} times");
            self.note(Note::AskedTooOften(text));
        }
    }

    /// Does the video server leave it to us to close a session that its last connection has left?
    pub(crate) fn closes_sessions(&self) -> bool {
        self.kind == Kind::LiveKit
    }

    pub(crate) fn note(&self, note: Note) {
        self.inside().notes.push(note);
    }

    /// Claims that everything the actor does from here on follows only from this, so that it does
    /// not matter how it got here. The actor's tree checks the claim.
    pub(crate) fn knows_only(&self, knowledge: String) {
        self.inside().knows = Some(knowledge);
    }

    pub(crate) fn take_knowledge(&self) -> Option<String> {
        self.inside().knows.take()
    }

    pub(crate) fn take_asked(&self) -> Option<Action> {
        self.inside().asked.take()
    }

    pub(crate) fn take_notes(&self) -> Vec<Note> {
        std::mem::take(&mut self.inside().notes)
    }

    pub(crate) fn answer(&self, answer: Reply) {
        self.inside().answer = Some(answer);
        let waiting = self.inside().waiting.take();
        waiting.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn remember(&self, answer: Reply) {
        self.inside().remembered = Some(answer);
    }

    pub(crate) fn remembered(&self) -> Option<Reply> {
        self.inside().remembered.clone()
    }

    /// How many pages of records were asked for.
    pub(crate) fn pages(&self) -> usize {
        self.inside().pages
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gate {
    /// The store of calls. The gate answers for it: nothing is ever in this one.
    pub(crate) fn calls(&self) -> Faulty<'static, MemoryCalls, &Self> {
        static EMPTY: LazyLock<MemoryCalls> = LazyLock::new(MemoryCalls::default);
        Faulty::new(&EMPTY, self)
    }

    /// The video server. The gate answers for it: nothing is ever in this one.
    pub(crate) fn video(&self) -> Faulty<'static, MemoryVideo, &Self> {
        static OPENVIDU: LazyLock<MemoryVideo> = LazyLock::new(MemoryVideo::default);
        static LIVEKIT: LazyLock<MemoryVideo> = LazyLock::new(MemoryVideo::livekit);
        match self.kind {
            Kind::OpenVidu => Faulty::new(&OPENVIDU, self),
            Kind::LiveKit => Faulty::new(&LIVEKIT, self),
        }
    }

    /// Notes what an operation says about the use case that it belongs to.
    fn observe(&self, operation: &Operation) {
        match operation {
            // A join that starts again remembers only how often it has, and whether it failed.
            Operation::FindOrOpen(_, candidate, ..) => {
                let failed = self.inside().opening_failed;
                let before = self.inside().candidate.replace(candidate.clone());
                if before.is_some() && !failed {
                    self.note(Note::StartsAgain);
                }
                self.inside().asked_video = 0;
                self.knows_only(format!("try {candidate}, failed before: {failed}"));
            }
            Operation::Record(token) => {
                // A leave may record too.
                let joining = self.inside().candidate.clone();
                if let Some(candidate) = joining {
                    let asked = self.inside().asked_video;
                    self.note(Note::Connected(asked));
                    // From here on it does not matter who opened the session, and who made it and
                    // how.
                    self.knows_only(format!("try {candidate:?} with {token:?}"));
                }
            }
            Operation::Open(_)
            | Operation::Connect(..)
            | Operation::Evict(..)
            | Operation::CloseVideo(_)
            | Operation::Seats(_)
            | Operation::AllSeats() => self.inside().asked_video += 1,
            Operation::Page(_) => self.inside().pages += 1,
            _ => (),
        }
    }
}

impl Faults for Gate {
    async fn strike(&self, operation: Operation) -> Fate {
        self.observe(&operation);
        let opens = matches!(operation, Operation::FindOrOpen(..));
        let reply = self.ask_flawed(operation).await;
        if opens {
            self.inside().opening_failed = reply == Reply::Failed;
        }
        match reply {
            Reply::Port(answer) => Fate::Answered(Box::new(answer)),
            Reply::Failed => Fate::Fails {
                after_effect: false,
            },
            other => panic!("{other} is no answer to an operation"),
        }
    }
}
