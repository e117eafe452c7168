//! Everything that stands in for the cloud: started in order and stopped together.

use std::net::SocketAddr;

use futures_util::future::select_all;
use serde::Serialize;

use crate::{
    database::{self, Database},
    error::Error,
    functions::{self, Functions, Launch},
    keys,
    listeners::{Listeners, address},
    options::Options,
    origin::{self, Site},
    proxy::Proxy,
    server::Server,
    video::VideoServer,
    workspace,
};

/// The URLs of all parts.
#[derive(Clone, Debug, Serialize)]
pub struct Addresses {
    /// The site, and the API under `/api-*`.
    pub site: String,
    /// The video server.
    pub video: String,
    /// DynamoDB.
    pub dynamodb: String,
    /// `cargo lambda watch`, where every function can also be called by name.
    pub functions: String,
}

/// The running stack. Dropping it ends it without waiting; [`Stack::stop`] waits.
pub struct Stack {
    addresses: Addresses,
    /// Uses all other parts.
    video: VideoServer,
    /// Use the other servers.
    functions: Functions,
    servers: Vec<Server>,
}

impl Stack {
    /// Starts everything. When it returns, the first request is as fast as the next.
    ///
    /// # Errors
    ///
    /// The first part that cannot start, as a sentence that says what to do. Nothing is left
    /// running.
    pub async fn start(options: &Options) -> Result<Self, Error> {
        let workspace = workspace::root()?;
        let listeners = Listeners::bind(options).await?;
        let site = Site::find(options, &workspace)?;
        let database = Database::open(options.data_dir.as_deref())?;
        let names = functions::names(&workspace)?;
        functions::build(&workspace, &names).await?;

        let site_address = address(&listeners.site)?;
        let functions_address = address(&listeners.functions)?;
        let webhook_secrets = keys::webhook_secrets(options)?;
        let webhook_secret = webhook_secrets.split(',').next().unwrap_or_default();
        let site_url = url(site_address);
        let video = VideoServer::start(options, listeners.video, &site_url, webhook_secret).await?;
        let addresses = Addresses {
            site: site_url,
            video: video.url.clone(),
            dynamodb: match &listeners.dynamodb {
                Some(listener) => url(address(listener)?),
                None => options.dynamodb_url.clone().unwrap_or_default(),
            },
            functions: url(functions_address),
        };
        let headers = site.headers(&video.public_url)?;
        let dynamodb = listeners.dynamodb.map(|listener| {
            Server::start("DynamoDB", |shutdown| database.serve(listener, shutdown))
        });
        let installation = keys::installation(options)?;
        if installation.is_new && options.dynamodb_url.is_none() {
            // They are somebody else's, in a copy of a data folder.
            database::forget_calls(&addresses.dynamodb).await?;
        }
        database::prepare(&addresses.dynamodb).await?;

        let launch = Launch {
            workspace: &workspace,
            address: functions_address,
            environment: environment(
                options,
                &addresses,
                &video,
                installation.mark,
                webhook_secrets,
            )?,
            names: &names,
            ignore_changes: options.ignore_changes || !options.command.is_empty(),
        };
        // At the last moment: until `watch` opens the port, another program could take it.
        drop(listeners.functions);
        let functions = Functions::start(launch).await?;

        let for_browsers = video.for_browsers();
        let proxy = Proxy::new(functions_address, site_address.port());
        let site = Server::start("the site", |shutdown| async move {
            let serving = origin::serve(listeners.site, site, for_browsers, headers, proxy);
            shutdown.run_until_cancelled(serving).await;
        });
        let schedule = Server::start("the schedule", |shutdown| async move {
            let calling = functions::sweep_every_minute(functions_address);
            shutdown.run_until_cancelled(calling).await;
        });
        Ok(Self {
            addresses,
            video,
            functions,
            servers: [schedule, site].into_iter().chain(dynamodb).collect(),
        })
    }

    /// The URLs of all parts.
    #[must_use]
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// The lines for the settings of your own video server, so that it sends us its events.
    #[must_use]
    pub fn webhook_settings(&self) -> Option<&str> {
        self.video.webhook_settings.as_deref()
    }

    /// The video server.
    pub(crate) fn video(&mut self) -> &mut VideoServer {
        &mut self.video
    }

    /// Returns when a part has ended by itself, which none should.
    pub async fn failed(&mut self) -> Error {
        let servers = self.servers.iter_mut();
        let servers = servers.map(|server| Box::pin(server.ended()));
        tokio::select! {
            error = self.functions.ended() => error,
            (name, ..) = select_all(servers) => Error::ServerEnded(name),
            error = self.video.ended() => error,
        }
    }

    /// Stops everything, including open calls, and returns when it has ended.
    pub async fn stop(mut self) {
        // The video server first, because it uses the others: the stand-in still delivers the webhooks
        // that are due.
        self.video.stop().await;
        self.functions.stop().await;
        for server in self.servers {
            server.stop().await;
        }
    }
}

/// The environment of the functions, as on Lambda.
fn environment(
    options: &Options,
    addresses: &Addresses,
    video: &VideoServer,
    installation: String,
    webhook_secrets: String,
) -> Result<Vec<(&'static str, String)>, Error> {
    let jwt_keys = keys::jwt_keys(options.data_dir.as_deref())?;
    let mut environment = database::environment(&addresses.dynamodb);
    environment.extend(video.environment());
    environment.extend([
        ("INSTALLATION", installation),
        ("JWT_KEYS", jwt_keys),
        ("WEBHOOK_SECRETS", webhook_secrets),
        ("JOINS_PER_MINUTE", options.joins_per_minute.to_string()),
        ("UNUSED_TOKENS", options.unused_tokens.to_string()),
        // Browsers keep no Secure cookie of a plain-HTTP site.
        ("COOKIE_SECURE", "false".into()),
    ]);
    Ok(environment)
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}
