//! What our connections say about themselves, to everybody in the call and to us.

use serde::Deserialize;
use serde_json::json;

use crate::domain::{Role, UserName};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    role: String,
    server_data: String,
}

/// The `data` of a connection. Pages of `OpenVidu`'s tutorials read its field `serverData`.
pub(super) fn data(user: &UserName, role: Role) -> String {
    json!({ "role": role.as_str(), "serverData": user.as_str() }).to_string()
}

/// Is this exactly the `data` that we give a connection with this role?
pub(super) fn is_ours(text: &str, listed_role: &str) -> bool {
    let Ok(read) = serde_json::from_str::<Data>(text) else {
        return false;
    };
    match (UserName::parse(&read.server_data), Role::parse(&read.role)) {
        (Ok(user), Ok(role)) => role.as_str() == listed_role && data(&user, role) == text,
        (Err(_), _) | (_, Err(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_data_is_recognised() {
        let user = UserName::parse("ann").unwrap();
        for role in [Role::Publisher, Role::Subscriber, Role::Moderator] {
            assert!(is_ours(&data(&user, role), role.as_str()));
        }
        for foreign in [
            "",
            "ann",
            "{}",
            r#"{"serverData":"ann"}"#,
            r#"{"role":"PUBLISHER"}"#,
            r#"{"role":"SPEAKER","serverData":"ann"}"#,
            r#"{"role":"PUBLISHER","serverData":""}"#,
            r#"{"role":"PUBLISHER", "serverData":"ann"}"#,
            r#"{"serverData":"ann","role":"PUBLISHER"}"#,
            r#"{"role":"PUBLISHER","serverData":"ann","more":1}"#,
        ] {
            assert!(!is_ours(foreign, "PUBLISHER"), "{foreign}");
        }
        assert!(!is_ours(&data(&user, Role::Publisher), "MODERATOR"));
    }
}
