//! Wrong versions of the rules, made on the way from the rule to the store: the rules' own code
//! stays as it is. The explorer has to catch each, or its silence about the right version means
//! nothing.

use crate::gate::Gate;
use crate::operation::{Answer, Operation};
use crate::person::NOW;

/// One way to get the rules wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Join hands the token out without confirming.
    NoConfirm,
    /// Join confirms first and records then.
    ConfirmBeforeRecord,
    /// Leave reads the session's version only after it has looked for tokens.
    VersionReadLate,
    /// Leave closes the session whatever its version.
    VersionIgnored,
}

impl Gate {
    /// Asks what the wrong version would ask instead of `operation`.
    pub(crate) async fn ask_flawed(&self, operation: Operation) -> Answer {
        match (self.flaw, operation) {
            (Some(Flaw::NoConfirm), Operation::Confirm(..)) => Answer::Is(true),

            (Some(Flaw::ConfirmBeforeRecord), Operation::Record(token)) => {
                let (name, id) = (token.session_name.clone(), token.session_id.clone());
                let confirm = Operation::Confirm(name, id, token.expires_at);
                let confirmed = self.ask(confirm).await;
                self.remember_confirmed(Some(confirmed));
                self.ask(Operation::Record(token)).await
            }
            (Some(Flaw::ConfirmBeforeRecord), Operation::Confirm(..)) => {
                self.confirmed().expect("record comes before")
            }

            (Some(Flaw::VersionReadLate), Operation::Close(session)) => {
                let find = Operation::Find(session.name, NOW);
                match self.ask(find).await {
                    Answer::Session(Some(session)) => self.ask(Operation::Close(session)).await,
                    Answer::Session(None) => Answer::Is(false),
                    failed => failed,
                }
            }

            (Some(Flaw::VersionIgnored), Operation::Close(session)) => {
                self.ask(Operation::CloseWhateverVersion(session)).await
            }

            (_, operation) => self.ask(operation).await,
        }
    }
}
