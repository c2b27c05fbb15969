//! Which cryptography TLS uses: the same one in every part of the program that speaks it.

/// Chooses it, once in each process. Whoever was first has chosen, and everybody here chooses the same.
pub fn choose_provider() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}
