//! A pass on top of a seal: the chains begin where the seal says, and go on by the entries that arrived later. It proves most
//! accounts without a join. Only what it cannot prove is compared by the server.

use super::chains::{Chains, FULL, Whole};
use super::pass::{piece, rules};
use super::query::Query;
use super::rows::Id;
use crate::audit::options::Options;
use crate::audit::seal::{Seal, require_logged};
use crate::db::{Connection, Tx, guarded};
use crate::error::Result;
use crate::packs::Ledger;

/// Number of accounts and units of a pass that are aimed at, and the most that it may have: about 30 MiB, just below the point at
/// which the table of a map doubles.
const AT_A_TIME: i64 = 200_000;
const MOST: usize = 229_000;

/// The result of a pass.
pub(super) struct Onward {
    /// The accounts that the server has to compare.
    pub(super) suspects: Vec<String>,
    /// Number of entries that arrived later.
    pub(super) arrived: i64,
    /// True if entries in some unit carry running balances.
    pub(super) chained: bool,
    /// The units whose entries carry none.
    pub(super) unchained: Vec<String>,
}

impl From<Whole> for Onward {
    fn from(whole: Whole) -> Self {
        let held = || whole.units.iter().filter(|(_, total)| total.holders > 0);
        Onward {
            arrived: whole.units.values().map(|total| total.entries).sum(),
            chained: held().any(|(_, total)| total.chains > 0),
            unchained: held().filter(|(_, total)| total.chains == 0).map(|(unit, _)| unit.clone()).collect(),
            suspects: whole.suspects.into_iter().collect(),
        }
    }
}

/// The accounts of a pass, by the last bits of their ids.
#[derive(Debug, Clone, Copy)]
struct Share {
    number: u8,
    /// A power of two.
    of: u8,
}

impl Share {
    /// The shares of so many accounts and units; none where each would read too much of what it leaves out.
    fn all(accounts: i64) -> Option<impl Iterator<Item = Share>> {
        let of = [1, 2, 4, 8].into_iter().find(|of| accounts <= i64::from(*of) * AT_A_TIME)?;
        Some((0..of).map(move |number| Share { number, of }))
    }

    /// The condition of an account.
    fn condition(self, id: Id) -> String {
        let Share { number, of } = self;
        let last = match id {
            _ if of == 1 => return "true".to_owned(),
            Id::Uuid => "get_byte(uuid_send(e.account), 15)",
            Id::Integer => "e.account::bigint",
            Id::Text => "ascii(right(e.account::text, 1))",
        };
        // An account that is NULL is in each.
        format!("({last} & {} = {number}) IS NOT FALSE", of - 1)
    }

    /// True if it has the account of this text.
    fn has(self, id: Id, account: &str) -> bool {
        let last = match id {
            Id::Uuid | Id::Integer => id.bytes(account).and_then(|bytes| bytes.last().copied()).map(u32::from),
            Id::Text => Some(account.chars().next_back().map_or(0, u32::from)),
        };
        // What is no id is in each.
        last.is_none_or(|last| last & u32::from(self.of - 1) == u32::from(self.number))
    }
}

/// Reads what arrived after the seal. The inner error is that of a seal which is not trusted, and the reason inside that of a
/// ledger which no pass can compare.
///
/// # Errors
/// If the connection is lost.
pub(super) async fn read(
    tx: &mut Tx,
    ledger: &Ledger,
    query: &Query,
    seal: &Seal,
    (options, tolerance): (&Options, i32),
) -> Result<Result<std::result::Result<Onward, String>>> {
    let shares = match Share::all(seal.accounts).filter(|_| !options.in_order) {
        Some(shares) => shares,
        None => {
            let trusted = guarded(tx, async |connection| require_logged(connection, ledger, seal, |_, _, _| ()).await);
            return Ok(trusted.await?.map(|()| Err(FULL.to_owned())));
        }
    };
    let mut all = Whole::default();
    for share in shares {
        let begun = guarded(tx, async |connection| begin(connection, ledger, query, seal, (share, tolerance)).await);
        let chains = match begun.await? {
            Ok(Ok(chains)) => chains,
            other => return Ok(other.map(|reason| Err(reason.err().unwrap_or_default()))),
        };
        match go_on(tx, query, chains, (share, tolerance)).await? {
            Ok(whole) => all.add(whole),
            Err(why) => return Ok(Ok(Err(why))),
        }
    }
    Ok(Ok(Ok(Onward::from(all))))
}

/// Requires the seal's own rows to give the root that the operator log holds, and begins the chains with them. The reason comes
/// back where no pass can compare this ledger.
async fn begin(
    connection: &mut Connection,
    ledger: &Ledger,
    query: &Query,
    seal: &Seal,
    (share, tolerance): (Share, i32),
) -> Result<std::result::Result<Chains, String>> {
    let mut chains = rules(connection, query, tolerance, MOST).await.map(Chains::new).map_err(|error| error.message());
    require_logged(connection, ledger, seal, |account, unit, state| {
        if let Ok(chains) = &mut chains
            && share.has(chains.rules().id, account)
        {
            chains.begin(account, unit, &state.total, state.running.as_deref());
        }
    })
    .await?;
    Ok(chains)
}

/// Goes on by what arrived later, and compares the balances. The reason comes back where that proves nothing.
async fn go_on(
    tx: &mut Tx,
    query: &Query,
    chains: Chains,
    (share, tolerance): (Share, i32),
) -> Result<std::result::Result<Whole, String>> {
    if chains.has_given_up() {
        return Ok(chains.finish().map_err(str::to_owned));
    }
    let piece = piece(query, chains.rules(), &share.condition(chains.rules().id), tolerance);
    Ok(match guarded(tx, async |connection| piece.read(connection, chains, || true).await).await? {
        Ok(whole) => whole.map_err(str::to_owned),
        Err(error) => Err(error.message()),
    })
}

#[cfg(test)]
mod tests {
    use super::{AT_A_TIME, Id, Share};

    #[test]
    fn an_account_is_in_the_same_share_for_the_server_and_for_the_seal() {
        let of = |accounts| Share::all(accounts).map(Iterator::count);
        assert_eq!(
            [1, AT_A_TIME, AT_A_TIME + 1, AT_A_TIME * 3, AT_A_TIME * 9].map(of),
            [Some(1), Some(1), Some(2), Some(4), None]
        );
        let share = |number| Share { number, of: 4 };
        assert_eq!(Share { number: 0, of: 1 }.condition(Id::Uuid), "true");
        assert_eq!(share(3).condition(Id::Uuid), "(get_byte(uuid_send(e.account), 15) & 3 = 3) IS NOT FALSE");
        let uuid = "01010101-0101-0101-0101-0101010101f6";
        for (id, account, wanted) in [
            (Id::Uuid, uuid, 2),
            (Id::Integer, "7", 3),
            (Id::Integer, "-1", 3),
            (Id::Text, "ab", 2),
            (Id::Text, "", 0),
            (Id::Text, "…", 2),
        ] {
            let has: Vec<u8> = (0..4).filter(|n| share(*n).has(id, account)).collect();
            assert_eq!(has, [wanted], "{account}");
        }
        assert!((0..4).all(|n| share(n).has(Id::Uuid, "")));
    }
}
