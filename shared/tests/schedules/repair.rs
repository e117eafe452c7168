//! What puts the records right, as the functions do it.

use std::sync::atomic::{AtomicUsize, Ordering};

use shared::testing::installation;
use shared::use_cases::{forget_connection, reconcile_call, sweep_calls};

use crate::gate::Gate;
use crate::operation::{Answer, Event, Operation};
use crate::person::{NOW, call};

/// Hears one report of the video server's, whichever and however late, or none; acts on it.
pub(crate) async fn hear(gate: Gate) {
    let Answer::Event(Some(event)) = gate.ask(Operation::Hear).await else {
        return;
    };
    gate.knows_only(format!("{event:?}"));
    match event {
        Event::ParticipantLeft(name, id) => {
            let forgotten = gate.run(forget_connection(&gate, &name, &id, NOW)).await;
            if let Err(error) = forgotten {
                gate.refuse("forget", error);
            }
        }
        Event::SessionDestroyed(_) => reconcile(gate).await,
    }
}

/// Reconciles the call.
pub(crate) async fn reconcile(gate: Gate) {
    let reconciled = gate.run(reconcile_call(&gate, &gate, &call(), NOW)).await;
    if let Err(error) = reconciled {
        gate.refuse("reconcile", error);
    }
}

/// Sweeps.
pub(crate) async fn sweep(gate: Gate) {
    sweep_until(gate, || false).await;
}

/// Sweeps, and has no time left after the first page.
pub(crate) async fn sweep_one_page(gate: Gate) {
    // Before the page's only call, after the page.
    let asked = AtomicUsize::new(0);
    sweep_until(gate, || asked.fetch_add(1, Ordering::Relaxed) > 1).await;
}

async fn sweep_until(gate: Gate, time_is_up: impl Fn() -> bool) {
    let ours = installation();
    let sweeping = sweep_calls(&gate, &gate, &ours, NOW, time_is_up);
    match gate.run(sweeping).await {
        Ok(report) if report.failures > 0 => gate.refuse("sweep", Some("a call was left")),
        Ok(_) => (),
        Err(error) => gate.refuse("sweep", error),
    }
}
