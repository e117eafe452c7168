//! What may happen, one thing after the other.

use proptest::prelude::*;

use crate::faulty::{Failure, Fault};

/// One thing that happens. A number picks one of those that there are at the time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Somebody asks for a token for a call.
    Join {
        person: usize,
        call: usize,
        fault: Option<Fault>,
    },
    /// A token's holder connects with it.
    Connect(usize),
    /// A token's holder tells us that they leave, and before it perhaps the video server.
    Leave {
        holder: usize,
        disconnects: bool,
        fault: Option<Fault>,
    },
    /// A browser dies.
    Vanish(usize),
    /// The video server stops and starts again.
    Restart,
    /// One of all reports so far arrives, perhaps again; those that never do are lost.
    Hear { report: usize, fault: Option<Fault> },
    /// The minute is over.
    Sweep { fault: Option<Fault> },
}

/// Any step.
pub(crate) fn step() -> impl Strategy<Value = Step> {
    let any_of = 0..64_usize;
    prop_oneof![
        4 => (0..3_usize, 0..2_usize, fault()).prop_map(|(person, call, fault)| Step::Join {
            person,
            call,
            fault,
        }),
        4 => any_of.clone().prop_map(Step::Connect),
        3 => (any_of.clone(), any::<bool>(), fault()).prop_map(|(holder, disconnects, fault)| {
            Step::Leave {
                holder,
                disconnects,
                fault,
            }
        }),
        2 => any_of.clone().prop_map(Step::Vanish),
        1 => Just(Step::Restart),
        3 => (any_of, fault()).prop_map(|(report, fault)| Step::Hear { report, fault }),
        1 => fault().prop_map(|fault| Step::Sweep { fault }),
    ]
}

/// In one of three cases something goes wrong.
fn fault() -> impl Strategy<Value = Option<Fault>> {
    let failure = (any::<bool>(), any::<bool>()).prop_map(|(hangs, after_effect)| match hangs {
        true => Failure::Hangs { after_effect },
        false => Failure::Fails { after_effect },
    });
    let fault = (0..8_usize, failure).prop_map(|(operation, failure)| Fault { operation, failure });
    prop_oneof![2 => Just(None), 1 => fault.prop_map(Some)]
}
