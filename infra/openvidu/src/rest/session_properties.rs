//! Checks the properties with which a session may be created, and fills in defaults
//! (`SessionProperties.java` and `RecordingProperties.java` of openvidu-java-client 2.32.2).

use serde_json::{Map, Value, json};

use super::body::{BadField, Fields};
use crate::model::SessionProperties;

const MIN_SHM_SIZE: i64 = 128 * 1024 * 1024;

pub(super) fn parse(fields: Fields<'_>) -> Result<SessionProperties, BadField> {
    let custom_session_id = fields.string("customSessionId")?.unwrap_or_default();
    if !custom_session_id.bytes().all(is_id_byte) {
        return Err(BadField(
            "Parameter 'customSessionId' is wrong. Must be an alphanumeric string [a-zA-Z0-9_-]"
                .to_owned(),
        ));
    }
    let media_mode = fields.choice("mediaMode", &["ROUTED", "RELAYED"])?;
    let recording_mode = fields.choice("recordingMode", &["MANUAL", "ALWAYS"])?;
    let codec = fields.choice(
        "forcedVideoCodec",
        &["MEDIA_SERVER_PREFERRED", "NONE", "VP8", "VP9", "H264"],
    )?;
    let allow_transcoding = fields.boolean("allowTranscoding")?;
    if let Some(node) = fields.object("mediaNode")? {
        node.string("id")?;
    }
    let empty = Map::new();
    let recording = fields
        .object("defaultRecordingProperties")?
        .unwrap_or(Fields(&empty));
    Ok(SessionProperties {
        media_mode: media_mode.unwrap_or("ROUTED").to_owned(),
        recording_mode: recording_mode.unwrap_or("MANUAL").to_owned(),
        default_recording_properties: recording_properties(recording)?,
        custom_session_id: custom_session_id.to_owned(),
        forced_video_codec: codec.unwrap_or("MEDIA_SERVER_PREFERRED").to_owned(),
        allow_transcoding: allow_transcoding.unwrap_or(false),
    })
}

pub(super) fn is_id_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn recording_properties(fields: Fields<'_>) -> Result<Map<String, Value>, BadField> {
    let wrong = |name: &str| Err(BadField(format!("Parameter '{name}' is wrong")));
    let name = fields.string("name")?.unwrap_or_default();
    if !name.bytes().all(|byte| is_id_byte(byte) || byte == b'~') {
        return wrong("name");
    }
    let has_audio = fields.boolean("hasAudio")?.unwrap_or(true);
    let has_video = fields.boolean("hasVideo")?.unwrap_or(true);
    if !has_audio && !has_video {
        return wrong("hasVideo");
    }
    let output_mode = fields
        .choice(
            "outputMode",
            &["COMPOSED", "COMPOSED_QUICK_START", "INDIVIDUAL"],
        )?
        .unwrap_or("COMPOSED");
    let layout = fields
        .choice(
            "recordingLayout",
            &[
                "BEST_FIT",
                "PICTURE_IN_PICTURE",
                "VERTICAL_PRESENTATION",
                "HORIZONTAL_PRESENTATION",
                "CUSTOM",
            ],
        )?
        .unwrap_or("BEST_FIT");
    let resolution = fields.string("resolution")?.unwrap_or("1280x720");
    if !is_resolution(resolution) {
        return wrong("resolution");
    }
    let frame_rate = fields.integer("frameRate")?.unwrap_or(25);
    if !(1..=120).contains(&frame_rate) {
        return wrong("frameRate");
    }
    let shm_size = fields.integer("shmSize")?.unwrap_or(4 * MIN_SHM_SIZE);
    if shm_size < MIN_SHM_SIZE {
        return wrong("shmSize");
    }
    let custom_layout = fields.string("customLayout")?;
    let ignore_failed = fields.boolean("ignoreFailedStreams")?.unwrap_or(false);

    let mut properties = Map::new();
    let mut put = |name: &str, value: Value| properties.insert(name.to_owned(), value);
    put("name", json!(name));
    put("hasAudio", json!(has_audio));
    put("hasVideo", json!(has_video));
    put("outputMode", json!(output_mode));
    if output_mode == "INDIVIDUAL" {
        put("ignoreFailedStreams", json!(ignore_failed));
    } else if has_video {
        put("recordingLayout", json!(layout));
        put("resolution", json!(resolution));
        put("frameRate", json!(frame_rate));
        put("shmSize", json!(shm_size));
        if let Some(custom_layout) = custom_layout {
            put("customLayout", json!(custom_layout));
        }
    }
    Ok(properties)
}

/// `WIDTHxHEIGHT`, both from 100 to 1999.
fn is_resolution(text: &str) -> bool {
    let side = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_digit())
            && matches!(text.parse::<u32>(), Ok(100..=1999))
    };
    text.split_once('x')
        .is_some_and(|(width, height)| side(width) && side(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_json(body: &Value) -> Result<SessionProperties, BadField> {
        parse(Fields(body.as_object().expect("a test gives an object")))
    }

    #[test]
    fn nulls_are_defaults() {
        let properties = parse_json(&json!({ "mediaMode": null, "customSessionId": null }))
            .expect("null is the same as absent");
        assert_eq!(properties, parse_json(&json!({})).expect("all is optional"));
        assert_eq!(properties.forced_video_codec, "MEDIA_SERVER_PREFERRED");
        assert_eq!(
            properties.default_recording_properties["shmSize"],
            json!(536_870_912)
        );
    }

    #[test]
    fn wrong_types_and_values_are_refused() {
        for body in [
            json!({ "customSessionId": "no spaces" }),
            json!({ "customSessionId": 1 }),
            json!({ "mediaMode": "P2P" }),
            json!({ "allowTranscoding": "true" }),
            json!({ "defaultRecordingProperties": { "resolution": "12x10" } }),
            json!({ "defaultRecordingProperties": { "frameRate": 0 } }),
            json!({ "defaultRecordingProperties": { "hasAudio": false, "hasVideo": false } }),
            json!({ "defaultRecordingProperties": [] }),
        ] {
            assert!(parse_json(&body).is_err(), "{body}");
        }
    }
}
