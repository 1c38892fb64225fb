//! TLS to a server, as libpq does it.
//!
//! sqlx could do it, but trusts the system's authorities beside the one that is named, does not look at that one under
//! `require`, and turns away certificates of the first version where nobody looks at them anyway.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme, SupportedProtocolVersion,
    version,
};
use sqlx::postgres::PgSslMode;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::certificate::Certificate;
use super::classify::no_tls;
use crate::error::{Error, Kind, Result};

/// The authorities that may vouch for a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Authorities {
    /// Those of this machine.
    System,
    /// Those of this file, and no others.
    File(PathBuf),
}

/// How the connection to a server is encrypted, and how the server proves which it is.
#[derive(Debug, Clone)]
pub(super) struct Tls {
    pub mode: PgSslMode,
    /// None where nobody has to vouch for the server.
    pub authorities: Option<Authorities>,
    /// True where its certificate has to be for the host's name.
    pub with_name: bool,
    /// A certificate and its key, to sign in with.
    pub client: Option<(PathBuf, PathBuf)>,
    pub versions: Vec<&'static SupportedProtocolVersion>,
    /// True where the handshake begins without a request for it.
    pub direct: bool,
}

static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(ring::default_provider()));

static SYSTEM: LazyLock<Arc<RootCertStore>> = LazyLock::new(|| {
    let mut store = RootCertStore::empty();
    let all = rustls_native_certs::load_native_certs().certs;
    store.add_parsable_certificates(
        all.into_iter()
            .filter(|one| Certificate::read(one).is_some_and(|read| read.vouches() && read.is_valid(UnixTime::now()))),
    );
    Arc::new(store)
});

impl Tls {
    /// The versions of TLS from one to another, as libpq names them; both may be left out.
    ///
    /// # Errors
    /// The reason that there is none.
    pub fn versions(min: Option<&str>, max: Option<&str>) -> Result<Vec<&'static SupportedProtocolVersion>, String> {
        let number = |name: &str, key: &str| match name.to_ascii_lowercase().as_str() {
            "tlsv1" => Ok(10),
            "tlsv1.1" => Ok(11),
            "tlsv1.2" => Ok(12),
            "tlsv1.3" => Ok(13),
            _ => Err(format!("{key} is none of TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3")),
        };
        let min = min.map_or(Ok(12), |name| number(name, "ssl_min_protocol_version"))?;
        let max = max.map_or(Ok(13), |name| number(name, "ssl_max_protocol_version"))?;
        if max < 12 {
            return Err("ssl_max_protocol_version leaves no version that bursar speaks, which are TLSv1.2 and TLSv1.3"
                .to_owned());
        }
        if min > max {
            return Err("ssl_min_protocol_version is later than ssl_max_protocol_version".to_owned());
        }
        Ok([(12, &version::TLS12), (13, &version::TLS13)]
            .into_iter()
            .filter_map(|(number, version)| (min..=max).contains(&number).then_some(version))
            .collect())
    }

    /// True where the connection is only made to a server that proves by a certificate which it is.
    pub fn is_verified(&self) -> bool {
        self.authorities.is_some() && !matches!(self.mode, PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer)
    }

    /// The variables that let libpq encrypt as this does.
    pub fn libpq(&self) -> Vec<(&'static str, String)> {
        let mode = match (self.mode, &self.authorities) {
            (PgSslMode::Disable, _) => "disable",
            (PgSslMode::Allow, _) => "allow",
            (PgSslMode::Prefer, _) => "prefer",
            (_, Some(_)) if self.with_name => "verify-full",
            (_, Some(_)) => "verify-ca",
            _ => "require",
        };
        let mut all = vec![("PGSSLMODE", mode.to_owned())];
        match &self.authorities {
            Some(Authorities::File(path)) => all.push(("PGSSLROOTCERT", path.display().to_string())),
            // Only this mode of libpq takes the machine's certificates.
            Some(Authorities::System) if mode == "verify-full" => all.push(("PGSSLROOTCERT", "system".to_owned())),
            _ => {}
        }
        if let Some((certificate, key)) = &self.client {
            all.push(("PGSSLCERT", certificate.display().to_string()));
            all.push(("PGSSLKEY", key.display().to_string()));
        }
        if self.direct {
            all.push(("PGSSLNEGOTIATION", "direct".to_owned()));
        }
        all
    }

    /// Does the handshake. `host` is the name that the server's certificate has to be for.
    ///
    /// # Errors
    /// A usage error where a file cannot be read; a connection error where the two do not agree.
    pub async fn handshake(&self, stream: TcpStream, host: &str) -> Result<TlsStream<TcpStream>> {
        let name = match ServerName::try_from(host.to_owned()) {
            Ok(name) => name,
            Err(e) if self.with_name => return Err(no_tls(&e)),
            Err(_) => ServerName::IpAddress(stream.peer_addr().map_err(sqlx::Error::Io)?.ip().into()),
        };
        let tls = self.clone();
        let config = tokio::task::spawn_blocking(move || tls.config())
            .await
            .map_err(|e| Error::failed(format!("cannot read the certificates: {e}")))??;
        Ok(TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(sqlx::Error::Io)?)
    }

    fn config(&self) -> Result<ClientConfig> {
        let trust = match &self.authorities {
            None => None,
            Some(Authorities::System) => Some(Trust { chain: Some(chain(SYSTEM.clone())?), own: Vec::new() }),
            Some(Authorities::File(file)) => Some(Trust::of(file)?),
        };
        let verifier = Verifier { trust, with_name: self.with_name };
        let config = ClientConfig::builder_with_provider(PROVIDER.clone())
            .with_protocol_versions(&self.versions)
            .map_err(|e| no_tls(&e))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match &self.client {
            None => config.with_no_client_auth(),
            Some((certificate, key)) => {
                let text = private(key)?;
                let key = PrivateKeyDer::from_pem_slice(&text).map_err(|e| {
                    Error::usage(format!(
                        "sslkey names {}, which holds no private key without a passphrase: {e}",
                        key.display()
                    ))
                })?;
                config
                    .with_client_auth_cert(certificates(certificate, "sslcert")?, key)
                    .map_err(|e| Error::usage(format!("sslcert and sslkey do not fit each other: {e}")))?
            }
        };
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(config)
    }
}

