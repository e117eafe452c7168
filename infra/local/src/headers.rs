//! The headers that CloudFront sends with our site and API, so that a browser here applies the same
//! rules to the page. Both come from `infra/headers.json`.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::error::Error;

const HEADERS: &str = include_str!("../../headers.json");

/// The headers of our own site, for an OpenVidu server at the URL `openvidu`.
pub(crate) fn of_our_site(openvidu: &str) -> Result<HeaderMap, Error> {
    let openvidu = openvidu.trim_end_matches('/');
    // http becomes ws, and https becomes wss.
    let websocket = openvidu.replacen("http", "ws", 1);
    let headers: BTreeMap<String, String> =
        serde_json::from_str(HEADERS).expect("headers.json is an object of strings");
    let header = |(name, value): (String, String)| {
        let value = value
            .replace("${OPENVIDU_HTTP}", openvidu)
            .replace("${OPENVIDU_WEBSOCKET}", &websocket);
        let name = HeaderName::try_from(name).expect("headers.json has names of headers");
        let value = HeaderValue::try_from(value)
            .map_err(|_| Error::OpenViduUrl(openvidu.escape_debug().to_string()))?;
        Ok((name, value))
    };
    headers.into_iter().map(header).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_may_connect_only_to_its_origin_and_openvidu() {
        for (openvidu, sources) in [
            (
                "http://127.0.0.1:4443",
                "http://127.0.0.1:4443 ws://127.0.0.1:4443",
            ),
            (
                "https://video.example.org/",
                "https://video.example.org wss://video.example.org",
            ),
        ] {
            let headers = of_our_site(openvidu).unwrap();
            let policy = headers["content-security-policy"].to_str().unwrap();
            let connect = format!("connect-src 'self' {sources};");
            assert!(policy.contains(&connect), "{policy}");
        }
    }

    #[test]
    fn nothing_is_left_to_be_filled_in() {
        for value in of_our_site("https://video.example.org").unwrap().values() {
            assert!(!value.to_str().unwrap().contains('$'), "{value:?}");
        }
    }

    #[test]
    fn an_invalid_address_is_reported() {
        let error = of_our_site("https://video\n").unwrap_err();
        assert!(matches!(error, Error::OpenViduUrl(url) if url == r"https://video\n"));
    }
}
