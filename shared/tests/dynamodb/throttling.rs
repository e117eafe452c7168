//! How a join on DynamoDB repeats its first request: with the same id only if it had no effect.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use shared::domain::{Role, SessionId, SessionName, UserName};
use shared::ports::Backoff;
use shared::use_cases::{JoinError, Joined, Participant, join_call};
use testing::{MemoryVideo, installation};
use wiremock::{Request, Respond, ResponseTemplate};

use crate::{NOW, answering};

const THROTTLED: &str = "com.amazonaws.dynamodb.v20120810#ThrottlingException";
const FAILED: &str = "com.amazonaws.dynamodb.v20120810#InternalServerError";

/// A DynamoDB that answers the first requests to open a call with these errors, and the next with
/// success.
struct DynamoDb {
    errors: Mutex<Vec<&'static str>>,
}

impl Respond for DynamoDb {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let Some(candidate) = candidate(request) else {
            return ResponseTemplate::new(200).set_body_json(json!({}));
        };
        match self.errors.lock().unwrap().pop() {
            Some(kind) => {
                let status = if kind == FAILED { 500 } else { 400 };
                ResponseTemplate::new(status).set_body_json(json!({ "__type": kind }))
            }
            None => ResponseTemplate::new(200).set_body_json(json!({ "Attributes": {
                "sessionName": { "S": "call" },
                "sessionId": candidate,
                "version": { "N": "0" },
                "createdAt": { "N": "1800000000" },
                "expiresAt": { "N": "1800000100" },
            }})),
        }
    }
}

/// The id that a request to open a call proposes.
fn candidate(request: &Request) -> Option<Value> {
    let body: Value = request.body_json().unwrap();
    body["ExpressionAttributeValues"].get(":candidate").cloned()
}

/// Records the waits.
#[derive(Default)]
struct Waits(Mutex<Vec<usize>>);

impl Backoff for Waits {
    async fn wait(&self, repetition: usize) {
        self.0.lock().unwrap().push(repetition);
    }
}

/// Joins. Returns the result, the ids that it proposed, and its waits.
async fn join(
    mut errors: Vec<&'static str>,
) -> (Result<Joined, JoinError>, Vec<Value>, Vec<usize>) {
    errors.reverse();
    let errors = Mutex::new(errors);
    let (server, calls) = answering(DynamoDb { errors }).await;

    let (video, waits) = (MemoryVideo::default(), Waits::default());
    let numbers = AtomicU64::new(1);
    let new_id = |name: &SessionName| {
        let number = numbers.fetch_add(1, Ordering::Relaxed);
        SessionId::new(name, &installation(), number)
    };
    let who = Participant {
        user: UserName::parse("publisher1").unwrap(),
        role: Role::Publisher,
        nickname: None,
    };
    let call = SessionName::parse("call").unwrap();
    let joined = join_call(&calls, &video, &waits, new_id, &who, &call, NOW).await;
    let requests = server.received_requests().await.unwrap();
    let candidates = requests.iter().filter_map(candidate).collect();
    (joined, candidates, waits.0.into_inner().unwrap())
}

#[tokio::test]
async fn a_throttled_opening_is_repeated_with_the_same_id_after_longer_and_longer_waits() {
    let (joined, candidates, waits) = join(vec![THROTTLED, THROTTLED, THROTTLED]).await;
    assert!(joined.is_ok(), "{joined:?}");
    assert_eq!(candidates.len(), 4);
    assert!(
        candidates.iter().all(|id| *id == candidates[0]),
        "{candidates:?}"
    );
    assert_eq!(waits, [1, 2, 3]);
}

#[tokio::test]
async fn an_opening_whose_outcome_is_unknown_is_repeated_with_another_id() {
    let (joined, candidates, _) = join(vec![FAILED]).await;
    assert!(joined.is_ok(), "{joined:?}");
    assert_eq!(candidates.len(), 2);
    assert_ne!(candidates[0], candidates[1]);
}

#[tokio::test]
async fn a_store_that_goes_on_refusing_is_given_up() {
    let (joined, candidates, waits) = join(vec![THROTTLED; 20]).await;
    assert!(matches!(joined, Err(JoinError::Store(_))), "{joined:?}");
    assert_eq!((candidates.len(), waits.len()), (6, 5));
    let (joined, candidates, _) = join(vec![FAILED; 20]).await;
    assert!(matches!(joined, Err(JoinError::Store(_))), "{joined:?}");
    assert_eq!(candidates.len(), 2);
}
