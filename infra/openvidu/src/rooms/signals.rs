//! Signals: short texts to everybody in a session or to some. If one recipient is not there, nobody
//! gets the signal.

use serde_json::{Map, Value};

use super::Rooms;
use super::notices::Notice;
use crate::effect::{Consequences, Effect, EventKind};
use crate::model::{RpcId, Session};
use crate::refusal::Refusal;

/// A signal whose recipients have not been checked yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Signal {
    /// Connection ids. None means everybody, including the sender.
    pub(crate) to: Vec<String>,
    pub(crate) kind: Option<String>,
    pub(crate) data: Option<String>,
}

/// Why a signal over REST was not sent.
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
        &mut self,
        rpc: &str,
        signal: &Signal,
        now: u64,
    ) -> Result<Vec<Effect>, Refusal> {
        let (session, index) = self.participant_mut(rpc)?;
        let sender = session.participants[index].connection.id.clone();
        deliver(session, Some(&sender), signal, now).map_err(|absent| {
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
        &mut self,
        session_id: &str,
        signal: &Signal,
        now: u64,
    ) -> Result<Vec<Effect>, Undelivered> {
        let session = self.sessions.get_mut(session_id);
        let session = session.ok_or(Undelivered::NoSuchSession)?;
        if session.participants.is_empty() {
            return Err(Undelivered::NobodyThere);
        }
        let effects = deliver(session, None, signal, now).map_err(Undelivered::Absent)?;
        // Everybody whom it notified may have been a ghost.
        self.forget_ended();
        Ok(effects)
    }
}

fn deliver(
    session: &mut Session,
    from: Option<&str>,
    signal: &Signal,
    now: u64,
) -> Result<Vec<Effect>, String> {
    let everybody = session
        .participants
        .iter()
        .map(|it| it.connection.id.clone());
    let to = match signal.to.is_empty() {
        true => everybody.collect(),
        false => signal.to.clone(),
    };
    let audience: Vec<RpcId> = to
        .iter()
        .map(|id| {
            let recipient = session.participant(id).ok_or_else(|| id.clone())?;
            Ok(recipient.rpc.clone())
        })
        .collect::<Result<_, String>>()?;

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
    let notice = Notice::new("sendMessage", Value::Object(params));
    session.tell(&audience, &notice, &mut follows);
    // Browsers put `signal:` before the type; events contain the type without it.
    let kind = match (from, &signal.kind) {
        (Some(_), Some(kind)) => Some(kind.strip_prefix("signal:").unwrap_or(kind).to_owned()),
        (_, kind) => kind.clone(),
    };
    follows.report(EventKind::SignalSent {
        from: from.map(str::to_owned),
        to,
        kind,
        data: signal.data.clone(),
    });
    Ok(follows.into_effects())
}
