//! The OpenVidu stand-in in this process. It can be stopped and started again at the same address,
//! like a real server that is restarted: it then remembers nothing.

use shared::chain;
use std::{future, net::SocketAddr};

use openvidu_stand_in::Settings;
use tokio::net::TcpListener;

use crate::{
    error::Error,
    listeners::{self, address},
    server::Server,
};

/// The stand-in, running or stopped.
pub(crate) struct StandIn {
    address: SocketAddr,
    settings: Settings,
    running: Option<Server>,
}

impl StandIn {
    /// Serves on `listener`, and after a restart at the same address.
    pub(crate) fn start(listener: TcpListener, settings: Settings) -> Result<Self, Error> {
        Ok(Self {
            address: address(&listener)?,
            running: Some(serve(listener, settings.clone())),
            settings,
        })
    }

    /// Stops it, unless it is stopped already, and returns when it has ended.
    pub(crate) async fn stop(&mut self) {
        if let Some(server) = self.running.take() {
            server.stop().await;
        }
    }

    /// Starts it again, unless it runs.
    pub(crate) async fn start_again(&mut self) -> Result<(), Error> {
        if self.running.is_none() {
            let listener = listeners::openvidu(self.address.port()).await?;
            self.running = Some(serve(listener, self.settings.clone()));
        }
        Ok(())
    }

    /// Waits until it ends by itself, which it should not. Returns its name.
    pub(crate) async fn ended(&mut self) -> &'static str {
        match &mut self.running {
            Some(server) => server.ended().await,
            None => future::pending().await,
        }
    }
}

fn serve(listener: TcpListener, settings: Settings) -> Server {
    Server::start("the OpenVidu stand-in", |shutdown| async {
        let ended = shutdown.cancelled_owned();
        if let Err(error) = openvidu_stand_in::serve(listener, settings, ended).await {
            tracing::error!(error = chain(&error), "the OpenVidu stand-in failed");
        }
    })
}
