//! Measures a sweep over many records: time, requests to OpenVidu, and the sweep's own memory.
//!
//! `cargo run --bin local -- --free-ports --no-webhook -- cargo run --example measure_sweep -- 100000 dead`
//! fills the tables with that many tokens, 10 in each call, whose connections OpenVidu does not have
//! (`dead`) or has (`alive`), and sweeps until the sweep says it got to the end.

#![expect(clippy::print_stdout, reason = "this is what it is for")]

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, fs};

use shared::adapters::dynamodb::{self, DynamoDbCalls};
use shared::adapters::openvidu::OpenVidu;
use shared::domain::{
    Connection, ConnectionId, Role, SessionName, Timestamp, Token, TokenRecord, UserName,
};
use shared::ports::{CallStore, VideoServer};
use shared::system::{new_session_id, now};
use shared::use_cases::sweep_calls;
use tokio::task::JoinSet;

/// Tokens in each call.
const TOKENS: usize = 10;

/// How long one sweep may take, as on Lambda.
const TIME: Duration = Duration::from_secs(45);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut arguments = env::args().skip(1);
    let tokens: usize = arguments.next().ok_or("how many tokens?")?.parse()?;
    let alive = match arguments.next().as_deref() {
        Some("alive") => true,
        Some("dead") => false,
        _ => return Err("dead or alive?".into()),
    };
    let calls = DynamoDbCalls::new(dynamodb::client().await, env::var("CALLS_TABLE")?);
    let openvidu = OpenVidu::new(
        env::var("OPENVIDU_URL")?.parse()?,
        env::var("OPENVIDU_SECRET")?.into(),
    )?;
    fill(&calls, &openvidu, tokens / TOKENS, alive).await?;

    // Older than any join can last, younger than what nobody uses.
    let time = now() + Duration::from_secs(300);
    let before = memory("VmRSS")?;
    fs::write("/proc/self/clear_refs", "5")?;
    loop {
        let started = Instant::now();
        let time_is_up = || started.elapsed() > TIME;
        let report = sweep_calls(&calls, &openvidu, time, time_is_up).await?;
        let (took, most) = (started.elapsed(), memory("VmHWM")?);
        println!("{report:?}\n  in {took:.1?}; memory {before} kB before, {most} kB at most");
        if report.complete {
            return Ok(());
        }
    }
}

async fn fill(
    calls: &DynamoDbCalls,
    openvidu: &OpenVidu,
    count: usize,
    alive: bool,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let calls = Arc::new(calls.clone());
    let mut filling = JoinSet::new();
    for number in 0..count {
        let (calls, openvidu) = (calls.clone(), openvidu.clone());
        filling.spawn(async move { open_call(&calls, &openvidu, number, alive).await });
        if filling.len() == 32 {
            filling.join_next().await.ok_or("nothing was filled")???;
        }
    }
    while let Some(filled) = filling.join_next().await {
        filled??;
    }
    Ok(())
}

async fn open_call(
    calls: &DynamoDbCalls,
    openvidu: &OpenVidu,
    number: usize,
    alive: bool,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let name = SessionName::parse(&format!("call {number}"))?;
    let (user, role) = (UserName::parse("publisher1")?, Role::Publisher);
    let id = new_session_id(&name);
    let expires_at: Timestamp = now() + Duration::from_secs(20 * 60 * 60);
    calls.find_or_open(&name, &id, now(), expires_at).await?;
    if alive {
        openvidu.open(&id).await?;
    }
    for seat in 0..TOKENS {
        let connection = if alive {
            let made = openvidu.connect(&id, &user, role).await?;
            made.ok_or("the session is gone")?
        } else {
            Connection {
                id: ConnectionId::parse(&format!("con_{number}_{seat}"))?,
                token: Token::parse(&format!("wss://host?sessionId={id}&token=tok_{seat}"))?,
            }
        };
        let record = TokenRecord {
            session_name: name.clone(),
            session_id: id.clone(),
            connection,
            role,
            user: user.clone(),
            issued_at: now(),
            expires_at,
        };
        calls.record(&record).await?;
    }
    Ok(())
}

/// A line of `/proc/self/status`, in kB.
fn memory(what: &str) -> Result<u64, Box<dyn Error + Send + Sync>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(what));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(number.ok_or("no such line")?.parse()?)
}
