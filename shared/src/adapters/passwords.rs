//! Passwords hashed with argon2id, with OWASP's minimum parameters (19 MiB, 2 passes, 1 lane).

use std::fmt;
use std::sync::{Mutex, PoisonError};

use argon2::password_hash::phc::{Output, PasswordHash as Phc, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::domain::{Password, PasswordHash};
use crate::ports::{HashError, PasswordHashing};

/// Hashes and compares passwords, one at a time.
///
/// It keeps argon2's 19 MiB of working memory between passwords. If they were freed and allocated
/// again, glibc's heap would grow by that much at every login, until the function runs out of
/// memory.
pub struct Argon2id {
    memory: Mutex<Vec<Block>>,
    params: Params,
    nobody: PasswordHash,
}

/// The length of a hash in bytes.
const OUTPUT: usize = 32;

impl Argon2id {
    pub fn new() -> Self {
        Self::with(Params::default())
    }

    fn with(params: Params) -> Self {
        // Nobody's hash: it has the parameters of a real one, and an output that matches no
        // password.
        let nobody = PasswordHash::from_phc(format!(
            "$argon2id$v=19$m={},t={},p={}$bm9ib2R5J3Mgc2FsdA${}",
            params.m_cost(),
            params.t_cost(),
            params.p_cost(),
            "A".repeat(43),
        ));
        Self {
            memory: Mutex::new(Vec::new()),
            params,
            nobody,
        }
    }

    /// `None` if the hash cannot be read, or is not an argon2id hash.
    fn compare(&self, password: &Password, hash: &PasswordHash) -> Option<bool> {
        let phc = Phc::new(hash.as_phc()).ok()?;
        let (version, params) = argon2id(&phc)?;
        let salt: Salt = phc.salt?;
        let expected = phc.hash?;
        let mut output = [0; Output::MAX_LENGTH];
        let output = output.get_mut(..expected.len())?;
        self.fill(password, &salt, version, params, output).ok()?;
        // `Output` compares in constant time.
        Some(Output::new(output).ok()? == expected)
    }

    fn fill(
        &self,
        password: &Password,
        salt: &[u8],
        version: Version,
        params: Params,
        output: &mut [u8],
    ) -> Result<(), argon2::Error> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let blocks = params.block_count().max(memory.len());
        memory.resize(blocks, Block::default());
        let argon2 = Argon2::new(Algorithm::Argon2id, version, params);
        let password = password.expose().as_bytes();
        argon2.hash_password_into_with_memory(password, salt, output, memory.as_mut_slice())
    }
}

/// The version and the parameters of an argon2id hash.
fn argon2id(phc: &Phc) -> Option<(Version, Params)> {
    let algorithm = Algorithm::try_from(phc.algorithm.as_str()).ok()?;
    let version = Version::try_from(phc.version?).ok()?;
    let params = Params::try_from(phc).ok()?;
    (algorithm == Algorithm::Argon2id).then_some((version, params))
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

    fn is_outdated(&self, hash: &PasswordHash) -> bool {
        let phc = Phc::new(hash.as_phc()).ok();
        match phc.as_ref().and_then(argon2id) {
            None => true,
            Some((version, params)) => {
                version < Version::default()
                    || params.m_cost() < self.params.m_cost()
                    || params.t_cost() < self.params.t_cost()
                    || params.p_cost() < self.params.p_cost()
            }
        }
    }

    fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        let failed = |error| HashError(Box::new(error));
        let salt: [u8; 16] = rand::random();
        let salt = Salt::new(&salt).map_err(|error| HashError(Box::new(error)))?;
        let (version, params) = (Version::default(), self.params.clone());
        let mut output = [0; OUTPUT];
        self.fill(password, &salt, version, params, &mut output)
            .map_err(failed)?;
        let phc = Phc {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(version.into()),
            params: (&self.params)
                .try_into()
                .map_err(|error| HashError(Box::new(error)))?,
            salt: Some(salt),
            hash: Some(Output::new(&output).map_err(|error| HashError(Box::new(error)))?),
        };
        Ok(PasswordHash::from_phc(phc.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text)
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
    fn nobodys_hash_takes_the_same_work_and_never_matches() {
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
    fn hashes_with_other_parameters_still_match_and_weaker_ones_are_outdated() {
        let hashing = Argon2id::new();
        let weaker = Argon2id::with(Params::new(1024, 1, 1, None).unwrap());
        let hash = weaker.hash(&password("pass")).unwrap();
        assert!(hashing.matches(&password("pass"), Some(&hash)));
        assert!(!hashing.matches(&password("other"), Some(&hash)));
        assert!(hashing.is_outdated(&hash));
        assert!(!weaker.is_outdated(&hash));

        let hash = hashing.hash(&password("pass")).unwrap();
        assert!(!hashing.is_outdated(&hash));
        assert!(!weaker.is_outdated(&hash), "what is stronger stays");
    }

    #[test]
    fn a_hash_is_outdated_if_any_of_its_parameters_is_weaker() {
        let hashing = Argon2id::new();
        for (parameters, is_outdated) in [
            ("v=19$m=19456,t=2,p=1", false),
            ("v=19$m=19457,t=3,p=2", false),
            ("v=16$m=19456,t=2,p=1", true),
            ("v=19$m=19455,t=2,p=1", true),
            ("v=19$m=19456,t=1,p=1", true),
        ] {
            let hash = format!("$argon2id${parameters}$bm9ib2R5J3Mgc2FsdA$bm9ib2R5J3MgcGFzc3dvcmQ");
            let hash = PasswordHash::from_phc(hash);
            assert_eq!(hashing.is_outdated(&hash), is_outdated, "{parameters}");
        }
    }

    #[test]
    fn a_hash_of_the_argon2_crate_is_accepted() {
        use argon2::PasswordHasher;
        let phc: Phc = Argon2::default().hash_password(b"pass").unwrap();
        let hash = PasswordHash::from_phc(phc.to_string());
        let hashing = Argon2id::new();
        assert!(hashing.matches(&password("pass"), Some(&hash)));
        assert!(!hashing.is_outdated(&hash));
    }
}
