//! Why the server refuses a browser's request: OpenVidu's numbered errors.

/// An `OpenViduException`: a number for programs and a message for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    message: String,
}

impl Refusal {
    pub(crate) const USER_NOT_FOUND: u16 = 102;
    pub(crate) const USER_EXISTS: u16 = 104;
    pub(crate) const NOT_STREAMING: u16 = 105;
    pub(crate) const ALREADY_STREAMING: u16 = 106;
    pub(crate) const SESSION_NOT_FOUND: u16 = 202;
    pub(crate) const SDP: u16 = 302;
    pub(crate) const ENDPOINT: u16 = 303;
    pub(crate) const UNAUTHORIZED: u16 = 401;
    pub(crate) const SIGNAL_FORMAT: u16 = 600;
    pub(crate) const SIGNAL_TO: u16 = 601;
    pub(crate) const CODEC_NOT_OFFERED: u16 = 800;
    pub(crate) const TRANSPORT: u16 = 803;
    pub(crate) const WRONG_EDITION: u16 = 997;

    pub(crate) fn new(code: u16, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The message as clients get it, with the number at its end.
    pub(crate) fn message(&self) -> String {
        format!("{}. Code: {}", self.message, self.code)
    }
}
