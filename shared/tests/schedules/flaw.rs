//! Wrong versions of the rules, made on the way from the rule to the store: the rules' own code
//! stays as it is. The explorer has to catch each, or its silence about the right version means
//! nothing.

use std::time::Duration;

use shared::domain::{SessionId, TokenRecord};
use testing::{Answer, Operation, installation};

use crate::action::{Action, Reply};
use crate::gate::{Gate, Note, Place};
use crate::person::{NOW, call};

/// One way to get the rules wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Join hands the token out without confirming.
    NoConfirm,
    /// Join confirms, and hands the token out whatever the answer is.
    ConfirmIgnored,
    /// Join confirms before it records.
    ConfirmBeforeRecord,
    /// Leave reads the session's version only after it has looked for tokens.
    VersionReadLate,
    /// Leave closes the session whatever its version.
    VersionIgnored,
    /// Reconcile asks the video server before it reads the records, and the sweep trusts its first
    /// list for all connections.
    VideoAskedFirst,
    /// An opening whose answer was lost is sent again with the same id.
    OpeningRepeated,
    /// A leave whose close seemed to fail, and had happened, does not close the session at the server.
    ClosingForgotten,
    /// Sessions at the server have the call's name, and no more.
    SessionNamedByCall,
    /// A token is handed out, and used, before it is recorded.
    HandedOutEarly,
    /// Nobody looks whether whoever has connected is on record.
    NoBouncer,
    /// Reconcile and the sweep forget tokens that are not listed, however young.
    AgeIgnored,
}

/// Makes a token look as old as one that nobody can use any more.
fn age(token: &mut TokenRecord) {
    token.issued_at = token.issued_at - Duration::from_secs(240);
}

fn only_session() -> SessionId {
    SessionId::new(&call(), &installation(), 1)
}

impl Gate {
    /// Asks what the wrong version would ask instead of `operation`.
    pub(crate) async fn ask_flawed(&self, operation: Operation) -> Reply {
        match (self.flaw, operation) {
            (Some(Flaw::NoConfirm), Operation::Confirm(..)) => Answer::Is(true).into(),

            (Some(Flaw::ConfirmIgnored), confirm @ Operation::Confirm(..)) => {
                match self.ask(confirm).await {
                    Reply::Port(_) => Answer::Is(true).into(),
                    failed => failed,
                }
            }

            (Some(Flaw::ConfirmBeforeRecord), Operation::Record(token)) => {
                let (name, id) = (token.session_name.clone(), token.session_id.clone());
                let confirm = Operation::Confirm(name, id, token.expires_at);
                let confirmed = self.ask(confirm).await;
                self.remember(confirmed);
                self.ask(Operation::Record(token)).await
            }
            (Some(Flaw::ConfirmBeforeRecord), Operation::Confirm(..)) => {
                self.remembered().expect("record comes before")
            }

            (Some(Flaw::VersionReadLate), Operation::Close(session)) => {
                match self.ask(Operation::Find(session.name, NOW)).await {
                    Reply::Port(Answer::Session(Some(session))) => {
                        self.ask(Operation::Close(session)).await
                    }
                    Reply::Port(_) => Answer::Is(false).into(),
                    failed => failed,
                }
            }

            (Some(Flaw::VersionIgnored), Operation::Close(session)) => {
                self.ask(Action::CloseWhateverVersion(session)).await
            }

            (Some(Flaw::VideoAskedFirst), Operation::AllSeats()) => {
                let listed = self.ask(Operation::AllSeats()).await;
                self.remember(listed.clone());
                listed
            }
            (Some(Flaw::VideoAskedFirst), Operation::Find(name, now)) => {
                if self.remembered().is_none() {
                    let listed = self.ask(Operation::AllSeats()).await;
                    self.remember(listed);
                }
                self.ask(Operation::Find(name, now)).await
            }
            (Some(Flaw::VideoAskedFirst), Operation::Seats(id)) => match self.remembered() {
                Some(Reply::Port(Answer::AllSeats(mut listed))) => {
                    Answer::Seats(listed.sessions.remove(&id)).into()
                }
                failed => failed.expect("records come before"),
            },

            (Some(Flaw::ClosingForgotten), Operation::Close(session)) => {
                let closed = self.ask(Operation::Close(session)).await;
                self.remember(closed.clone());
                closed
            }
            (Some(Flaw::ClosingForgotten), Operation::CloseVideo(_))
                if self.remembered().is_some_and(|closed| closed.is_no()) =>
            {
                Answer::Done(()).into()
            }

            (Some(Flaw::HandedOutEarly), Operation::Record(token)) => {
                self.note(Note::Holds(Place {
                    session_id: token.session_id.clone(),
                    connection: token.connection.clone(),
                }));
                self.ask(Action::Enter(token.connection.clone())).await;
                self.ask(Operation::Record(token)).await
            }

            (Some(Flaw::SessionNamedByCall), Operation::Open(_)) => {
                self.ask(Operation::Open(only_session())).await
            }
            (Some(Flaw::SessionNamedByCall), Operation::Connect(_, user, role, nickname)) => {
                self.ask(Operation::Connect(only_session(), user, role, nickname))
                    .await
            }
            (Some(Flaw::SessionNamedByCall), Operation::Evict(_, id)) => {
                self.ask(Operation::Evict(only_session(), id)).await
            }
            (Some(Flaw::SessionNamedByCall), Operation::CloseVideo(_)) => {
                self.ask(Operation::CloseVideo(only_session())).await
            }

            (Some(Flaw::AgeIgnored), read @ (Operation::Tokens(_) | Operation::Page(_))) => {
                let mut read = self.ask(read).await;
                match &mut read {
                    Reply::Port(Answer::Records(tokens)) => {
                        tokens.readable.iter_mut().for_each(age)
                    }
                    Reply::Port(Answer::Page(page)) => page.tokens.iter_mut().for_each(age),
                    _ => (),
                }
                read
            }

            (_, operation) => self.ask(operation).await,
        }
    }
}
