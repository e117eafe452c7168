//! What lets one person into a call, once, and what is kept of it.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use super::{LONGEST_JOIN, Role, SessionId, SessionName, Timestamp, UserName};

/// How long a token may wait for its holder to connect.
pub const UNUSED_FOR: Duration = Duration::from_secs(600);

/// The text somebody connects to the video server with.
///
/// Two tokens are the same if their records are.
#[derive(Clone)]
pub struct Token {
    text: String,
    /// What it opens, where the text is too long for the key of a record.
    opens: Option<(SessionId, ConnectionId)>,
}

/// The text cannot be a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token has 1 to 1024 printable ASCII characters")]
pub struct InvalidToken;

impl Token {
    /// Reads a token whose record is found by its text, as OpenVidu gave it or as a client gives it back;
    /// or the key of a record.
    ///
    /// # Errors
    /// [`InvalidToken`] if it is empty, longer than a DynamoDB sort key (1,024 bytes), or not
    /// printable ASCII that starts with a letter or digit (other starts are kept for our own records).
    pub fn parse(text: &str) -> Result<Self, InvalidToken> {
        let printable = text.chars().all(|c| c.is_ascii_graphic());
        let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if text.len() <= 1024 && printable && begins {
            let text = text.to_owned();
            Ok(Self { text, opens: None })
        } else {
            Err(InvalidToken)
        }
    }

    /// A token whose record is found by the connection that it opens, whatever the text is.
    pub const fn of_connection(text: String, session: SessionId, id: ConnectionId) -> Self {
        Self {
            text,
            opens: Some((session, id)),
        }
    }

    /// Does it say that it is for this call? `OpenVidu`'s tokens name their session in their text.
    pub fn is_for(&self, call: &SessionName) -> bool {
        if let Some((session, _)) = &self.opens {
            return session.session_name() == call;
        }
        let mut parameters = self.text.split(['?', '&']);
        let id = parameters.find_map(|parameter| parameter.strip_prefix("sessionId="));
        id.and_then(SessionId::parse)
            .is_some_and(|id| id.session_name() == call)
    }

    /// What its record is found by.
    pub fn key(&self) -> &str {
        match &self.opens {
            Some((_, id)) => id.as_str(),
            None => &self.text,
        }
    }

    /// The token itself: for the person it is for and the video server; never for a log. A token that was
    /// read from its record may be no more than its key.
    pub fn expose(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Token {}

impl PartialOrd for Token {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Token {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(other.key())
    }
}

impl Hash for Token {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(REDACTED)")
    }
}

/// The video server's name for one person's connection: fixed when the token is made, and public in the
/// call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(String);

/// The text cannot be a connection id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a connection id has 1 to 128 letters, digits, underscores or hyphens")]
pub struct InvalidConnectionId;

impl ConnectionId {
    /// An id that nobody has had before, for a server that leaves it to us to name connections.
    pub fn new(random: u128) -> Self {
        Self(format!("con_{random:032x}"))
    }

    /// Reads a connection id.
    ///
    /// # Errors
    /// [`InvalidConnectionId`] if it is empty, too long, or has a character that means something in a URL.
    pub fn parse(text: &str) -> Result<Self, InvalidConnectionId> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if (1..=128).contains(&text.len()) && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidConnectionId)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A connection that the video server has made or will make: nobody uses it until somebody connects with
/// the token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Connection {
    /// Names it at the video server.
    pub id: ConnectionId,
    /// Opens it.
    pub token: Token,
}

/// The record of a token that was handed out, one each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenRecord {
    pub session_name: SessionName,
    pub session_id: SessionId,
    pub connection: Connection,
    pub role: Role,
    pub user: UserName,
    /// When it was made.
    pub issued_at: Timestamp,
    /// When the record expires.
    pub expires_at: Timestamp,
}

impl TokenRecord {
    /// The record to keep of this token after a leave that did not reach the video server.
    ///
    /// It ran out before the token was made, with a margin for clocks that differ, so it counts for
    /// nobody. But a repeated leave finds the connection in it.
    pub fn as_ended(&self) -> Self {
        Self {
            expires_at: self.issued_at - LONGEST_JOIN,
            ..self.clone()
        }
    }

