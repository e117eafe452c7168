//! Everything that stands in for the cloud, started in order and ended together.

use std::{net::SocketAddr, time::Duration};

use futures_util::FutureExt;
use serde::Serialize;
use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    database::{self, Database},
    error::Error,
    functions::{self, Functions, Launch},
    keys, openvidu,
    options::Options,
    origin::{self, Site},
    ports::{Ports, address},
    proxy::Proxy,
};

/// How long the servers inside this process may take to end.
const PATIENCE: Duration = Duration::from_secs(4);

/// Where everything answers, as URLs.
#[derive(Clone, Debug, Serialize)]
pub struct Addresses {
    /// The site, and the API under `/api-*`.
    pub site: String,
    /// The OpenVidu server.
    pub openvidu: String,
    /// DynamoDB.
    pub dynamodb: String,
    /// `cargo lambda watch`, where every function can also be called by name.
    pub functions: String,
}

/// The running stack. Dropping it ends it without waiting; [`Stack::stop`] waits.
pub struct Stack {
    addresses: Addresses,
    functions: Functions,
    servers: JoinSet<&'static str>,
    shutdown: CancellationToken,
}

impl Stack {
    /// Starts everything; when it returns, the first request is as fast as the next.
    ///
    /// # Errors
    ///
    /// The first part that cannot start, as a sentence that says what to do. Nothing is left running.
    pub async fn start(options: &Options) -> Result<Self, Error> {
        let ports = Ports::bind(options).await?;
        let site = Site::find(options)?;
        let database = Database::open(options.data_dir.as_deref())?;
        let names = functions::names()?;
        functions::build(&names).await?;

        let webhook_secret = keys::webhook_secret();
        let mut servers = JoinSet::new();
        let shutdown = CancellationToken::new();
        let openvidu = match ports.openvidu {
            Some(listener) => {
                let url = url(address(&listener)?);
                let mut settings = openvidu::Settings::new(options.openvidu_secret());
                if !options.no_webhook {
                    settings.webhook = Some(webhook(address(&ports.site)?, &webhook_secret));
                }
                let ended = shutdown.clone().cancelled_owned();
                servers.spawn(async {
                    if let Err(error) = openvidu::serve(listener, settings, ended).await {
                        tracing::error!(%error, "the OpenVidu stand-in failed");
                    }
                    "the OpenVidu stand-in"
                });
                url
            }
            None => options.openvidu_url.clone().unwrap_or_default(),
        };
        let functions_address = address(&ports.functions)?;
        let site_address = address(&ports.site)?;
        let addresses = Addresses {
            site: url(site_address),
            openvidu,
            dynamodb: match &ports.dynamodb {
                Some(listener) => url(address(listener)?),
                None => options.dynamodb_url.clone().unwrap_or_default(),
            },
            functions: url(functions_address),
        };

        if let Some(listener) = ports.dynamodb {
            let serving = database.serve(listener, shutdown.clone());
            servers.spawn(async move {
                serving.await;
                "DynamoDB"
            });
        }
        database::prepare(&addresses.dynamodb).await?;

        let launch = Launch {
            address: functions_address,
            environment: environment(options, &addresses, webhook_secret)?,
            names: &names,
            ignore_changes: options.ignore_changes || !options.command.is_empty(),
        };
        drop(ports.functions);
        let functions = Functions::start(launch).await?;

        let ended = shutdown.clone();
        let proxy = Proxy::new(functions_address, site_address.port());
        servers.spawn(async move {
            ended
                .run_until_cancelled(origin::serve(ports.site, site, proxy))
                .await;
            "the site"
        });
        servers.spawn(
            shutdown
                .clone()
                .run_until_cancelled_owned(functions::sweep_every_minute(functions_address))
                .map(|_| "the schedule"),
        );
        Ok(Self {
            addresses,
            functions,
            servers,
            shutdown,
        })
    }

    /// Where everything answers.
    #[must_use]
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Returns when a part has ended by itself, which none should.
    pub async fn failed(&mut self) -> Error {
        tokio::select! {
            error = self.functions.ended() => error,
            ended = self.servers.join_next() => match ended {
                Some(Ok(name)) => Error::ServerEnded(name),
                Some(Err(_)) | None => Error::ServerEnded("a server"),
            },
        }
    }

    /// Ends everything, open calls included, and returns when it is gone.
    pub async fn stop(mut self) {
        self.shutdown.cancel();
        let all = async { while self.servers.join_next().await.is_some() {} };
        // Whoever has not ended by then is dropped with `servers`: an open WebSocket would last for ever.
        let (_, ()) = tokio::join!(timeout(PATIENCE, all), self.functions.stop());
    }
}

/// What the functions find in their environment, as on Lambda.
fn environment(
    options: &Options,
    addresses: &Addresses,
    webhook_secret: String,
) -> Result<Vec<(&'static str, String)>, Error> {
    let jwt_keys = keys::jwt_keys(options.data_dir.as_deref())?;
    let mut environment = database::environment(&addresses.dynamodb);
    environment.extend([
        ("OPENVIDU_URL", addresses.openvidu.clone()),
        ("OPENVIDU_SECRET", options.openvidu_secret().to_owned()),
        ("JWT_KEYS", jwt_keys),
        ("WEBHOOK_SECRETS", webhook_secret),
        // Browsers keep no Secure cookie of a plain-HTTP site.
        ("COOKIE_SECURE", "false".into()),
    ]);
    Ok(environment)
}

/// Where the stand-in reports what happens, as a real server would be told to.
fn webhook(site: SocketAddr, secret: &str) -> openvidu::Webhook {
    let endpoint = format!("{}/api-openvidu/webhook", url(site));
    let header = ("X-Webhook-Secret".to_owned(), secret.to_owned());
    openvidu::Webhook::new(endpoint, vec![header])
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}
