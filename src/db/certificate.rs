//! What a certificate says of itself that decides whether it may vouch for a server.
//!
//! webpki looks at none of that in a certificate that is trusted, and OpenSSL does, and so libpq: whether it is an
//! authority's, what it may be used for, and when it is valid.

use chrono::DateTime;
use rustls::pki_types::UnixTime;

/// The object identifiers that are looked for, in DER.
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
const SERVER_AUTHENTICATION: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];

const SEQUENCE: u8 = 0x30;

/// A certificate, as far as that.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Certificate {
    is_first_version: bool,
    /// True where its issuer is its subject.
    pub is_self_issued: bool,
    /// The first and the last second in which it is valid, as `YYYYMMDDHHMMSSZ`.
    valid: [String; 2],
    /// Whether it is an authority's, where it says so.
    is_authority: Option<bool>,
    /// Whether its key may sign certificates, where it says so.
    signs: Option<bool>,
    /// True unless it is for other ends than a server's TLS.
    pub is_for_servers: bool,
}

impl Certificate {
    /// Reads one in DER; none where it is no certificate.
    pub fn read(mut der: &[u8]) -> Option<Certificate> {
        let mut whole = content(&mut der, SEQUENCE)?;
        let mut body = content(&mut whole, SEQUENCE)?;
        let version = body.first().filter(|tag| **tag == 0xa0).and_then(|_| element(&mut body));
        // The serial number and the algorithm of the signature.
        element(&mut body)?;
        element(&mut body)?;
        let issuer = content(&mut body, SEQUENCE)?;
        let mut validity = content(&mut body, SEQUENCE)?;
        let valid = [time(element(&mut validity)?)?, time(element(&mut validity)?)?];
        let subject = content(&mut body, SEQUENCE)?;
        let mut read = Certificate {
            is_first_version: version.is_none(),
            is_self_issued: issuer == subject,
            valid,
            is_authority: None,
            signs: None,
            is_for_servers: true,
        };
        while let Some((tag, mut extensions)) = element(&mut body) {
            if tag == 0xa3 {
                let mut all = content(&mut extensions, SEQUENCE)?;
                while !all.is_empty() {
                    read.learn(content(&mut all, SEQUENCE)?)?;
                }
            }
        }
        Some(read)
    }

    fn learn(&mut self, mut extension: &[u8]) -> Option<()> {
        let (_, name) = element(&mut extension)?;
        let (mut tag, mut value) = element(&mut extension)?;
        // Whether it is critical may stand before its value.
        if tag == 0x01 {
            (tag, value) = element(&mut extension)?;
        }
        if tag != 0x04 {
            return None;
        }
        match name {
            BASIC_CONSTRAINTS => {
                let mut constraints = content(&mut value, SEQUENCE)?;
                self.is_authority = Some(element(&mut constraints).is_some_and(|(tag, is)| tag == 1 && is != [0]));
            }
            // The first octet of a string of bits counts those that are unused.
            KEY_USAGE => self.signs = Some(element(&mut value)?.1.get(1).is_some_and(|bits| bits & 0x04 != 0)),
            EXTENDED_KEY_USAGE => {
                let mut ends = content(&mut value, SEQUENCE)?;
                self.is_for_servers =
                    std::iter::from_fn(|| element(&mut ends)).any(|(_, end)| end == SERVER_AUTHENTICATION);
            }
            _ => {}
        }
        Some(())
    }

    /// True where it may vouch for the certificates of servers, as OpenSSL judges it.
    pub fn vouches(&self) -> bool {
        let is_authority = self.is_authority.unwrap_or_else(|| match self.is_first_version {
            true => self.is_self_issued,
            false => self.signs == Some(true),
        });
        is_authority && self.signs != Some(false) && self.is_for_servers
    }

    /// True where it is valid at a time.
    pub fn is_valid(&self, at: UnixTime) -> bool {
        let at = i64::try_from(at.as_secs()).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        let at = at.map(|at| at.format("%Y%m%d%H%M%SZ").to_string());
        at.is_some_and(|at| self.valid[0] <= at && at <= self.valid[1])
    }
}

/// Takes the next element of DER: its tag and its content.
fn element<'a>(rest: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (&[tag, first], mut after) = rest.split_first_chunk()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        let (bytes, behind) = after.split_at_checked(usize::from(first & 0x7f))?;
        if !(1..=4).contains(&bytes.len()) {
            return None;
        }
        length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        after = behind;
    }
    let (content, behind) = after.split_at_checked(length)?;
    *rest = behind;
    Some((tag, content))
}

/// The content of the next element, where it has this tag.
fn content<'a>(rest: &mut &'a [u8], wanted: u8) -> Option<&'a [u8]> {
    element(rest).filter(|(tag, _)| *tag == wanted).map(|(_, content)| content)
}

/// A time with four digits of the year. With two of them they are those of 1950 to 2049.
fn time((tag, text): (u8, &[u8])) -> Option<String> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.ends_with('Z'))?;
    let century = match (tag, text.len()) {
        (0x17, 13) if text < "50" => "20",
        (0x17, 13) => "19",
        (0x18, 15) => "",
        _ => return None,
    };
    Some(format!("{century}{text}"))
}
