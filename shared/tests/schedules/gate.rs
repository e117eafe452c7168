//! The ports as an actor sees them: every operation waits at the gate until the scheduler answers it.
//!
//! The gate knows nothing of the world and decides nothing. The ports of who puts records right are in
//! [`crate::inventory`].

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use shared::domain::{
    Connection, ConnectionId, RecordedToken, Removal, Role, Session, SessionId, SessionName,
    Timestamp, Token, TokenRecord, UserName,
};
use shared::ports::{CallStore, StoreError, VideoError, VideoServer};

use crate::flaw::Flaw;
use crate::operation::{Answer, Operation};

/// An actor's only way to the world.
#[derive(Clone, Default)]
pub(crate) struct Gate {
    inside: Arc<Mutex<Inside>>,
    pub(crate) flaw: Option<Flaw>,
}

#[derive(Default)]
struct Inside {
    asked: Option<Operation>,
    answer: Option<Answer>,
    /// Who waits for the answer: of the futures in a stream only those are polled that were woken.
    waiting: Option<Waker>,
    /// The last operation is never answered.
    hangs: bool,
    notes: Vec<Note>,
    knows: Option<String>,
    /// The latest id for a new session: names the try of the join that is under way.
    candidate: Option<SessionId>,
    /// The opening before failed: a second one will not be tried again.
    opening_failed: bool,
    /// How often the video server was asked: by a join since it last began, by others in all.
    asked_video: usize,
    /// How many pages of records were asked for.
    pages: usize,
    /// What [`Flaw::ConfirmBeforeRecord`] and [`Flaw::VideoAskedFirst`] were answered.
    remembered: Option<Answer>,
}

/// A way into a session that somebody was given.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) session_id: SessionId,
    pub(crate) connection: Connection,
}

/// What an actor lets the checker know. It takes no time: it belongs to the step before.
#[derive(Clone, Debug)]
pub(crate) enum Note {
    /// A try to join begins: the user's connections are numbered from here on. (What was made before
    /// shall not show in the numbers: fewer moments differ.)
    Begins(UserName, u64),
    /// A token was handed out: its holder counts on it from now on.
    Holds(Place),
    /// Somebody asks for this connection's end; nobody counts on it any longer.
    Ends(ConnectionId),
    /// Its own browser leaves the call, and the video server will notice at some time.
    Leaves(ConnectionId),
    /// It was promised that this connection has ended.
    Ended(ConnectionId),
    /// It was not there, whoever ended it.
    NotThere,
    /// A use case answered an error.
    Refused(String),
    /// A join starts again though nothing failed.
    StartsAgain,
    /// A join has its connection, and asked the video server so often for it.
    Connected(usize),
    /// A use case asked the video server more often than it should.
    AskedTooOften(String),
}

impl Gate {
    pub(crate) fn new(flaw: Option<Flaw>) -> Self {
        let inside = Arc::default();
        Self { inside, flaw }
    }

    /// Waits for the world's answer to `operation`.
    pub(crate) async fn ask(&self, operation: Operation) -> Answer {
        self.inside().asked = Some(operation);
        poll_fn(|context| {
            let mut inside = self.inside();
            match inside.answer.take() {
                Some(Answer::Never) => inside.hangs = true,
                Some(answer) => return Poll::Ready(answer),
                None => inside.waiting = Some(context.waker().clone()),
            }
            Poll::Pending
        })
        .await
    }

    /// Runs a use case as a function does that is cancelled at its deadline: an operation that hangs
    /// is its last.
    ///
    /// # Errors
    /// The use case's own; `None`: it was cancelled.
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

    /// Notes why a use case did not do what it should; `None`: it was cancelled.
    pub(crate) fn refuse(&self, what: &str, error: Option<impl fmt::Display>) {
        let why = match error {
            Some(error) => error.to_string(),
            None => "cancelled at its deadline".to_owned(),
        };
        self.note(Note::Refused(format!("{what}: {why}")));
    }

    /// Notes if a use case that has just ended asked the video server more often than this.
    pub(crate) fn asked_at_most(&self, what: &str, times: usize) {
        let asked = self.inside().asked_video;
        if asked > times {
            let text = format!("{what} asked the video server {asked} times");
            self.note(Note::AskedTooOften(text));
        }
    }

    /// Waits for the video server's answer to `operation`.
    pub(crate) async fn ask_video(&self, operation: Operation) -> Answer {
        self.inside().asked_video += 1;
        self.ask_flawed(operation).await
    }

    pub(crate) fn note(&self, note: Note) {
        self.inside().notes.push(note);
    }

    /// Claims that what the actor does from here on follows from this and from nothing else, so that
    /// it need not matter how it came here. The actor's tree holds it to that.
    pub(crate) fn knows_only(&self, knowledge: String) {
        self.inside().knows = Some(knowledge);
    }

    pub(crate) fn take_knowledge(&self) -> Option<String> {
        self.inside().knows.take()
    }

    pub(crate) fn take_asked(&self) -> Option<Operation> {
        self.inside().asked.take()
    }

    pub(crate) fn take_notes(&self) -> Vec<Note> {
        std::mem::take(&mut self.inside().notes)
    }

