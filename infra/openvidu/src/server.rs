//! Starts and stops the stand-in: its sockets, its tasks, and the order in which they end.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tracing::{info, warn};

use crate::address::Address;
use crate::hub::Hub;
use crate::media::Media;
use crate::settings::Settings;
use crate::{rest, rpc, webhook};

/// How long requests, sockets and webhooks have to end by themselves when the server stops.
const FAREWELL: Duration = Duration::from_secs(3);

/// Serves OpenVidu on `listener` until `shutdown` completes.
///
/// Then it cuts every WebSocket without a close frame, delivers the webhooks that are due, and
/// returns. It does not report the end of the sessions.
///
/// # Errors
///
/// - `InvalidInput` if `listener` is not on a loopback address: this server is for development.
/// - `InvalidInput` if a setting is unusable.
/// - Any other error if a socket for media cannot be opened.
pub async fn serve(
    listener: TcpListener,
    settings: Settings,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let listening = listener.local_addr()?;
    check(listening, &settings)?;
    let address = Address::new(settings.public_url.as_deref(), listening)?;
    let media = Media::start(listening.ip()).await?;
    let (reporter, deliverer) = match &settings.webhook {
        Some(webhook) => {
            let (reporter, deliverer) = webhook::queue(webhook).map_err(invalid)?;
            (Some(reporter), Some(tokio::spawn(deliverer.run())))
        }
        None => (None, None),
    };
    warn!(
        openvidu.url = address.http,
        "OpenVidu stand-in for development only: in memory, on loopback, not for real calls"
    );

    let hub = Hub::new(settings, address, media, reporter);
    // If the caller drops this future, everything it started ends as well.
    let _stop = hub.stopping.clone().drop_guard();
    hub.tasks.spawn(hub.clone().collect_garbage());
    let app = rpc::router(&hub)
        .merge(rest::router(&hub))
        .into_make_service_with_connect_info::<SocketAddr>();
    let stopping = hub.stopping.clone();
    let server = tokio::spawn(async move {
        axum::serve(listener, app)
            .with_graceful_shutdown(stopping.cancelled_owned())
            .await
    });

    shutdown.await;
    info!("OpenVidu stand-in is stopping");
    hub.stopping.cancel();
    hub.tasks.close();
    let farewell = async {
        hub.tasks.wait().await;
        let served = server.await;
        // Dropping the last reference to the hub closes the queue, and so ends the deliverer.
        drop(hub);
        if let Some(deliverer) = deliverer {
            let _ = deliverer.await;
        }
        served
    };
    match tokio::time::timeout(FAREWELL, farewell).await {
        Ok(served) => served.map_err(io::Error::other)?,
        Err(_) => {
            warn!("OpenVidu stand-in stopped before everything was told");
            Ok(())
        }
    }
}

fn check(listening: SocketAddr, settings: &Settings) -> io::Result<()> {
    if !listening.ip().is_loopback() {
        return Err(invalid(format!(
            "the OpenVidu stand-in listens on loopback only, not on {listening}"
        )));
    }
    let secret = &settings.secret;
    let is_usable = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if secret.is_empty() || !secret.bytes().all(is_usable) {
        return Err(invalid(
            "the OpenVidu secret must be of letters, digits, - and _".to_owned(),
        ));
    }
    Ok(())
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
