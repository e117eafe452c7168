//! Nouns: what the rules talk about. Pure: no IO, no HTTP, no AWS, no clock, no wire names.

mod login;
mod seats;
mod session;
mod time;
mod token;
mod user;

pub use login::{Login, LoginId};
pub use seats::{Seat, Seats};
pub use session::{InvalidSessionName, Session, SessionId, SessionName};
pub use time::Timestamp;
pub use token::{
    Connection, ConnectionId, InvalidConnectionId, InvalidToken, Removal, Token, TokenRecord,
};
pub use user::{InvalidUserName, Password, PasswordHash, Role, UnknownRole, User, UserName};
