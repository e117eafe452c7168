//! Random identifiers with the prefixes and lengths of an OpenVidu server. Knows nothing about the
//! things they name.

use rand::RngExt;
use rand::distr::Alphanumeric;

/// `ses_` and ten characters, for a session that was created without a name.
pub(crate) fn session() -> String {
    format!("ses_{}", capital_then(9))
}

/// `con_` and ten characters, for a pending or active connection.
pub(crate) fn connection() -> String {
    format!("con_{}", capital_then(9))
}

/// `tok_` and sixteen characters, the secret part of a token.
pub(crate) fn token() -> String {
    format!("tok_{}", capital_then(15))
}

/// `ipc_IPCAM_rtsp_XXXX_host_port_path`, for an IP camera. Special characters of the path are kept.
pub(crate) fn camera(uri: &str) -> String {
    let (scheme, rest) = uri.split_once("://").unwrap_or_default();
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let authority = rest.split('/').next().unwrap_or_default();
    let login = authority.rfind('@').map_or(0, |at| at + 1);
    let made_of = format!(
        "{scheme}_{}_{}",
        random(4).to_ascii_uppercase(),
        &rest[login..]
    );
    let id = made_of.replace(['/', '.', ':'], "_").replace('-', "");
    format!("ipc_IPCAM_{id}")
}

/// `str_CAM_XXXX_con_...`, for a stream. `kind` is what it shows; the end is its owner's connection
/// id.
pub(crate) fn stream(kind: &str, connection: &str) -> String {
    format!("str_{kind}_{}_{connection}", capital_then(3))
}

/// The name by which a JSON-RPC session is reconnected: 26 lower-case characters.
pub(crate) fn rpc_session() -> String {
    random(26).to_ascii_lowercase()
}

/// The value of the cookie `OVJSESSIONID`.
pub(crate) fn http_session() -> String {
    random(32).to_ascii_uppercase()
}

fn capital_then(length: usize) -> String {
    let first = char::from(rand::rng().random_range(b'A'..=b'Z'));
    format!("{first}{}", random(length))
}

fn random(length: usize) -> String {
    rand::rng()
        .sample_iter(Alphanumeric)
        .take(length)
        .map(char::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_is_named_after_its_url_without_login_and_query() {
        let id = camera("rtsp://ann:pass@cam-1.example.org:554/a/b.sdp;x?y=z");
        let (start, end) = ("ipc_IPCAM_rtsp_", "_cam1_example_org_554_a_b_sdp;x");
        assert!(id.starts_with(start) && id.ends_with(end), "{id}");
        assert_eq!(id.len(), start.len() + 4 + end.len());
        assert!(camera("file:///film.mp4").ends_with("__film_mp4"));
    }

    #[test]
    fn ids_have_the_lengths_clients_see() {
        assert_eq!(session().len(), 14);
        assert_eq!(connection().len(), 14);
        assert_eq!(token().len(), 20);
        assert_eq!(rpc_session().len(), 26);
        assert_eq!(stream("CAM", "con_A").len(), "str_CAM_XXXX_con_A".len());
    }
}
