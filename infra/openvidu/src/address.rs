//! The address at which browsers reach the server, in the forms that its answers need.

use std::io;
use std::net::SocketAddr;

use reqwest::Url;

/// The server's public address.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// `http://host:port`, without a trailing slash.
    pub(crate) http: String,
    /// `ws://host:port`: what a token begins with.
    pub(crate) ws: String,
}

impl Address {
    /// # Errors
    ///
    /// `InvalidInput` if `public_url` is not the plain URL of a host.
    pub(crate) fn new(public_url: Option<&str>, listener: SocketAddr) -> io::Result<Self> {
        let text = public_url.map_or_else(|| format!("http://{listener}"), str::to_owned);
        let invalid = || {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("not a public URL like http://localhost:4443: {text}"),
            )
        };
        let url = Url::parse(&text).map_err(|_| invalid())?;
        let ws = match url.scheme() {
            "http" => "ws",
            "https" => "wss",
            _ => return Err(invalid()),
        };
        let host = url.host_str().ok_or_else(invalid)?.to_owned();
        let port = url.port_or_known_default().ok_or_else(invalid)?;
        // Like the real server, leave out the scheme's default port.
        let authority = url
            .port()
            .map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        Ok(Self {
            http: format!("{}://{authority}", url.scheme()),
            ws: format!("{ws}://{authority}"),
            host,
            port,
        })
    }

    /// The whole token string that a browser connects with.
    pub(crate) fn token(&self, session_id: &str, token: &str) -> String {
        format!("{}?sessionId={session_id}&token={token}", self.ws)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_start_with_the_web_socket_address_and_have_no_path() {
        let listener = SocketAddr::from(([127, 0, 0, 1], 4443));
        let own = Address::new(None, listener).expect("a listener has an address");
        assert_eq!(
            own.token("room", "tok_A"),
            "ws://127.0.0.1:4443?sessionId=room&token=tok_A"
        );
        let public = Address::new(Some("https://video.example/"), listener).expect("a plain URL");
        assert_eq!(public.ws, "wss://video.example");
        assert_eq!(public.port, 443);
        assert!(Address::new(Some("ftp://x"), listener).is_err());
    }
}