    /// Is this what [`as_ended`](Self::as_ended) makes, and not the record of a token that merely ran out?
    pub fn is_ended(&self) -> bool {
        self.expires_at <= self.issued_at
    }
}

/// As much of a token's record as it takes to end its connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecordedToken {
    pub session_id: SessionId,
    pub connection: Connection,
}

impl From<TokenRecord> for RecordedToken {
    fn from(record: TokenRecord) -> Self {
        Self {
            session_id: record.session_id,
            connection: record.connection,
        }
    }
}

/// What became of a token's record that somebody wanted removed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Removal {
    /// It is removed; this is what it contained.
    Removed(RecordedToken),
    NotThere,
    /// It belongs to somebody else, and is still there.
    NotYours,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_name_a_connection_and_never_its_token() {
        let connection = Connection {
            id: ConnectionId::parse("con_A1").unwrap(),
            token: Token::parse("tok_B2").unwrap(),
        };
        assert_eq!(connection.id.to_string(), "con_A1");
        let shown = format!("{connection:?}");
        assert!(
            shown.contains("con_A1") && shown.contains("REDACTED"),
            "{shown}"
        );
        assert!(!shown.contains("tok_B2"), "{shown}");
    }

    #[test]
    fn tokens_are_equal_and_in_order_as_their_keys_are() {
        let [a, b] = ["tok_A", "tok_B"].map(|text| Token::parse(text).unwrap());
        assert!(a < b && a != b);
    }

    #[test]
    fn tokens_are_what_openvidu_makes_and_fit_a_sort_key() {
        assert!(
            Token::parse("wss://host:4443?sessionId=TUTORIAL-1&token=tok_W1LlxOQElNQGcSIw").is_ok()
        );
        for bad in ["", "#session", "to k", "tok\n", "tök", &"x".repeat(1025)] {
            assert_eq!(Token::parse(bad), Err(InvalidToken), "{bad:?}");
        }
    }

    #[test]
    fn a_token_is_for_the_call_of_the_session_that_it_names() {
        let call = |name| SessionName::parse(name).unwrap();
        let ours = "wss://host:4443?sessionId=TUTORIAL-3f9c21d07b58-5f3a9c1e7b2d4608&token=tok_A1";
        assert!(Token::parse(ours).unwrap().is_for(&call("TUTORIAL")));
        assert!(!Token::parse(ours).unwrap().is_for(&call("OTHER")));
        for other in [
            "tok_unknown",
            "wss://host:4443?sessionId=TUTORIAL&token=tok_A1",
        ] {
            assert!(
                !Token::parse(other).unwrap().is_for(&call("TUTORIAL")),
                "{other}"
            );
        }
    }

    #[test]
    fn a_token_that_is_too_long_for_a_key_is_known_by_its_connection() {
        let call = |name| SessionName::parse(name).unwrap();
        let session = SessionId::parse("TUTORIAL-3f9c21d07b58-5f3a9c1e7b2d4608").unwrap();
        let id = ConnectionId::parse("con_A1").unwrap();
        let long = "x".repeat(2000);
        let token = Token::of_connection(long.clone(), session, id);
        assert_eq!((token.expose(), token.key()), (long.as_str(), "con_A1"));
        assert!(token.is_for(&call("TUTORIAL")) && !token.is_for(&call("OTHER")));
        let recorded = Token::parse(token.key()).unwrap();
        assert_eq!(recorded, token);
        assert_ne!(Token::parse("con_A2").unwrap(), token);
    }

    #[test]
    fn a_token_does_not_show_in_debug_output() {
        let connection = Connection {
            id: ConnectionId::parse("con_A1").unwrap(),
            token: Token::parse("tok_secret").unwrap(),
        };
        assert!(!format!("{connection:?}").contains("tok_secret"));
    }

    #[test]
    fn connection_ids_mean_nothing_in_a_url() {
        assert!(ConnectionId::parse("con_JYzeNjmAdx").is_ok());
        for bad in ["", "..", "a/b", "a%2fb", "a?b", &"x".repeat(129)] {
            assert_eq!(
                ConnectionId::parse(bad),
                Err(InvalidConnectionId),
                "{bad:?}"
            );
        }
    }
}
