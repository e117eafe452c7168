//! Servers that a test can stop and start again at the same address, and clients for them like
//! those of the functions.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use openvidu_stand_in::{self as openvidu, Settings};
use shared::adapters::dynamodb::tables::{self, TableNames};
use shared::adapters::dynamodb::{DynamoDbCalls, local};
use shared::adapters::openvidu::{OpenVidu, Requests};
use shared::deadline::Deadline;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server with a fixed address.
pub struct Server {
    address: SocketAddr,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Server {
    /// Reserves a free port.
    pub async fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        Self {
            address: listener.local_addr().unwrap(),
            running: None,
        }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves with `serve` until it is stopped.
    async fn start<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        serve: impl FnOnce(TcpListener, oneshot::Receiver<()>) -> F,
    ) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(listener, stopped));
        self.running = Some((stop, task));
    }

    /// Starts the stand-in for OpenVidu here.
    pub async fn start_openvidu(&mut self, settings: Settings) {
        self.start(async move |listener, stopped| {
            let stopped = async {
                let _ = stopped.await;
            };
            openvidu::serve(listener, settings, stopped).await.unwrap();
        })
        .await;
    }

    /// Also makes the tables, unless they exist.
    pub async fn start_dynamodb(&mut self, database: dynoxide::Database) {
        self.start(async move |listener, stopped| {
            let stopped = async {
                let _ = stopped.await;
            };
            dynoxide::server::serve_with_shutdown(listener, database, stopped)
                .await
                .unwrap();
        })
        .await;
        let names = TableNames {
            calls: "calls".to_owned(),
            users: "users".to_owned(),
            logins: "logins".to_owned(),
        };
        tables::create(&local::client(&self.url()), &names)
            .await
            .unwrap();
    }

    /// Stops it. The address stays its own.
    pub async fn stop(&mut self) {
        let (stop, task) = self.running.take().unwrap();
        let _ = stop.send(());
        task.await.unwrap();
    }

    /// A client for this OpenVidu server like that of the functions, with more time than any test
    /// takes.
    pub fn openvidu(&self, secret: &str) -> Requests {
        let openvidu = OpenVidu::new(self.url().parse().unwrap(), secret.into(), None).unwrap();
        openvidu.until(Deadline::after(Duration::from_secs(60 * 60)))
    }

    /// A client for this DynamoDB like that of the functions.
    pub fn calls(&self) -> DynamoDbCalls {
        DynamoDbCalls::new(local::client(&self.url()), "calls".to_owned())
    }
}
