//! Errors in the form of the log.

use std::error::Error;

/// An error with all its causes, on one line.
pub fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::StoreError;
    use crate::use_cases::JoinError;

    #[test]
    fn a_chain_goes_down_to_the_first_cause() {
        let error = JoinError::from(StoreError::Unavailable("throttled".into()));
        let line =
            "could not read or write the call's records: the store did not answer: throttled";
        assert_eq!(chain(&error), line);
    }
}
