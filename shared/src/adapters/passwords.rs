//! Passwords by argon2id, with OWASP's minimum parameters (19 MiB, 2 passes, 1 lane).

use std::fmt;
use std::sync::{Mutex, PoisonError};

use argon2::password_hash::phc::{Output, PasswordHash as Phc, Salt};
use argon2::{Algorithm, Argon2, Block, Params, PasswordHasher, Version};

use crate::domain::{Password, PasswordHash};
use crate::ports::PasswordHashing;

/// Hashes and compares passwords, one at a time.
///
/// It keeps argon2's 19 MiB of working memory between passwords: handing them back and asking anew
/// makes glibc's allocator grow by as much at every login, until the function is out of memory.
pub struct Argon2id {
    memory: Mutex<Vec<Block>>,
    nobody: PasswordHash,
}

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("could not hash the password: {0}")]
pub struct HashError(argon2::password_hash::Error);

impl Argon2id {
    /// Makes a hasher.
    pub fn new() -> Self {
        let params = Params::default();
        // Nobody's password: the parameters of a real one, and an output that no password has been
        // hashed to.
        let nobody = PasswordHash::from_phc(format!(
            "$argon2id$v=19$m={},t={},p={}$bm9ib2R5J3Mgc2FsdA${}",
            params.m_cost(),
            params.t_cost(),
            params.p_cost(),
            "A".repeat(43),
        ));
        Self {
            memory: Mutex::new(Vec::new()),
            nobody,
        }
    }

    /// Hashes a password with a new salt.
    ///
    /// # Errors
    /// [`HashError`] if the system has no randomness or no memory.
    pub fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        let phc: Phc = Argon2::default()
            .hash_password(password.expose().as_bytes())
            .map_err(HashError)?;
        Ok(PasswordHash::from_phc(phc.to_string()))
    }

    /// `None` if the hash cannot be read, or is not by argon2id.
    fn compare(&self, password: &Password, hash: &PasswordHash) -> Option<bool> {
        let phc = Phc::new(hash.as_phc()).ok()?;
        let algorithm = Algorithm::try_from(phc.algorithm.as_str()).ok()?;
        let version = Version::try_from(phc.version?).ok()?;
        let params = Params::try_from(&phc).ok()?;
        let salt: Salt = phc.salt?;
        let expected = phc.hash?;

        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let blocks = params.block_count().max(memory.len());
        memory.resize(blocks, Block::default());
        let mut output = [0; Output::MAX_LENGTH];
        let output = output.get_mut(..expected.len())?;
        Argon2::new(algorithm, version, params)
            .hash_password_into_with_memory(
                password.expose().as_bytes(),
                &salt,
                output,
                memory.as_mut_slice(),
            )
            .ok()?;
        // `Output` compares in constant time.
        Some(Output::new(output).ok()? == expected)
    }
}

impl Default for Argon2id {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Argon2id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Argon2id")
    }
}

impl PasswordHashing for Argon2id {
    fn matches(&self, password: &Password, hash: Option<&PasswordHash>) -> bool {
        let compared = self.compare(password, hash.unwrap_or(&self.nobody));
        if compared.is_none() {
            tracing::error!("a password hash on record cannot be read");
        }
        compared == Some(true) && hash.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text.to_owned())
    }

    #[test]
    fn the_right_password_matches_and_no_other() {
        let hashing = Argon2id::new();
        let hash = hashing.hash(&password("pass")).unwrap();
        assert!(hash.as_phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(hashing.matches(&password("pass"), Some(&hash)));
        assert!(!hashing.matches(&password("Pass"), Some(&hash)));
        assert!(!hashing.matches(&password(""), Some(&hash)));
    }

    #[test]
    fn nobodys_hash_takes_the_work_and_never_matches() {
        let hashing = Argon2id::new();
        assert_eq!(
            hashing.compare(&password("pass"), &hashing.nobody),
            Some(false)
        );
        assert!(!hashing.matches(&password("pass"), None));
    }

    #[test]
    fn a_broken_hash_matches_nothing() {
        let hashing = Argon2id::new();
        for broken in [
            "",
            "pass",
            "$2b$12$abc",
            "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ",
        ] {
            let hash = PasswordHash::from_phc(broken.to_owned());
            assert!(!hashing.matches(&password("pass"), Some(&hash)), "{broken}");
        }
    }

    #[test]
    fn hashes_with_other_parameters_still_match() {
        let hashing = Argon2id::new();
        let weaker = Argon2::from(Params::new(8, 1, 1, None).unwrap());
        let phc: Phc = weaker.hash_password(b"pass").unwrap();
        let hash = PasswordHash::from_phc(phc.to_string());
        assert!(hashing.matches(&password("pass"), Some(&hash)));
        assert!(!hashing.matches(&password("other"), Some(&hash)));
    }
}
