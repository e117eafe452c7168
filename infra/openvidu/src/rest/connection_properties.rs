//! Checks the properties with which a connection may be created (`ConnectionProperties.java` and
//! `IceServerProperties.java` of openvidu-java-client 2.32.2).

use serde_json::{Map, Value, json};

use super::body::{BadField, Fields};
use crate::model::{Camera, Role};

/// The URL schemes of IP cameras.
const SCHEMES: [&str; 5] = ["file", "rtsp", "rtsps", "http", "https"];

/// A checked request for a connection.
#[derive(Debug, PartialEq)]
pub(super) struct ConnectionProperties {
    pub(super) role: Role,
    pub(super) record: bool,
    pub(super) data: String,
    pub(super) kurento_options: Option<Value>,
    pub(super) custom_ice_servers: Vec<Value>,
    /// For a connection of type `IPCAM`.
    pub(super) camera: Option<Camera>,
}

impl ConnectionProperties {
    pub(super) fn parse(fields: Fields<'_>) -> Result<Self, BadField> {
        let kind = fields.choice("type", &["WEBRTC", "IPCAM"])?;
        let role = match fields.string("role")? {
            Some(name) => Role::parse(name)
                .ok_or_else(|| BadField(format!("Parameter role {name} is not defined")))?,
            None => Role::Publisher,
        };
        Ok(Self {
            role,
            record: fields.boolean("record")?.unwrap_or(true),
            data: fields.string("data")?.unwrap_or_default().to_owned(),
            kurento_options: fields
                .object("kurentoOptions")?
                .map(kurento_options)
                .transpose()?,
            custom_ice_servers: fields
                .array("customIceServers")?
                .unwrap_or_default()
                .iter()
                .map(ice_server)
                .collect::<Result<_, _>>()?,
            camera: match kind {
                Some("IPCAM") => Some(camera(fields)?),
                _ => None,
            },
        })
    }

    /// The connection id that a caller can force with this key in `data`. A real server does this
    /// too, undocumented, and even gives out the same id twice.
    pub(super) fn forced_id(&self) -> Option<String> {
        let data: Value = serde_json::from_str(&self.data).ok()?;
        let id = data.get("openviduCustomConnectionId")?.as_str()?;
        Some(format!("con_{id}"))
    }
}

fn camera(fields: Fields<'_>) -> Result<Camera, BadField> {
    let uri = fields.string("rtspUri")?.unwrap_or_default();
    let known = |(scheme, _)| SCHEMES.contains(&scheme);
    if !uri.split_once("://").is_some_and(known) {
        return Err(BadField("Parameter 'rtspUri' is not valid".to_owned()));
    }
    let flag = |name| Ok(fields.boolean(name)?.unwrap_or(true));
    Ok(Camera {
        rtsp_uri: uri.to_owned(),
        adaptative_bitrate: flag("adaptativeBitrate")?,
        only_play_with_subscribers: flag("onlyPlayWithSubscribers")?,
        network_cache: fields.integer("networkCache")?.unwrap_or(2000),
    })
}

fn kurento_options(fields: Fields<'_>) -> Result<Value, BadField> {
    let mut options = Map::new();
    for name in [
        "videoMaxRecvBandwidth",
        "videoMinRecvBandwidth",
        "videoMaxSendBandwidth",
        "videoMinSendBandwidth",
    ] {
        if let Some(kbps) = fields.integer(name)? {
            options.insert(name.to_owned(), json!(kbps));
        }
    }
    if let Some(filters) = fields.array("allowedFilters")? {
        if !filters.iter().all(Value::is_string) {
            return Err(BadField::of_type("allowedFilters", "String[]"));
        }
        options.insert("allowedFilters".to_owned(), json!(filters));
    }
    Ok(Value::Object(options))
}

fn ice_server(server: &Value) -> Result<Value, BadField> {
    let wrong = || BadField("Parameter 'customIceServers' is wrong".to_owned());
    let fields = Fields(server.as_object().ok_or_else(wrong)?);
    let url = fields.string("url")?.ok_or_else(wrong)?;
    let username = fields.string("username")?;
    let credential = fields.string("credential")?;
    let secret = fields.string("staticAuthSecret")?;
    let has_login = username.is_some() || credential.is_some() || secret.is_some();
    let complete = secret.is_some() || (username.is_some() && credential.is_some());
    let accepted = match url.split(':').next() {
        Some("stun" | "stuns") => !has_login,
        Some("turn" | "turns") => complete,
        _ => false,
    };
    if !accepted {
        return Err(wrong());
    }
    let mut server = Map::from_iter([("url".to_owned(), json!(url))]);
    for (name, value) in [
        ("username", username),
        ("credential", credential),
        ("staticAuthSecret", secret),
    ] {
        if let Some(value) = value {
            server.insert(name.to_owned(), json!(value));
        }
    }
    Ok(Value::Object(server))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &Value) -> Result<ConnectionProperties, BadField> {
        ConnectionProperties::parse(Fields(body.as_object().expect("a test gives an object")))
    }

    #[test]
    fn an_id_can_be_forced_by_the_data() {
        let data = r#"{"openviduCustomConnectionId":"mine"}"#;
        let properties = parse(&json!({ "data": data })).expect("data is any string");
        assert_eq!(properties.forced_id().as_deref(), Some("con_mine"));
        assert_eq!(
            parse(&json!({})).expect("all is optional").forced_id(),
            None
        );
    }

    #[test]
    fn wrong_types_and_values_are_refused() {
        for body in [
            json!({ "role": "ADMIN" }),
            json!({ "role": 1 }),
            json!({ "data": {} }),
            json!({ "record": "yes" }),
            json!({ "type": "RTP" }),
            json!({ "kurentoOptions": { "videoMaxRecvBandwidth": "1000" } }),
            json!({ "kurentoOptions": { "allowedFilters": [1] } }),
            json!({ "customIceServers": [{ "url": "http://x" }] }),
            json!({ "customIceServers": [{ "url": "turn:x" }] }),
            json!({ "customIceServers": [{ "url": "stun:x", "username": "u" }] }),
        ] {
            assert!(parse(&body).is_err(), "{body}");
        }
    }
}
