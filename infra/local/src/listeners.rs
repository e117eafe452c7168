//! The listening sockets. All are opened before anything slow starts, so that a busy port is
//! reported at once.

use std::{
    io::ErrorKind,
    net::{Ipv4Addr, SocketAddr},
};

use tokio::net::TcpListener;

use crate::{
    error::Error,
    options::{Options, Wanted},
};

/// One listener per part.
pub(crate) struct Listeners {
    pub(crate) site: TcpListener,
    /// `None` if the developer's own video server is used. A LiveKit server, too, opens the port itself.
    pub(crate) video: Option<TcpListener>,
    /// `None` if another DynamoDB is used.
    pub(crate) dynamodb: Option<TcpListener>,
    /// Reserves the port until `cargo lambda watch`, which cannot take over a socket, opens it
    /// itself.
    pub(crate) functions: TcpListener,
}

impl Listeners {
    /// Opens all ports that `options` ask for.
    pub(crate) async fn bind(options: &Options) -> Result<Self, Error> {
        let video = match options.wanted_video() {
            Wanted::OpenVidu(_) | Wanted::LiveKit(_) => None,
            Wanted::StandIn => Some(openvidu(options.wanted(options.openvidu_port)).await?),
            Wanted::NewLiveKit => {
                let port = options.wanted(options.livekit_port);
                Some(bind(port, "the LiveKit server", "--livekit-port").await?)
            }
        };
        let dynamodb = match options.dynamodb_url {
            Some(_) => None,
            None => {
                let port = options.wanted(options.dynamodb_port);
                Some(bind(port, "DynamoDB", "--dynamodb-port").await?)
            }
        };
        Ok(Self {
            site: bind(options.wanted(options.port), "the site", "--port").await?,
            video,
            dynamodb,
            functions: bind(
                options.wanted(options.functions_port),
                "cargo lambda watch",
                "--functions-port",
            )
            .await?,
        })
    }
}

/// Opens the port of the OpenVidu stand-in.
pub(crate) async fn openvidu(port: u16) -> Result<TcpListener, Error> {
    bind(port, "the OpenVidu stand-in", "--openvidu-port").await
}

/// Listens on the loopback interface only.
async fn bind(port: u16, owner: &'static str, option: &'static str) -> Result<TcpListener, Error> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|source| match source.kind() {
            ErrorKind::AddrInUse => Error::PortInUse {
                port,
                owner,
                option,
            },
            _ => Error::Port {
                port,
                owner,
                option,
                source,
            },
        })
}

/// The address of one of our listeners.
pub(crate) fn address(listener: &TcpListener) -> Result<SocketAddr, Error> {
    listener.local_addr().map_err(|source| Error::Port {
        port: 0,
        owner: "a listener",
        option: "--port",
        source,
    })
}
