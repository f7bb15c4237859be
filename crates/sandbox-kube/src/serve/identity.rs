//! The certificate a server shows, and the authority that clients trust it by.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

/// Why there is no identity, or no server with it.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A certificate could not be made.
    #[error("cannot make a certificate")]
    Made(#[from] rcgen::Error),
    /// The PEM text holds no certificate or no key.
    #[error("no {0} in the PEM text")]
    Missing(&'static str),
    /// Certificate and key do not go together.
    #[error("the certificate and its key do not go together")]
    Pair(#[from] rustls::Error),
    /// The listener does not know its address.
    #[error("the listener does not know its address")]
    Listener(#[source] std::io::Error),
}

/// A server certificate with its key, and the authority it is signed by; all in PEM form, so that it can
/// be kept across restarts.
#[derive(Clone)]
pub struct Identity {
    /// The authority's certificate, which clients are given.
    pub ca: String,
    /// The server's certificate.
    pub certificate: String,
    /// The server's private key.
    pub key: String,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("ca", &self.ca)
            .finish_non_exhaustive()
    }
}

impl Identity {
    /// Makes an authority and a certificate (P-256) for `localhost`, `127.0.0.1`, `::1` and `others` (names
    /// or addresses). The authority's key is forgotten.
    ///
    /// # Errors
    /// Where one of `others` is no name, or the system has no randomness.
    pub fn generate(others: &[&str]) -> Result<Identity, IdentityError> {
        let mut authority = CertificateParams::new(Vec::new())?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority
            .distinguished_name
            .push(DnType::CommonName, "kubernetes");
        authority.key_usages = vec![
            KeyUsagePurpose::KeyCertSign,
            KeyUsagePurpose::DigitalSignature,
        ];
        let ca_key = KeyPair::generate()?;
        let ca = authority.self_signed(&ca_key)?;
        let issuer = Issuer::new(authority, ca_key);

        let names = ["localhost", "127.0.0.1", "::1"].iter().chain(others);
        let names: Vec<String> = names.map(|name| (*name).to_owned()).collect();
        let mut server = CertificateParams::new(names)?;
        server
            .distinguished_name
            .push(DnType::CommonName, "kube-apiserver");
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = server.signed_by(&key, &issuer)?;
        Ok(Identity {
            ca: ca.pem(),
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        })
    }

    /// The authority's certificate in base64, as `DescribeCluster` and kubeconfig files hold it.
    pub fn certificate_authority_base64(&self) -> String {
        STANDARD.encode(&self.ca)
    }

    pub(super) fn server_config(&self) -> Result<ServerConfig, IdentityError> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(self.certificate.as_bytes())
            .filter_map(Result::ok)
            .collect();
        if chain.is_empty() {
            return Err(IdentityError::Missing("certificate"));
        }
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes())
            .map_err(|_| IdentityError::Missing("private key"))?;
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?;
        let mut config = builder.with_no_client_auth().with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}