    pub(crate) fn answer(&self, answer: Answer) {
        self.inside().answer = Some(answer);
        let waiting = self.inside().waiting.take();
        waiting.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn remember(&self, answer: Answer) {
        self.inside().remembered = Some(answer);
    }

    pub(crate) fn remembered(&self) -> Option<Answer> {
        self.inside().remembered.clone()
    }

    /// How many pages of records were asked for.
    pub(crate) fn pages(&self) -> usize {
        self.inside().pages
    }

    pub(crate) fn note_page(&self) {
        self.inside().pages += 1;
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CallStore for Gate {
    async fn find_or_open(
        &self,
        name: &SessionName,
        candidate: &SessionId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Session, StoreError> {
        // Who starts again from here remembers nothing but how often, and whether it failed.
        let failed = self.inside().opening_failed;
        let before = self.inside().candidate.replace(candidate.clone());
        if before.is_some() && !failed {
            self.note(Note::StartsAgain);
        }
        self.inside().asked_video = 0;
        self.knows_only(format!("try {candidate}, failed before: {failed}"));
        let operation = Operation::FindOrOpen(name.clone(), candidate.clone(), now, expires_at);
        let answer = self.ask_flawed(operation).await;
        self.inside().opening_failed = answer == Answer::Failed;
        match answer {
            Answer::Session(Some(session)) => Ok(session),
            other => Err(store_error(&other)),
        }
    }

    async fn find(
        &self,
        name: &SessionName,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        match self.ask_flawed(Operation::Find(name.clone(), now)).await {
            Answer::Session(session) => Ok(session),
            other => Err(store_error(&other)),
        }
    }

    async fn record(&self, token: &TokenRecord) -> Result<(), StoreError> {
        // A leave may record too.
        let joining = self.inside().candidate.clone();
        if let Some(candidate) = joining {
            let asked = self.inside().asked_video;
            self.note(Note::Connected(asked));
            // From here on it does not matter who opened the session, and who made it how.
            self.knows_only(format!("try {candidate:?} with {token:?}"));
        }
        match self.ask_flawed(Operation::Record(token.clone())).await {
            Answer::Done => Ok(()),
            other => Err(store_error(&other)),
        }
    }

    async fn confirm(
        &self,
        name: &SessionName,
        id: &SessionId,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let operation = Operation::Confirm(name.clone(), id.clone(), expires_at);
        match self.ask_flawed(operation).await {
            Answer::Is(confirmed) => Ok(confirmed),
            other => Err(store_error(&other)),
        }
    }

    async fn find_token(
        &self,
        name: &SessionName,
        token: &Token,
    ) -> Result<Option<TokenRecord>, StoreError> {
        let operation = Operation::FindToken(name.clone(), token.clone());
        match self.ask_flawed(operation).await {
            Answer::Record(record) => Ok(record),
            other => Err(store_error(&other)),
        }
    }

    async fn remove(
        &self,
        name: &SessionName,
        token: &Token,
        owner: Option<&UserName>,
    ) -> Result<Removal, StoreError> {
        let operation = Operation::Remove(name.clone(), token.clone(), owner.cloned());
        match self.ask_flawed(operation).await {
            Answer::Removal(removal) => Ok(removal),
            other => Err(store_error(&other)),
        }
    }

    async fn find_by_connection(
        &self,
        name: &SessionName,
        id: &ConnectionId,
    ) -> Result<Option<RecordedToken>, StoreError> {
        let operation = Operation::FindByConnection(name.clone(), id.clone());
        match self.ask_flawed(operation).await {
            Answer::Token(token) => Ok(token),
            other => Err(store_error(&other)),
        }
    }

    async fn has_tokens(&self, name: &SessionName, now: Timestamp) -> Result<bool, StoreError> {
        match self
            .ask_flawed(Operation::HasTokens(name.clone(), now))
            .await
        {
            Answer::Is(any) => Ok(any),
            other => Err(store_error(&other)),
        }
    }

    async fn close(&self, session: &Session) -> Result<bool, StoreError> {
        match self.ask_flawed(Operation::Close(session.clone())).await {
            Answer::Is(closed) => Ok(closed),
            other => Err(store_error(&other)),
        }
    }
}

impl VideoServer for Gate {
    async fn open(&self, id: &SessionId) -> Result<(), VideoError> {
        match self.ask_video(Operation::Open(id.clone())).await {
            Answer::Done => Ok(()),
            other => Err(video_error(&other)),
        }
    }

    async fn connect(
        &self,
        id: &SessionId,
        user: &UserName,
        role: Role,
    ) -> Result<Option<Connection>, VideoError> {
        let operation = Operation::Connect(id.clone(), user.clone(), role);
        match self.ask_video(operation).await {
            Answer::Connection(connection) => Ok(connection),
            other => Err(video_error(&other)),
        }
    }

    async fn evict(
        &self,
        session: &SessionId,
        connection: &ConnectionId,
    ) -> Result<bool, VideoError> {
        let operation = Operation::Evict(session.clone(), connection.clone());
        match self.ask_video(operation).await {
            Answer::Is(was_there) => Ok(was_there),
            other => Err(video_error(&other)),
        }
    }

    async fn close(&self, id: &SessionId) -> Result<(), VideoError> {
        match self.ask_video(Operation::CloseVideo(id.clone())).await {
            Answer::Done => Ok(()),
            other => Err(video_error(&other)),
        }
    }
}

pub(crate) fn store_error(answer: &Answer) -> StoreError {
    assert_eq!(*answer, Answer::Failed, "no answer to this operation");
    StoreError::Unavailable("the schedule lets it fail".into())
}

pub(crate) fn video_error(answer: &Answer) -> VideoError {
    assert_eq!(*answer, Answer::Failed, "no answer to this operation");
    VideoError::TimedOut
}
