//! Which gateways there are, and how the environment configures them.

use super::RecordOnly;
use super::model::{Gateway, Var};
#[cfg(feature = "gateways")]
use super::online;
use crate::error::{Error, Result};
use crate::refund::RECORD_ONLY;
use crate::text::quoted;

/// The names that `--gateway` knows, for messages.
pub fn known() -> &'static [&'static str] {
    if cfg!(feature = "gateways") { &["stripe", "paypal", "record-only"] } else { &["record-only"] }
}

/// The gateways that the environment configures. Record-only is never among them: it has to be named.
///
/// # Errors
/// A usage error where the environment holds half a gateway, or something else than one.
pub fn configured(var: Var<'_>) -> Result<Vec<Box<dyn Gateway>>> {
    #[cfg(feature = "gateways")]
    return online::configured(var);
    #[cfg(not(feature = "gateways"))]
    match ["STRIPE_SECRET_KEY", "PAYPAL_CLIENT_ID"].into_iter().find(|name| var(name).is_some()) {
        Some(name) => {
            Err(Error::usage(format!("{name} is set, and this build of bursar has no gateway but record-only"))
                .hint("install a build with the feature `gateways`"))
        }
        None => Ok(Vec::new()),
    }
}

/// The variables that configure a gateway, as a remedy.
pub fn needs(name: &str) -> String {
    let what = match name {
        "stripe" => "STRIPE_SECRET_KEY",
        "paypal" => "PAYPAL_CLIENT_ID and PAYPAL_CLIENT_SECRET",
        _ => "STRIPE_SECRET_KEY, or PAYPAL_CLIENT_ID and PAYPAL_CLIENT_SECRET",
    };
    format!("set {what}; see docs/gateways.md")
}

/// The reference that record-only records; it has to be there, and is for it alone. `None` for the others, which give one.
///
/// # Errors
/// A usage error.
pub fn reference(name: &str, reference: Option<String>) -> Result<Option<String>> {
    match (name == RECORD_ONLY, reference.filter(|r| !r.trim().is_empty())) {
        (true, None) => Err(Error::usage("record-only needs the reference of the refund that was made elsewhere")
            .hint("add `--gateway-ref REFERENCE`, such as the gateway's id of the refund; in a batch, the column gateway_ref")),
        (false, Some(_)) => Err(Error::usage(format!("a gateway reference was given, but {name} gives its own"))
            .hint("leave out `--gateway-ref` and the column gateway_ref, or use `--gateway record-only`")),
        (_, reference) => Ok(reference),
    }
}

/// The gateway of that name, and with a reference what [`reference`] says of it.
///
/// # Errors
/// A usage error where there is no such gateway; refused where it is not configured.
pub fn by_name(name: &str, var: Var<'_>, reference: Option<String>) -> Result<Box<dyn Gateway>> {
    #[cfg(feature = "gateways")]
    let unset = || Error::refused(format!("the gateway {name} is not configured")).hint(needs(name));
    let reference = self::reference(name, reference)?;
    match name {
        #[cfg(feature = "gateways")]
        "stripe" => Ok(Box::new(online::stripe(var)?.ok_or_else(unset)?)),
        #[cfg(feature = "gateways")]
        "paypal" => Ok(Box::new(online::paypal(var)?.ok_or_else(unset)?)),
        RECORD_ONLY => Ok(Box::new(RecordOnly::new(reference.unwrap_or_default()))),
        _ => Err(Error::usage(format!("there is no gateway '{name}'"))
            .hint(format!("the gateways are {}", known().join(", ")))),
    }
}

/// Refuses real money for a database that is not protected, and play money for one that is.
///
/// # Errors
/// Refused, with what to do.
pub fn guard(gateway: &dyn Gateway, protected: bool, database: &str) -> Result<()> {
    let name = gateway.name();
    match (gateway.live(), protected) {
        (Some(true), false) => {
            Err(Error::refused(format!("{name} is configured with a live key, and this database is not protected"))
                .hint("use a test key; or, if this is production, protect it: `bursar settings set protected true`"))
        }
        (Some(false), true) => Err(Error::refused(format!(
            "{name} is configured with a test key, and this database is protected: no money would move"
        ))
        .hint(format!(
            "use the live key here; or, if this is a test database: bursar settings set protected false --confirm {}",
            quoted(database)
        ))),
        _ => Ok(()),
    }
}

#[cfg(all(test, feature = "gateways"))]
mod tests {
    use std::time::Duration;

    use super::{by_name, configured, guard};
    use crate::error::Kind;

    const LIVE: (&str, &str) = ("STRIPE_SECRET_KEY", "rk_live_s3cr3t");
    const TEST: (&str, &str) = ("STRIPE_SECRET_KEY", "sk_test_s3cr3t");
    const ID: (&str, &str) = ("PAYPAL_CLIENT_ID", "client");
    const SECRET: (&str, &str) = ("PAYPAL_CLIENT_SECRET", "s3cr3t");
    const SANDBOX: (&str, &str) = ("PAYPAL_ENVIRONMENT", "sandbox");

