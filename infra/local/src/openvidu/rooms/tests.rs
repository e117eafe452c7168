//! The rules, tried out.
