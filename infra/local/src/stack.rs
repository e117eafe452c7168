//! Everything that stands in for the cloud: started in order and stopped together.

use std::{net::SocketAddr, time::Duration};

use futures_util::future::{OptionFuture, select_all};
use openvidu_stand_in::{Settings, Webhook};
use serde::Serialize;

use crate::{
    database::{self, Database},
    error::Error,
    functions::{self, Functions, Launch},
    keys,
    listeners::{Listeners, address},
    options::Options,
    origin::{self, Site},
    own_openvidu,
    proxy::Proxy,
    server::Server,
    stand_in::StandIn,
    workspace,
};

/// The URLs of all parts.
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
    /// Uses all other parts.
    openvidu: Option<StandIn>,
    /// The lines for the `.env` of your own OpenVidu server.
    webhook_settings: Option<String>,
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
        let addresses = Addresses {
            site: url(site_address),
            openvidu: match &listeners.openvidu {
                Some(listener) => url(address(listener)?),
                None => options.openvidu_url.clone().unwrap_or_default(),
            },
            dynamodb: match &listeners.dynamodb {
                Some(listener) => url(address(listener)?),
                None => options.dynamodb_url.clone().unwrap_or_default(),
            },
            functions: url(functions_address),
        };
        let openvidu_url = match &options.openvidu_url {
            Some(url) => own_openvidu::public_url(options, url).await?,
            None => addresses.openvidu.clone(),
        };
        let headers = site.headers(&openvidu_url)?;
        let webhook_secrets = keys::webhook_secrets(options)?;
        let webhook_secret = webhook_secrets.split(',').next().unwrap_or_default();
        let is_own = options.openvidu_url.is_some() && !options.no_webhook;
        let webhook_settings =
            is_own.then(|| own_openvidu::webhook_settings(&addresses.site, webhook_secret));

        let mut settings = Settings::new(options.openvidu_secret());
        settings.secret_check = Duration::from_millis(options.openvidu_delay_ms);
        if !options.no_webhook {
            settings.webhook = Some(webhook(&addresses.site, webhook_secret));
        }
        let openvidu = listeners.openvidu;
        let openvidu = openvidu.map(|listener| StandIn::start(listener, settings));
        let openvidu = openvidu.transpose()?;
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
            environment: environment(options, &addresses, installation.mark, &webhook_secrets)?,
            names: &names,
            ignore_changes: options.ignore_changes || !options.command.is_empty(),
        };
        // At the last moment: until `watch` opens the port, another program could take it.
        drop(listeners.functions);
        let functions = Functions::start(launch).await?;

        let proxy = Proxy::new(functions_address, site_address.port());
        let site = Server::start("the site", |shutdown| async move {
            let serving = origin::serve(listeners.site, site, openvidu_url, headers, proxy);
            shutdown.run_until_cancelled(serving).await;
        });
        let schedule = Server::start("the schedule", |shutdown| async move {
            let calling = functions::sweep_every_minute(functions_address);
            shutdown.run_until_cancelled(calling).await;
        });
        Ok(Self {
            addresses,
            openvidu,
            webhook_settings,
            functions,
            servers: [schedule, site].into_iter().chain(dynamodb).collect(),
        })
    }

    /// The URLs of all parts.
    #[must_use]
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// The lines for the `.env` of your own OpenVidu server.
    #[must_use]
    pub fn webhook_settings(&self) -> Option<&str> {
        self.webhook_settings.as_deref()
    }

    /// Returns when a part has ended by itself, which none should.
    pub async fn failed(&mut self) -> Error {
        let servers = self.servers.iter_mut();
        let servers = servers.map(|server| Box::pin(server.ended()));
        let openvidu = OptionFuture::from(self.openvidu.as_mut().map(StandIn::ended));
        tokio::select! {
            error = self.functions.ended() => error,
            (name, ..) = select_all(servers) => Error::ServerEnded(name),
            Some(name) = openvidu => Error::ServerEnded(name),
        }
    }

    /// Stops the OpenVidu stand-in, if it is in use. It reports nothing, as when a real server
    /// stops.
    pub(crate) async fn stop_openvidu(&mut self) {
        if let Some(openvidu) = &mut self.openvidu {
            openvidu.stop().await;
        }
    }

    /// Starts the stand-in again, if it is in use and stopped.
    pub(crate) async fn start_openvidu(&mut self) -> Result<(), Error> {
        match &mut self.openvidu {
            Some(openvidu) => openvidu.start_again().await,
            None => Ok(()),
        }
    }

    /// Stops everything, including open calls, and returns when it has ended.
    pub async fn stop(mut self) {
        // The stand-in first, because it uses the others: it still delivers the webhooks that are
        // due.
        self.stop_openvidu().await;
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
    installation: String,
    webhook_secrets: &str,
) -> Result<Vec<(&'static str, String)>, Error> {
    let jwt_keys = keys::jwt_keys(options.data_dir.as_deref())?;
    let mut environment = database::environment(&addresses.dynamodb);
    environment.extend([
        ("INSTALLATION", installation),
        ("OPENVIDU_URL", addresses.openvidu.clone()),
        ("OPENVIDU_SECRET", options.openvidu_secret().to_owned()),
        ("JWT_KEYS", jwt_keys),
        ("WEBHOOK_SECRETS", webhook_secrets.to_owned()),
        (
            "OPENVIDU_CA",
            options.openvidu_ca().unwrap_or_default().to_owned(),
        ),
        ("JOINS_PER_MINUTE", options.joins_per_minute.to_string()),
        ("UNUSED_TOKENS", options.unused_tokens.to_string()),
        // Browsers keep no Secure cookie of a plain-HTTP site.
        ("COOKIE_SECURE", "false".into()),
    ]);
    Ok(environment)
}

/// The webhook settings of the stand-in, like those of a real server.
fn webhook(site: &str, secret: &str) -> Webhook {
    let endpoint = format!("{site}/api-openvidu/webhook");
    let header = ("X-Webhook-Secret".to_owned(), secret.to_owned());
    Webhook::new(endpoint, vec![header])
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}
