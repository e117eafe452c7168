//! What can happen next, and its description.

use std::fmt;

use crate::action::seat;
use crate::faults::Faults;
use crate::state::{Case, State};
use crate::world::World;

/// What can happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Move {
    /// An actor's operation takes effect and is answered. If the actor waits for a report, it
    /// learns that none comes.
    Step(u8),
    /// An actor's operation takes effect, but the answer is lost. It is repeated later.
    LoseReply(u8),
    /// An actor's operation fails without effect.
    FailBefore(u8),
    /// An actor's operation takes effect and fails.
    FailAfter(u8),
    /// An actor's operation does not take effect, and is never answered.
    HangBefore(u8),
    /// An actor's operation takes effect, and is never answered.
    HangAfter(u8),
    Crash(u8),
    /// An actor that waits for a report gets one: the one with the second number among all reports
    /// so far.
    Hear(u8, u8),
    /// The video server notices that a browser is gone: the one with this number among those that
    /// have left.
    Notice(u8),
    Restart,
    /// Whoever is cut off comes back, the one of this number.
    Return(u8),
    /// A browser connects anew, the one of this number.
    Reconnect(u8),
    /// Rooms that nobody is in run out.
    TimeOut,
}

/// The description of a move, for people.
pub(crate) struct Told<'a>(pub(crate) &'a Case, pub(crate) &'a State, pub(crate) Move);

impl Move {
    /// The faults that are left after this move. `None` if it needs one that is not left.
    pub(crate) fn spend(self, mut faults: Faults) -> Option<Faults> {
        let kind = match self {
            Self::Step(_) | Self::Hear(..) | Self::Notice(_) | Self::Return(_) => {
                return Some(faults);
            }
            Self::Reconnect(_) => &mut faults.reconnections,
            Self::TimeOut => &mut faults.time_outs,
            Self::LoseReply(_) => &mut faults.lost_replies,
            Self::FailBefore(_) | Self::FailAfter(_) => &mut faults.failures,
            Self::HangBefore(_) | Self::HangAfter(_) => &mut faults.hangs,
            Self::Crash(_) => &mut faults.crashes,
            Self::Restart => &mut faults.restarts,
        };
        *kind = kind.checked_sub(1)?;
        Some(faults)
    }

    /// Is it a fault?
    pub(crate) fn is_fault(self) -> bool {
        !matches!(
            self,
            Self::Step(_) | Self::Hear(..) | Self::Notice(_) | Self::Return(_)
        )
    }

    /// The actor that moves. `None` for the video server.
    pub(crate) fn actor(self) -> Option<usize> {
        match self {
            Self::Step(index)
            | Self::LoseReply(index)
            | Self::FailBefore(index)
            | Self::FailAfter(index)
            | Self::HangBefore(index)
            | Self::HangAfter(index)
            | Self::Hear(index, _)
            | Self::Crash(index) => Some(index.into()),
            Self::Notice(_)
            | Self::Restart
            | Self::Return(_)
            | Self::Reconnect(_)
            | Self::TimeOut => None,
        }
    }
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(case, state, chosen) = self;
        let world = case.world(state);
        let (index, what) = match *chosen {
            Move::Notice(number) => {
                let id = world.leaving.iter().nth(number.into()).ok_or(fmt::Error)?;
                return write!(f, "video server: {} is gone", seat(id));
            }
            Move::Restart => return write!(f, "video server: restarts, everything is lost"),
            Move::Return(number) => return write!(f, "browser {number} comes back"),
            Move::Reconnect(number) => return write!(f, "browser {number} connects anew"),
            Move::TimeOut => return write!(f, "video server: empty rooms run out"),
            Move::Crash(index) => (index, Some("crashes before")),
            Move::Step(index) | Move::Hear(index, _) => (index, None),
            Move::LoseReply(index) => (index, Some("loses the answer, and will repeat")),
            Move::FailBefore(index) => (index, Some("fails, without effect:")),
            Move::FailAfter(index) => (index, Some("fails, after its effect:")),
            Move::HangBefore(index) => (index, Some("is not answered, without effect:")),
            Move::HangAfter(index) => (index, Some("is not answered, after its effect:")),
        };
        let actor = &case.actors()[usize::from(index)];
        let position = state.position(index.into()).ok_or(fmt::Error)?;
        let operation = actor.asks(position).ok_or(fmt::Error)?;
        match what {
            Some(what) => write!(f, "{}: {what} {}", actor.name, *operation),
            None => {
                let answer = match *chosen {
                    Move::Hear(_, number) => world.report(number.into()),
                    _ => World::clone(&world).perform(&operation),
                };
                write!(f, "{}: {} -> {answer}", actor.name, *operation)
            }
        }
    }
}
