//! The steps of a sequence.

use proptest::prelude::*;

use crate::faulty::Fault;

/// One step. A number selects one of the items that exist at that time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Somebody asks for a token for a call.
    Join {
        person: usize,
        call: usize,
        fault: Option<Fault>,
    },
    /// The holder of a token connects with it.
    Connect(usize),
    /// The holder of a token leaves: perhaps at the video server first, and then at our API.
    Leave {
        holder: usize,
        disconnects: bool,
        fault: Option<Fault>,
    },
    /// A browser crashes.
    Vanish(usize),
    /// The video server stops and starts again.
    Restart,
    /// One of the reports so far arrives, perhaps for a second time. Some never arrive.
    Hear { report: usize, fault: Option<Fault> },
    /// The sweep runs.
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

/// In one of three cases there is a failure.
fn fault() -> impl Strategy<Value = Option<Fault>> {
    let fault = (0..8_usize, any::<bool>(), any::<bool>());
    let fault = fault.prop_map(|(operation, hangs, after_effect)| Fault {
        operation,
        hangs,
        after_effect,
    });
    prop_oneof![2 => Just(None), 1 => fault.prop_map(Some)]
}
