//! Hashes of passwords: argon2id with the parameters of OWASP (19 MiB, 2 passes), on threads of their own, few at a time.

use std::sync::LazyLock;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use rand::RngExt;
use tokio::sync::Semaphore;

use crate::domain::credentials::Password;
use crate::service::error::ServiceError;

/// Hashes that are computed at the same time: 19 MiB each.
static PLACES: Semaphore = Semaphore::const_new(4);
/// How long a sign-in waits for its place.
const PATIENCE: Duration = Duration::from_secs(5);

/// The hash of a password that nobody has: whoever is unknown takes as long as anybody.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| phc(&Password::issued(rand::rng().random())));

/// A worker stopped: a defect, not the caller's fault.
#[derive(Debug, thiserror::Error)]
#[error("a password could not be hashed")]
pub(in crate::service) struct NotHashed;

/// The hash of a password, as a PHC string.
pub(in crate::service) async fn hash(password: Password) -> Result<String, ServiceError> {
    let hashed = on_a_thread(move || phc(&password)).await?;
    hashed.ok_or_else(|| ServiceError::Internal(Box::new(NotHashed)))
}

/// Whether the password has that hash. Without a hash it has not, and that takes as long to say.
pub(in crate::service) async fn verify(password: Password, hash: Option<String>) -> Result<bool, ServiceError> {
    on_a_thread(move || {
        let of_nobody = hash.is_none();
        let hash = hash.as_ref().or(NOBODY.as_ref());
        let fits = hash
            .is_some_and(|hash| Argon2::default().verify_password(password.reveal().as_bytes(), hash.as_str()).is_ok());
        fits && !of_nobody
    })
    .await
}

fn phc(password: &Password) -> Option<String> {
    let salt: [u8; 16] = rand::rng().random();
    Some(Argon2::default().hash_password_with_salt(password.reveal().as_bytes(), &salt).ok()?.to_string())
}

async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ServiceError> {
    let place = tokio::time::timeout(PATIENCE, PLACES.acquire()).await;
    let _held = place.ok().and_then(Result::ok).ok_or(ServiceError::Busy)?;
    tokio::task::spawn_blocking(work).await.map_err(|_| ServiceError::Internal(Box::new(NotHashed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_alone() {
        let password = |text| Password::typed(text).unwrap();
        let hashed = hash(password("correct horse battery")).await.unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashed}");
        assert!(verify(password("correct horse battery"), Some(hashed.clone())).await.unwrap());
        assert!(!verify(password("correct horse batterie"), Some(hashed.clone())).await.unwrap());
        assert!(!verify(password("correct horse battery"), None).await.unwrap());
        assert_ne!(hashed, hash(password("correct horse battery")).await.unwrap(), "without a salt");
    }
}
