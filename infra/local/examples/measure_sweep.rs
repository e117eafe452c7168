//! Measures a sweep over many records: its time and its memory.
//!
//! `cargo run --example measure_sweep -- 100000 dead` fills a table with that many tokens, 10 in
//! each call. OpenVidu does not have their connections (`dead`) or has them (`alive`). Then it
//! sweeps until a sweep is complete. DynamoDB and OpenVidu run in a process of their own, and
//! nobody else sweeps.

#![expect(clippy::print_stdout, reason = "this is what it is for")]

use std::error::Error;
use std::future::pending;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, fs};

use openvidu_stand_in::{self as openvidu, Settings};
use shared::adapters::dynamodb::tables::{self, TableNames};
use shared::adapters::dynamodb::{DynamoDbCalls, local};
use shared::adapters::openvidu::{OpenVidu, Requests};
use shared::deadline::Deadline;
use shared::domain::{
    Connection, ConnectionId, Installation, Role, SessionName, Timestamp, Token, TokenRecord,
    UserName,
};
use shared::ports::{CallInventory, CallStore, SweepRecord, VideoServer};
use shared::system::{new_session_id, now};
use shared::telemetry::Metric;
use shared::use_cases::sweep_calls;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Tokens per call.
const TOKENS: usize = 10;

/// How long one sweep may take, as on Lambda.
const TIME: Duration = Duration::from_secs(45);

/// The secret of the OpenVidu stand-in.
const SECRET: &str = "MY_SECRET";

/// The mark of our sessions.
const MARK: &str = "measured";

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let mut arguments = env::args().skip(1);
    let tokens = arguments.next().ok_or("how many tokens?")?;
    if tokens == "serve" {
        return serve().await;
    }
    let tokens: usize = tokens.parse()?;
    let alive = match arguments.next().as_deref() {
        Some("alive") => true,
        Some("dead") => false,
        _ => return Err("dead or alive?".into()),
    };
    let mut servers = Command::new(env::current_exe()?)
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let measured = measure(&mut servers, tokens, alive).await;
    servers.kill()?;
    measured
}

/// Serves DynamoDB and OpenVidu until the parent process ends, and prints their addresses.
async fn serve() -> Outcome {
    let (dynamodb, openvidu) = (
        TcpListener::bind("127.0.0.1:0").await?,
        TcpListener::bind("127.0.0.1:0").await?,
    );
    println!("http://{}", dynamodb.local_addr()?);
    println!("http://{}", openvidu.local_addr()?);
    std::thread::spawn(|| {
        // The parent writes nothing. When the read returns, the parent has ended.
        let _ended = std::io::stdin().read_line(&mut String::new());
        std::process::exit(0);
    });
    let database = dynoxide::Database::memory()?;
    let (records, calls) = tokio::join!(
        dynoxide::server::serve_with_shutdown(dynamodb, database, pending()),
        openvidu::serve(openvidu, Settings::new(SECRET), pending()),
    );
    records?;
    calls?;
    Ok(())
}

async fn measure(servers: &mut Child, tokens: usize, alive: bool) -> Outcome {
    let printed = servers.stdout.take().ok_or("the servers print nothing")?;
    let mut addresses = BufReader::new(printed).lines();
    let mut address = || addresses.next().ok_or("the servers have ended");
    let calls = records(&address()??).await?;
    let openvidu = OpenVidu::new(address()??.parse()?, SECRET.into(), None)?;
    let openvidu = openvidu.until(Deadline::after(Duration::from_secs(24 * 60 * 60)));
    fill(&calls, &openvidu, tokens / TOKENS, alive).await?;

    // Older than any join can last, but younger than an unused token.
    let time = now() + Duration::from_secs(300);
    let before = memory("VmRSS")?;
    fs::write("/proc/self/clear_refs", "5")?;
    loop {
        let started = Instant::now();
        let time_is_up = || started.elapsed() > TIME;
        let report = sweep_calls(
            &calls,
            &openvidu,
            &Installation::parse(MARK)?,
            time,
            time_is_up,
        )
        .await?;
        let (took, most) = (started.elapsed(), memory("VmHWM")?);
        println!("{report:?}\n  in {took:.1?}; memory {before} kB before, {most} kB at most");
        if report.count(Metric::SweepIncomplete) == 0 {
            return Ok(());
        }
    }
}

/// Makes a new table at this address.
async fn records(address: &str) -> Outcome<DynamoDbCalls> {
    let client = local::client(address);
    let names = TableNames {
        calls: "calls".to_owned(),
        users: "users".to_owned(),
        logins: "logins".to_owned(),
    };
    tables::create(&client, &names).await?;
    let calls = DynamoDbCalls::new(client, names.calls);
    // All records are younger than the first sweep.
    calls.keep_sweep_record(&SweepRecord::default()).await?;
    Ok(calls)
}

async fn fill(calls: &DynamoDbCalls, openvidu: &Requests, count: usize, alive: bool) -> Outcome {
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
    openvidu: &Requests,
    number: usize,
    alive: bool,
) -> Outcome {
    let name = SessionName::parse(&format!("call {number}"))?;
    let (user, role) = (UserName::parse("publisher1")?, Role::Publisher);
    let installation = Installation::parse(MARK)?;
    let id = new_session_id(&name, &installation);
    let expires_at: Timestamp = now() + Duration::from_secs(20 * 60 * 60);
    calls.find_or_open(&name, &id, now(), expires_at).await?;
    if alive {
        openvidu.open(&id).await?;
    }
    for seat in 0..TOKENS {
        let connection = if alive {
            let made = openvidu.connect(&id, &user, role, None).await?;
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
fn memory(what: &str) -> Outcome<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(what));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(number.ok_or("no such line")?.parse()?)
}
