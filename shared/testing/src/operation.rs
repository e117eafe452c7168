//! The methods of the calls' ports as data. Whoever stands between a use case and its stores can look at
//! each, let it pass, let it fail, or keep it and carry it out later.
//!
//! One line for each method; everything else here follows from the lines. A method that answers at once
//! asks nobody: it always works.

use std::time::Duration;

use shared::domain::{
    Connection, ConnectionId, InvalidToken, Nickname, RecordedToken, Removal, Role, Seats, Session,
    SessionId, SessionName, Timestamp, Token, TokenRecord, UserName,
};
use shared::ports::{
    CallInventory, CallStore, Cursor, Listing, Page, StoreError, SweepRecord, TokenRecords,
    VideoError, VideoInventory, VideoServer,
};

use crate::calls::MemoryCalls;
use crate::faulty::{Fate, Faults, Faulty};
use crate::video::MemoryVideo;

/// The type in which an operation keeps an argument.
macro_rules! kept {
    (&$kind:ty) => { $kind };
    (Option<&$kind:ty>) => { Option<$kind> };
    ($kind:ty) => { $kind };
}

/// An argument, to be kept.
macro_rules! keep {
    ($argument:ident: &$kind:ty) => {
        $argument.clone()
    };
    ($argument:ident: Option<&$kind:ty>) => {
        $argument.cloned()
    };
    ($argument:ident: $kind:ty) => {
        $argument
    };
}

/// A kept argument, for the method.
macro_rules! give {
    ($argument:ident: &$kind:ty) => {
        $argument
    };
    ($argument:ident: Option<&$kind:ty>) => {
        $argument.as_ref()
    };
    ($argument:ident: $kind:ty) => {
        *$argument
    };
}

macro_rules! operations {
    ($calls:ident, $video:ident: $($port:ident of $store:ident, or $error:ty
        $(, at once $fact:ident($($given:ident: $given_kind:ty),*) -> $told:ty)*
    {
        $($operation:ident = $method:ident($($argument:ident: [$($kind:tt)+]),*) -> $answer:ty;)*
    })*) => {
        /// One call of a method.
        #[derive(Clone, Debug)]
        pub enum Operation {
            $($($operation($(kept!($($kind)+)),*),)*)*
        }

        impl Operation {
            /// The method.
            pub const fn method(&self) -> &'static str {
                match self {
                    $($(Self::$operation(..) => stringify!($method),)*)*
                }
            }

            /// Carries it out in memory.
            pub async fn perform(&self, $calls: &MemoryCalls, $video: &MemoryVideo) -> Answer {
                const NEVER: &str = "memory does not fail";
                match self {
                    $($(Self::$operation($($argument),*) => {
                        let answer = $store.$method($(give!($argument: $($kind)+)),*).await;
                        answer.expect(NEVER).into()
                    })*)*
                }
            }
        }

        $(impl<S: $port, F: Faults> $port for Faulty<'_, S, F> {
            $(fn $fact(&self, $($given: $given_kind),*) -> $told {
                self.store.$fact($($given),*)
            })*

            $(async fn $method(&self, $($argument: $($kind)+),*) -> Result<$answer, $error> {
                let operation = Operation::$operation($(keep!($argument: $($kind)+)),*);
                match self.faults.strike(operation).await {
                    Fate::Answered(answer) => Ok((*answer).into()),
                    fate => self.suffer(fate, self.store.$method($($argument),*)).await,
                }
            })*
        })*
    };
}

operations! { calls, video:
    CallStore of calls, or StoreError {
        FindOrOpen = find_or_open(name: [&SessionName], candidate: [&SessionId], now: [Timestamp], expires_at: [Timestamp]) -> Session;
        Find = find(name: [&SessionName], now: [Timestamp]) -> Option<Session>;
        Record = record(token: [&TokenRecord]) -> ();
        Confirm = confirm(name: [&SessionName], id: [&SessionId], expires_at: [Timestamp]) -> bool;
        FindToken = find_token(name: [&SessionName], token: [&Token]) -> Option<TokenRecord>;
        Remove = remove(name: [&SessionName], token: [&Token], owner: [Option<&UserName>]) -> Removal;
        FindByConnection = find_by_connection(name: [&SessionName], id: [&ConnectionId]) -> Option<RecordedToken>;
        HasTokens = has_tokens(name: [&SessionName], now: [Timestamp]) -> bool;
        Close = close(session: [&Session]) -> bool;
    }
    CallInventory of calls, or StoreError {
        Tokens = tokens(name: [&SessionName]) -> TokenRecords;
        Page = page(after: [Option<&Cursor>]) -> Page;
        ProlongCall = prolong_call(name: [&SessionName], id: [&SessionId], expires_at: [Timestamp]) -> ();
        ProlongToken = prolong_token(name: [&SessionName], token: [&Token], expires_at: [Timestamp]) -> ();
        SweepRecord = sweep_record() -> Option<SweepRecord>;
        KeepSweepRecord = keep_sweep_record(record: [&SweepRecord]) -> ();
    }
    VideoServer of video, or VideoError,
        at once unlisted_for() -> Duration,
        at once token(text: &str) -> Result<Token, InvalidToken>
    {
        Open = open(id: [&SessionId]) -> ();
        Connect = connect(id: [&SessionId], user: [&UserName], role: [Role], nickname: [Option<&Nickname>]) -> Option<Connection>;
        Evict = evict(session: [&SessionId], connection: [&ConnectionId]) -> bool;
        CloseVideo = close(id: [&SessionId]) -> ();
    }
    VideoInventory of video, or VideoError {
        Seats = seats(id: [&SessionId]) -> Option<Seats>;
        Nudge = nudge(id: [&SessionId]) -> ();
        AllSeats = all_seats() -> Listing;
    }
}

macro_rules! answers {
    ($($answer:ident($kind:ty),)*) => {
        /// What a method answers if it does not fail.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Answer {
            $($answer($kind),)*
        }

        $(impl From<$kind> for Answer {
            fn from(answer: $kind) -> Self {
                Self::$answer(answer)
            }
        }

        impl From<Answer> for $kind {
            fn from(answer: Answer) -> Self {
                match answer {
                    Answer::$answer(answer) => answer,
                    other => panic!("{other:?} is the answer to another operation"),
                }
            }
        })*
    };
}

answers! {
    Done(()),
    Is(bool),
    Opened(Session),
    Session(Option<Session>),
    Removal(Removal),
    Token(Option<RecordedToken>),
    Record(Option<TokenRecord>),
    Connection(Option<Connection>),
    Records(TokenRecords),
    Page(Page),
    SweepRecord(Option<SweepRecord>),
    Seats(Option<Seats>),
    AllSeats(Listing),
}
