//! Signals: short texts to everybody in a session or to some.
//! Nobody gets one if any of its recipients is not there.

use serde_json::{Map, Value};

use super::Rooms;
use crate::effect::{Consequences, Effect, EventKind};
use crate::model::{Participant, Session};
use crate::refusal::Refusal;

/// A signal before its recipients are known to be there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Signal {
    /// Connection ids; none means everybody, the sender included.
    pub(crate) to: Vec<String>,
    pub(crate) kind: Option<String>,
    pub(crate) data: Option<String>,
}

/// Why a signal sent over REST did not go out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Undelivered {
    NoSuchSession,
    NobodyThere,
    /// This recipient is not in the session.
    Absent(String),
}

impl Rooms {
    /// A participant sends a signal.
    pub(crate) fn signal(
        &self,
        rpc: &str,
        signal: &Signal,
        now: u64,
    ) -> Result<Vec<Effect>, Refusal> {
        let (session, sender) = self.seat(rpc).ok_or_else(|| super::not_joined(rpc))?;
        deliver(session, Some(&sender.connection.id), signal, now).map_err(|absent| {
            Refusal::new(
                Refusal::SIGNAL_TO,
                format!(
                    "Connection [{absent}] does not exist in session '{}'",
                    session.id
                ),
            )
        })
    }

    /// The server sends a signal, over REST.
    pub(crate) fn signal_from_server(
        &self,
        session_id: &str,
        signal: &Signal,
        now: u64,
    ) -> Result<Vec<Effect>, Undelivered> {
        let session = self.session(session_id).ok_or(Undelivered::NoSuchSession)?;
        if session.participants.is_empty() {
            return Err(Undelivered::NobodyThere);
        }
        deliver(session, None, signal, now).map_err(Undelivered::Absent)
    }
}

fn deliver(
    session: &Session,
    from: Option<&str>,
    signal: &Signal,
    now: u64,
) -> Result<Vec<Effect>, String> {
    let recipients: Vec<&Participant> = if signal.to.is_empty() {
        session.participants.iter().collect()
    } else {
        signal
            .to
            .iter()
            .map(|id| session.participant(id).ok_or_else(|| id.clone()))
            .collect::<Result<_, _>>()?
    };

    let mut params = Map::new();
    let fields = [
        ("data", signal.data.as_deref()),
        ("type", signal.kind.as_deref()),
        ("from", from),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            params.insert(name.to_owned(), Value::from(value));
        }
    }
    let mut follows = Consequences::of(session, now);
    for recipient in &recipients {
        follows.notify(&recipient.rpc, "sendMessage", Value::Object(params.clone()));
    }
    // Browsers put `signal:` before the type; events name the type without it.
    let kind = match (from, &signal.kind) {
        (Some(_), Some(kind)) => Some(kind.strip_prefix("signal:").unwrap_or(kind).to_owned()),
        (_, kind) => kind.clone(),
    };
    follows.report(EventKind::SignalSent {
        from: from.map(str::to_owned),
        to: recipients
            .iter()
            .map(|recipient| recipient.connection.id.clone())
            .collect(),
        kind,
        data: signal.data.clone(),
    });
    Ok(follows.into_effects())
}
