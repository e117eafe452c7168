//! Ids that nobody can guess.

/// Is this a number in our hexadecimal form: this many digits, and no capital letters?
pub(super) fn is_hex(text: &str, digits: usize) -> bool {
    let is_digit = |c: char| c.is_ascii_digit() || matches!(c, 'a'..='f');
    text.len() == digits && text.chars().all(is_digit)
}

/// Defines an id.
macro_rules! random_id {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        ///
        /// 128 random bits as 32 hex digits.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Makes a new id.
            pub fn new(random: u128) -> Self {
                Self(format!("{random:032x}"))
            }

            /// Reads an id back; `None` for anything that `new` does not make.
            pub fn parse(text: &str) -> Option<Self> {
                $crate::domain::random_id::is_hex(text, 32).then(|| Self(text.to_owned()))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

pub(super) use random_id;