    fn env(pairs: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        let pairs: Vec<(String, String)> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        move |name| pairs.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone())
    }

    #[test]
    fn the_environment_says_which_gateways_there_are_and_whether_money_moves() {
        for (pairs, expected) in [
            (vec![], vec![]),
            (vec![LIVE], vec![("stripe", Some(true))]),
            (vec![TEST, ID, SECRET], vec![("stripe", Some(false)), ("paypal", Some(true))]),
            (vec![ID, SECRET, SANDBOX], vec![("paypal", Some(false))]),
        ] {
            let found = configured(&env(&pairs)).expect("gateways");
            assert_eq!(found.iter().map(|g| (g.name(), g.live())).collect::<Vec<_>>(), expected);
            assert!(!format!("{found:?}").contains("s3cr3t"), "{found:?}");
        }
        let slow = configured(&env(&[TEST, ("BURSAR_GATEWAY_TIMEOUT", "250ms")])).expect("a gateway");
        assert_eq!(slow[0].patience(), Duration::from_secs(1));
    }

    #[test]
    fn half_a_gateway_is_a_usage_error_that_says_what_is_missing() {
        for (pairs, why) in [
            (vec![ID], "PAYPAL_CLIENT_SECRET is not set"),
            (vec![SECRET], "PAYPAL_CLIENT_ID is not set"),
            (vec![ID, SECRET, ("PAYPAL_ENVIRONMENT", "prod")], "PAYPAL_ENVIRONMENT is 'prod'"),
            (vec![("STRIPE_SECRET_KEY", "pk_live_s3cr3t")], "not a secret key"),
            (vec![("STRIPE_SECRET_KEY", "sk_test_s3cr3t\n")], "not a secret key"),
            (vec![LIVE, ("STRIPE_API_BASE", "http://127.0.0.1:1")], "the key is a live one"),
            (vec![TEST, ("STRIPE_API_BASE", "http://10.0.0.1")], "neither https"),
            (vec![ID, SECRET, ("PAYPAL_API_BASE", "http://127.0.0.1:1")], "the key is a live one"),
            (vec![ID, SECRET, ("PAYPAL_API_BASE", "https://api-m.sandbox.paypal.com")], "the key is a live one"),
            (vec![ID, SECRET, SANDBOX, ("PAYPAL_API_BASE", "https://api-m.paypal.com")], "real money"),
            (vec![TEST, ("BURSAR_GATEWAY_TIMEOUT", "0s")], "BURSAR_GATEWAY_TIMEOUT"),
            (vec![TEST, ("BURSAR_GATEWAY_TIMEOUT", "x")], "BURSAR_GATEWAY_TIMEOUT"),
        ] {
            let error = configured(&env(&pairs)).expect_err(why);
            assert_eq!(error.kind, Kind::Usage);
            assert!(error.message().contains(why) && error.hint.is_some(), "{error:?}");
            assert!(!format!("{error:?}").contains("s3cr3t"), "{error:?}");
        }
    }

    #[test]
    fn a_gateway_is_found_by_its_name_and_a_missing_one_says_what_to_set() {
        let env = env(&[TEST]);
        assert_eq!(by_name("stripe", &env, None).expect("stripe").name(), "stripe");
        assert_eq!(by_name("record-only", &env, Some("re_1".to_owned())).expect("record-only").live(), None);
        for (name, reference, hint) in [
            ("paypal", None, "PAYPAL_CLIENT_ID"),
            ("Stripe", None, "stripe, paypal, record-only"),
            ("record-only", None, "--gateway-ref"),
            ("record-only", Some(" "), "--gateway-ref"),
            ("stripe", Some("re_1"), "leave out"),
        ] {
            let error = by_name(name, &env, reference.map(str::to_owned)).expect_err(name);
            // What is there, and is not configured, is a refusal; the rest is a wrong flag.
            assert_eq!(error.kind, if name == "paypal" { Kind::Refused } else { Kind::Usage });
            assert!(error.hint.as_ref().is_some_and(|h| h.contains(hint)), "{error:?}");
        }
    }

    #[test]
    fn live_keys_are_for_protected_databases_and_test_keys_for_the_others() {
        let gateway = |pair| configured(&env(&[pair])).expect("a gateway").remove(0);
        assert!(guard(&*gateway(LIVE), true, "shop").is_ok());
        assert!(guard(&*gateway(TEST), false, "shop").is_ok());
        for (pair, protected) in [(LIVE, false), (TEST, true)] {
            let error = guard(&*gateway(pair), protected, "shop").expect_err("refused");
            assert_eq!(error.kind, Kind::Refused);
            assert!(error.hint.is_some());
        }
        let recorded = by_name("record-only", &env(&[]), Some("re_1".to_owned())).expect("record-only");
        assert!(guard(&*recorded, true, "shop").is_ok() && guard(&*recorded, false, "shop").is_ok());
    }
}