fn certificates(file: &Path, parameter: &str) -> Result<Vec<CertificateDer<'static>>> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(file, parameter)?).collect();
    found.ok().filter(|found| !found.is_empty()).ok_or_else(|| {
        Error::usage(format!("{parameter} names {}, which is no file of certificates in PEM", file.display()))
    })
}

fn read(file: &Path, parameter: &str) -> Result<Vec<u8>> {
    crate::files::read(file).map_err(|e| Error::usage(format!("{parameter} names {}: {e}", file.display())))
}

fn chain(roots: Arc<RootCertStore>) -> Result<Arc<WebPkiServerVerifier>> {
    WebPkiServerVerifier::builder_with_provider(roots, PROVIDER.clone()).build().map_err(|e| no_tls(&e))
}

/// Reads a key that nobody else may read, as libpq does.
fn private(key: &Path) -> Result<Vec<u8>> {
    let text = read(key, "sslkey")?;
    let seen = std::fs::metadata(key).map_err(|e| Error::usage(format!("sslkey names {}: {e}", key.display())))?;
    // A group of its readers may share one that root owns.
    let others = if seen.uid() == 0 { 0o037 } else { 0o077 };
    if seen.mode() & others != 0 {
        return Err(Error::usage(format!("sslkey names {}, which others than its owner may use", key.display()))
            .hint(format!("chmod 600 {}", crate::text::quoted_path(key))));
    }
    Ok(text)
}

/// Whom the user trusts.
#[derive(Debug)]
struct Trust {
    /// Looks for an authority that vouches for a server; none where no authority is trusted.
    chain: Option<Arc<WebPkiServerVerifier>>,
    /// The certificates that are trusted as a server's own, and for no other one's.
    own: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// What a file holds, of that which is valid now.
    fn of(file: &Path) -> Result<Trust> {
        let (mut roots, mut own, mut is_outdated) = (RootCertStore::empty(), Vec::new(), false);
        for certificate in certificates(file, "sslrootcert")? {
            let Some(read) = Certificate::read(&certificate) else { continue };
            if !read.is_valid(UnixTime::now()) {
                is_outdated = true;
                continue;
            }
            if read.vouches() {
                // One that webpki cannot use as an authority may still be the server's own.
                let _ = roots.add(certificate.clone());
            }
            if read.is_self_issued && read.is_for_servers {
                own.push(certificate);
            }
        }
        if roots.is_empty() && own.is_empty() {
            let why = match is_outdated {
                true => "whose certificates have expired or are not valid yet",
                false => "which holds no certificate of an authority that may vouch for servers",
            };
            let what = format!("TLS: sslrootcert names {}, {why}", file.display());
            return Err(Error::new(Kind::Connection, what)
                .hint("put the certificate of the authority that signs the server's into it; `openssl x509 -text -noout -in FILE` shows what it holds"));
        }
        Ok(Trust { chain: (!roots.is_empty()).then(|| chain(Arc::new(roots))).transpose()?, own })
    }
}

/// Judges a server's certificate.
#[derive(Debug)]
struct Verifier {
    /// None where nobody has to vouch for it.
    trust: Option<Trust>,
    with_name: bool,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(trust) = &self.trust else { return Ok(ServerCertVerified::assertion()) };
        // `openssl req -x509` marks the certificate that it makes as an authority's. webpki takes none of those for a
        // server's, and libpq does where it is the one that was named.
        if trust.own.iter().any(|own| own.as_ref() == certificate.as_ref()) {
            if self.with_name {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
            }
            return Ok(ServerCertVerified::assertion());
        }
        let unknown = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        match trust.chain.as_ref().ok_or(unknown)?.verify_server_cert(certificate, between, name, ocsp, now) {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.with_name => Ok(ServerCertVerified::assertion()),
            judged => judged,
        }
    }

    // Where nobody vouches for the certificate, its signature proves nothing either, and those of the first version cannot
    // be read.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match self.trust {
            None => Ok(HandshakeSignatureValid::assertion()),
            Some(_) => {
                verify_tls12_signature(message, certificate, signed, &PROVIDER.signature_verification_algorithms)
            }
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match self.trust {
            None => Ok(HandshakeSignatureValid::assertion()),
            Some(_) => {
                verify_tls13_signature(message, certificate, signed, &PROVIDER.signature_verification_algorithms)
            }
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        PROVIDER.signature_verification_algorithms.supported_schemes()
    }
}
