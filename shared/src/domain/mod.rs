//! Nouns that the rules use. Pure: no IO, no HTTP, no AWS, no clock, no names of the wire.

mod attempts;
mod device;
mod installation;
mod joins;
mod login;
mod nickname;
mod password;
mod random_id;
mod seats;
mod session;
mod time;
mod token;
mod user;
mod video_event;
mod visible_text;

pub use attempts::{
    Admission, ClientAddress, Counter, LONGEST_ATTEMPT, Limit, Outcome, Place, Refusal, Tally,
};
pub use device::{DEVICE_LIFETIME, DeviceId, KnownDevices, MOST_DEVICES};
pub use installation::{Installation, InvalidInstallation};
pub use joins::{JoinId, JoinLimit, JoinPlace, JoinTally};
pub use login::{LONGEST_LOGIN, Login, LoginId};
pub use nickname::{InvalidNickname, Nickname};
pub use password::{InvalidNewPassword, NewPassword, Password, PasswordHash};
pub use seats::{Seat, Seats};
pub use session::{InvalidSessionName, LONGEST_JOIN, Session, SessionId, SessionName};
pub use time::Timestamp;
pub use token::{
    Connection, ConnectionId, InvalidConnectionId, InvalidToken, RecordedToken, Removal, Token,
    TokenRecord, UNUSED_FOR,
};
pub use user::{
    Account, Generation, InvalidUserName, Role, UnknownRole, User, UserChange, UserName,
};
pub use video_event::VideoEvent;
