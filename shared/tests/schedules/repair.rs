//! The repairs, as the functions do them.

use shared::domain::VideoEvent;
use shared::telemetry::Metric;
use shared::use_cases::{handle_event, sweep_calls};
use testing::{Answer, Operation, installation};

use crate::action::{Action, Reply};
use crate::flaw::Flaw;
use crate::gate::Gate;
use crate::person::{NOW, call};

/// Hears one report of the video server's, whichever and however late, or none; acts on it.
pub(crate) async fn hear(gate: Gate) {
    if let Reply::Event(Some(event)) = gate.ask(Action::Hear).await {
        if gate.flaw == Some(Flaw::NoBouncer) && matches!(event, VideoEvent::Joined(..)) {
            return;
        }
        act(gate, event).await;
    }
}

/// Acts as if the session on record had ended.
pub(crate) async fn reconcile(gate: Gate) {
    let on_record = gate.ask(Operation::Find(call(), NOW)).await;
    if let Reply::Port(Answer::Session(Some(session))) = on_record {
        act(gate, VideoEvent::Ended(session.id)).await;
    }
}

async fn act(gate: Gate, event: VideoEvent) {
    gate.knows_only(format!("{event:?}"));
    let acted = gate
        .run(handle_event(&gate.calls(), &gate.video(), &event, NOW))
        .await;
    match event {
        VideoEvent::Joined(..) => gate.asked_at_most("a report", 1),
        VideoEvent::Left(..) => gate.asked_at_most("a report", gate.closes_sessions().into()),
        VideoEvent::Ended(_) => gate.asked_at_most("a report", 2),
    }
    if let Err(error) = acted {
        gate.refuse("report", error);
    }
}

/// Sweeps.
pub(crate) async fn sweep(gate: Gate) {
    sweep_until(gate, || false).await;
}

/// Sweeps, and has no time left after the first page.
pub(crate) async fn sweep_one_page(gate: Gate) {
    let pages = gate.clone();
    sweep_until(gate, || pages.pages() > 1).await;
}

async fn sweep_until(gate: Gate, time_is_up: impl Fn() -> bool) {
    let (calls, video) = (gate.calls(), gate.video());
    let ours = installation();
    let sweeping = sweep_calls(&calls, &video, &ours, NOW, time_is_up);
    match gate.run(sweeping).await {
        Ok(report) if report.count(Metric::SweepFailures) > 0 => {
            gate.refuse("sweep", Some("a call was left"))
        }
        Ok(_) => (),
        Err(error) => gate.refuse("sweep", error),
    }
}
