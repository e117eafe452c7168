//! What the OpenVidu adapter reads from the events that the server posts.

use serde_json::{Value, json};
use shared::adapters::openvidu::event;
use shared::domain::VideoEvent;
use testing::installation;

use crate::{connection, session};

fn read(event_of_the_server: &Value) -> Option<VideoEvent> {
    event(event_of_the_server.to_string().as_bytes(), &installation()).unwrap()
}

#[test]
fn only_the_ends_of_our_connections_and_sessions_are_reported() {
    let (id, who) = (session(), connection());
    let about = |event: &str| json!({ "event": event, "sessionId": id.as_str(), "connectionId": who.as_str() });
    let left = VideoEvent::Left(id.clone(), who.clone());
    assert_eq!(read(&about("participantLeft")), Some(left));
    let ended = VideoEvent::Ended(id.clone());
    assert_eq!(read(&about("sessionDestroyed")), Some(ended));
    assert_eq!(read(&about("participantJoined")), None);
    let mut foreign = about("participantLeft");
    foreign["sessionId"] = json!("TUTORIAL-another00000-0000000000000001");
    assert_eq!(read(&foreign), None);
}
