//! The digests of a seal, byte by byte. `docs/seals.md` describes them for people who check a seal with
//! other tools; nothing here may change without a new version of the format.

use sha2::{Digest as _, Sha256};

/// A SHA-256.
pub type Digest = [u8; 32];

/// The version of the format, which opens what the root digests.
const FORMAT: &str = "bursar seal 1";

/// The state of an account and unit after some of their entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountState {
    /// Number of entries.
    pub entries: i64,
    /// Their sum, exact.
    pub total: String,
    /// The running balance of the last of them, where the ledger keeps one.
    pub running: Option<String>,
    /// The digest over all of them, in order.
    pub digest: Digest,
}

impl AccountState {
    /// Before the first entry.
    pub fn empty() -> Self {
        AccountState { entries: 0, total: "0".to_owned(), running: None, digest: [0; 32] }
    }

    /// The digest after one more entry, whose fields are encoded already.
    pub fn next(digest: &Digest, fields: &[u8]) -> Digest {
        let mut hash = Sha256::new();
        hash.update(digest);
        hash.update(fields);
        hash.finalize().into()
    }

    /// Goes on by an entry, given as its fields: the digest of what was before it and of each field.
    pub fn add<'f>(&mut self, fields: impl Iterator<Item = Option<&'f [u8]>>) {
        let mut hash = Sha256::new();
        hash.update(self.digest);
        fields.for_each(|f| put(&mut hash, f));
        self.digest = hash.finalize().into();
        self.entries += 1;
    }
}

/// A field: its length in four bytes and then its bytes, so that two fields are never read as one.
/// NULL has a length that nothing else can have.
fn put(hash: &mut Sha256, field: Option<&[u8]>) {
    match field {
        // A field of the server is below 1 GB.
        Some(bytes) => {
            hash.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX - 1).to_be_bytes());
            hash.update(bytes);
        }
        None => hash.update(u32::MAX.to_be_bytes()),
    }
}

/// The root of a seal: one digest over what the seal is and over every account, in order.
pub struct Root(Sha256);

impl Root {
    /// Begins with the facts of the seal itself.
    pub fn of(facts: &[Option<&str>]) -> Self {
        let mut hash = Sha256::new();
        put(&mut hash, Some(FORMAT.as_bytes()));
        facts.iter().for_each(|f| put(&mut hash, f.map(str::as_bytes)));
        Root(hash)
    }

    /// Adds an account and unit. They come in the order of their bytes.
    pub fn account(&mut self, account: &str, unit: &str, state: &AccountState) {
        for field in [account, unit, &state.entries.to_string(), &state.total] {
            put(&mut self.0, Some(field.as_bytes()));
        }
        put(&mut self.0, state.running.as_deref().map(str::as_bytes));
        put(&mut self.0, Some(&state.digest));
    }

    /// The root.
    pub fn finish(self) -> Digest {
        self.0.finalize().into()
    }
}

/// Reads a root: 64 hexadecimal digits.
pub fn parse_root(text: &str) -> Option<Digest> {
    let mut digest = [0; 32];
    hex::decode_to_slice(text, &mut digest).ok()?;
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::{AccountState, Root, parse_root};

    fn digest(fields: &[Option<&str>]) -> String {
        let mut state = AccountState::empty();
        state.add(fields.iter().map(|f| f.map(str::as_bytes)));
        hex::encode(state.digest)
    }

    #[test]
    fn fields_are_kept_apart_and_null_is_nothing_else() {
        let all = [
            digest(&[Some("ab"), Some("c")]),
            digest(&[Some("a"), Some("bc")]),
            digest(&[Some("abc"), Some("")]),
            digest(&[Some("abc"), None]),
            digest(&[Some("abc"), Some("\\N")]),
            digest(&[None, Some("abc")]),
        ];
        let different: std::collections::BTreeSet<&String> = all.iter().collect();
        assert_eq!(different.len(), all.len());
    }

    #[test]
    fn the_order_of_entries_and_accounts_counts() {
        let chain = |entries: [&str; 2]| {
            let mut state = AccountState::empty();
            entries.iter().for_each(|e| state.add([Some(e.as_bytes())].into_iter()));
            state
        };
        assert_ne!(chain(["a", "b"]).digest, chain(["b", "a"]).digest);
        let root = |accounts: [&str; 2]| {
            let mut root = Root::of(&[Some("app")]);
            accounts.iter().for_each(|a| root.account(a, "STAR", &AccountState::empty()));
            root.finish()
        };
        assert_ne!(root(["a", "b"]), root(["b", "a"]));
        assert_ne!(Root::of(&[Some("a"), None]).finish(), Root::of(&[None, Some("a")]).finish());
    }

    #[test]
    fn a_root_is_64_hexadecimal_digits() {
        let text = "00ff".repeat(16);
        assert_eq!(parse_root(&text).map(hex::encode), Some(text.clone()));
        assert_eq!(parse_root(&text.to_uppercase()).map(hex::encode), Some(text.clone()));
        for wrong in [&text[1..], &format!("{text}0"), &text.replace('f', "g"), &"+1".repeat(32), ""] {
            assert_eq!(parse_root(wrong), None, "{wrong}");
        }
    }
}
