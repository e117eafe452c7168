//! The public address of an `OpenVidu` server.

use reqwest::StatusCode;
use url::Url;

use super::Requests;
use crate::adapters::video_http::{ANSWER_LIMIT, Answer};
use crate::ports::VideoError;

/// The server returns nothing that a browser could use.
#[derive(Debug, thiserror::Error)]
#[error("its public URL is not http(s)://host[:port]")]
struct NotAnAddress;

impl Requests {
    /// The address that the server puts into tokens, reduced to scheme, host and port.
    ///
    /// Anybody may ask for it, so the request does not contain the secret.
    ///
    /// # Errors
    /// [`VideoError`], also if the answer is not an address.
    pub async fn public_url(&self) -> Result<Url, VideoError> {
        let url = self.url(&["config", "openvidu-publicurl"]);
        let (what, request) = ("asking for its public URL", self.server.http.get(url));
        let answer = Answer::to(what, request, ANSWER_LIMIT, self.deadline).await?;
        match answer.status {
            StatusCode::OK => {
                origin(&answer.text()).ok_or_else(|| VideoError::Unreadable(NotAnAddress.into()))
            }
            _ => Err(self.refused(&answer)),
        }
    }
}

fn origin(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim()).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    is_web
        .then(|| url.origin().ascii_serialization())
        .and_then(|origin| Url::parse(&origin).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_the_server_says_the_origin_counts() {
        for (said, origin_of_it) in [
            ("https://video.example.org/", "https://video.example.org/"),
            (
                "https://VIDEO.example.org:443",
                "https://video.example.org/",
            ),
            (
                " http://127.0.0.1:4443/openvidu/?x=1\n",
                "http://127.0.0.1:4443/",
            ),
            ("http://[::1]:4443/", "http://[::1]:4443/"),
        ] {
            assert_eq!(origin(said).unwrap().as_str(), origin_of_it);
        }
        for bad in [
            "",
            "video.example.org",
            "ws://video.example.org",
            "https://",
            "<html>",
        ] {
            assert_eq!(origin(bad), None, "{bad}");
        }
    }
}
