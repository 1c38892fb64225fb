//! The functions of the schema: what they do, what they refuse, and what happens when many call at once.

use super::{NOBODY, ONE, TWO, at_once, backend, people, session, signed_in};
use crate::support::Db;

fn transfer(from: &str, to: &str, amount: &str, token: &str) -> String {
    format!("SELECT transfer_tokens({from}, {to}, {amount}, '{token}')")
}

fn quoted(id: &str) -> String {
    format!("'{id}'")
}

fn balance(db: &Db, user: &str, token: &str) -> String {
    db.value(&format!(
        "SELECT trim_scale(balance) FROM token_balances WHERE user_id = '{user}' AND token_type = '{token}'"
    ))
}

/// What the ledger says against what is cached; empty where they agree.
fn disagreement(db: &Db) -> String {
    db.value(
        "SELECT string_agg(concat_ws(' ', a, t, s, b.balance), ', ') FROM (
             SELECT a, t, sum(d) AS s FROM (SELECT from_user_id, token_type, -amount FROM token_transactions WHERE from_user_id IS NOT NULL
                 UNION ALL SELECT to_user_id, token_type, amount FROM token_transactions WHERE to_user_id IS NOT NULL) AS e (a, t, d) GROUP BY a, t) AS l
         FULL JOIN token_balances b ON b.user_id = a AND b.token_type = t WHERE s IS DISTINCT FROM b.balance",
    )
}

#[test]
fn a_transfer_moves_both_balances_and_is_recorded_exactly() {
    let db = people();
    for amount in ["0.1", "0.000000000000000001", "33.25"] {
        assert_eq!(signed_in(&db, ONE, &transfer(&quoted(ONE), &quoted(TWO), amount, "GROW")), "00000");
    }
    assert_eq!(
        (balance(&db, ONE, "GROW"), balance(&db, TWO, "GROW")),
        ("66.649999999999999999".into(), "33.350000000000000001".into())
    );
    assert_eq!(db.value("SELECT count(*) FROM token_transactions"), "4");
    assert_eq!(disagreement(&db), "NULL");
    // All of it may go, and the row stays.
    assert_eq!(signed_in(&db, ONE, &transfer(&quoted(ONE), &quoted(TWO), "66.649999999999999999", "GROW")), "00000");
    assert_eq!((balance(&db, ONE, "GROW"), balance(&db, TWO, "GROW")), ("0".into(), "100".into()));
}

#[test]
fn a_transfer_that_cannot_be_changes_nothing() {
    let db = people();
    let (one, two, nobody) = (quoted(ONE), quoted(TWO), quoted(NOBODY));
    for (user, from, to, amount, token, code) in [
        (ONE, &one, &two, "0", "GROW", "22023"),
        (ONE, &one, &two, "-1", "GROW", "22023"),
        (ONE, &one, &two, "'NaN'", "GROW", "22023"),
        (ONE, &one, &two, "'Infinity'", "GROW", "22023"),
        (ONE, &one, &two, "'-Infinity'", "GROW", "22023"),
        (ONE, &one, &two, "NULL", "GROW", "22023"),
        (ONE, &one, &two, "1e20", "GROW", "22023"),
        (ONE, &one, &two, "1e-19", "GROW", "22023"),
        (ONE, &one, &one, "1", "GROW", "22023"),
        (ONE, &one, &"NULL".to_owned(), "1", "GROW", "22023"),
        (ONE, &one, &nobody, "1", "GROW", "P0002"),
        (ONE, &one, &two, "1", "GLOW", "P0002"),
        (ONE, &one, &two, "100.01", "GROW", "23514"),
        (ONE, &one, &two, "1", "UNITE", "23514"),
        (TWO, &one, &two, "1", "GROW", "42501"),
        (TWO, &two, &one, "1", "GROW", "23514"),
        (ONE, &"NULL".to_owned(), &one, "1", "GROW", "42501"),
        (NOBODY, &nobody, &one, "1", "GROW", "P0002"),
    ] {
        assert_eq!(
            signed_in(&db, user, &transfer(from, to, amount, token)),
            code,
            "{user}: {from} {to} {amount} {token}"
        );
    }
    // Somebody who is not signed in, and the backend, send nothing for others.
    assert_eq!(
        db.sqlstate(&format!("SET SESSION AUTHORIZATION authenticated; {}", transfer(&one, &two, "1", "GROW"))),
        "42501"
    );
    assert_eq!(backend(&db, &transfer(&one, &two, "1", "GROW")), "42501");
    assert_eq!(
        (db.value("SELECT count(*) FROM token_transactions"), balance(&db, ONE, "GROW")),
        ("1".into(), "100".into())
    );
    assert_eq!(db.value("SELECT count(*) FROM token_balances"), "1");
}

#[test]
fn only_the_backend_mints_and_burns() {
    let db = people();
    for call in [format!("SELECT mint_tokens('{ONE}', 5, 'UNITE')"), format!("SELECT burn_tokens('{ONE}', 5, 'GROW')")]
    {
        assert_eq!(signed_in(&db, ONE, &call), "42501");
        assert_eq!(backend(&db, &call), "00000");
    }
    assert_eq!((balance(&db, ONE, "GROW"), balance(&db, ONE, "UNITE")), ("95".into(), "5".into()));
    for (call, code) in [
        (format!("SELECT burn_tokens('{ONE}', 96, 'GROW')"), "23514"),
        (format!("SELECT burn_tokens('{TWO}', 1, 'GROW')"), "23514"),
        ("SELECT burn_tokens(NULL, 1, 'GROW')".to_owned(), "22023"),
        ("SELECT mint_tokens(NULL, 1, 'GROW')".to_owned(), "22023"),
        (format!("SELECT mint_tokens('{ONE}', 'NaN', 'GROW')"), "22023"),
        (format!("SELECT mint_tokens('{ONE}', -1, 'GROW')"), "22023"),
        (format!("SELECT mint_tokens('{NOBODY}', 1, 'GROW')"), "P0002"),
        (format!("SELECT mint_tokens('{ONE}', 1, NULL)"), "P0002"),
        (format!("SELECT move_tokens(NULL, '{ONE}', 1, 'GROW')"), "42501"),
    ] {
        assert_eq!(backend(&db, &call), code, "{call}");
    }
    assert_eq!(disagreement(&db), "NULL");
}

#[test]
fn fifty_opposite_transfers_at_once_lose_and_make_nothing() {
    let db = people();
    db.sql(&format!("SELECT mint_tokens('{TWO}', 100, 'GROW')"));
    let statements = (0..50)
        .map(|n| {
            let (from, to) = if n % 2 == 0 { (ONE, TWO) } else { (TWO, ONE) };
            let call = format!("{};", transfer(&quoted(from), &quoted(to), &format!("{}.5", n % 3), "GROW"));
            (from.to_owned(), call.repeat(4))
        })
        .collect();
    assert_eq!(at_once(&db, statements), Vec::<String>::new());
    assert_eq!(db.value("SELECT count(*) FROM token_transactions"), "202");
    assert_eq!(db.value("SELECT trim_scale(sum(balance)) FROM token_balances"), "200");
    assert_eq!(disagreement(&db), "NULL");
    // The order of times is that of the balances: nobody was ever below zero.
    let lowest = "SELECT min(running) >= 0 FROM (SELECT sum(d) OVER (PARTITION BY a ORDER BY at, seq) AS running FROM (
        SELECT from_user_id, -amount, created_at, seq FROM token_transactions WHERE from_user_id IS NOT NULL
        UNION ALL SELECT to_user_id, amount, created_at, seq FROM token_transactions) AS e (a, d, at, seq)) AS r";
    assert_eq!(db.value(lowest), "true");
    db.bursar(&["audit"]).ok();
}

#[test]
fn what_is_there_once_is_spent_once_and_a_first_receipt_is_made_once() {
    let db = people();
    let statements = (0..30).map(|_| (ONE.to_owned(), transfer(&quoted(ONE), &quoted(TWO), "10", "GROW"))).collect();
    assert_eq!(at_once(&db, statements), vec!["23514".to_owned(); 20]);
    assert_eq!((balance(&db, ONE, "GROW"), balance(&db, TWO, "GROW")), ("0".into(), "100".into()));
    assert_eq!(disagreement(&db), "NULL");
}

#[test]
fn phases_are_taken_one_after_the_other_by_their_owner() {
    let db = people();
    let to = |phase: &str| format!("SELECT transition_phase('{ONE}', 'self', '{phase}')");
    for (phase, code) in [
        ("scaffolding", "23514"),
        ("discovery", "23514"),
        ("onboarding", "00000"),
        ("onboarding", "23514"),
        ("discovery", "23514"),
        ("endgame", "23514"),
        ("scaffolding", "00000"),
        ("nirvana", "22P02"),
    ] {
        assert_eq!(signed_in(&db, ONE, &to(phase)), code, "{phase}");
    }
    assert_eq!(signed_in(&db, TWO, &to("endgame")), "42501");
    assert_eq!(db.sqlstate(&format!("SET SESSION AUTHORIZATION authenticated; {}", to("endgame"))), "42501");
    assert_eq!(backend(&db, &to("endgame")), "00000");
    assert_eq!(signed_in(&db, ONE, &to("endgame")), "23514");
    assert_eq!(signed_in(&db, ONE, &format!("SELECT transition_phase('{ONE}', 'community', 'onboarding')")), "P0002");
    for call in
        ["NULL, 'self', 'onboarding'", &format!("'{ONE}', NULL, 'onboarding'"), &format!("'{ONE}', 'self', NULL")]
    {
        assert_eq!(backend(&db, &format!("SELECT transition_phase({call})")), "22023", "{call}");
    }
    let way = "SELECT string_agg(concat(from_phase, '>', to_phase), ' ' ORDER BY created_at) FROM phase_transitions";
    assert_eq!(db.value(way), "discovery>onboarding onboarding>scaffolding scaffolding>endgame");
    assert_eq!(db.value("SELECT phase FROM user_progress"), "endgame");
    assert_eq!(db.sqlstate("UPDATE phase_transitions SET pillar = 'x'"), "23001");
    assert_eq!(db.sqlstate("TRUNCATE user_progress CASCADE"), "23001");
}

#[test]
fn a_step_can_be_asked_about_before_it_is_taken() {
    let db = people();
    let may = |user: &str, phase: &str| {
        signed_in(&db, user, &format!("SELECT validate_phase_transition('{ONE}', 'self', '{phase}')"))
    };
    assert_eq!((may(ONE, "onboarding"), may(ONE, "endgame")), ("00000".into(), "23514".into()));
    // It sees what the caller sees.
    assert_eq!(may(TWO, "onboarding"), "P0002");
    assert_eq!(db.value("SELECT phase FROM user_progress"), "discovery");
}

#[test]
fn of_many_transitions_at_once_one_happens() {
    let db = people();
    let call = format!("SELECT transition_phase('{ONE}', 'self', 'onboarding')");
    let failed = at_once(&db, (0..12).map(|_| (ONE.to_owned(), call.clone())).collect());
    assert_eq!(failed, vec!["23514".to_owned(); 11]);
    assert_eq!(db.value("SELECT concat(from_phase, '>', to_phase) FROM phase_transitions"), "discovery>onboarding");
}

#[test]
fn consent_is_given_by_oneself_kept_and_taken_back_by_another_row() {
    let db = people();
    let give = |user: &str, terms: &str| format!("SELECT record_consent('{user}', 'governance_proposal', {terms})");
    assert_eq!(signed_in(&db, ONE, &give(ONE, "ARRAY['governance-2', 'privacy, \"new\"']")), "00000");
    for (user, call, code) in [
        (TWO, give(ONE, "ARRAY['x']"), "42501"),
        (ONE, give(ONE, "'{}'"), "22023"),
        (ONE, give(ONE, "NULL"), "22023"),
        (ONE, give(ONE, "ARRAY['x', NULL]"), "22023"),
        (ONE, give(ONE, "ARRAY['x', ' ']"), "22023"),
        (ONE, give(ONE, "ARRAY[['x'], ['y']]"), "22023"),
        (ONE, format!("SELECT record_consent('{ONE}', ' ', ARRAY['x'])"), "22023"),
        (ONE, format!("SELECT record_consent('{ONE}', NULL, ARRAY['x'])"), "22023"),
        (ONE, "SELECT record_consent(NULL, 'x', ARRAY['x'])".to_owned(), "42501"),
        (ONE, "UPDATE user_consent SET status = 'declined'".to_owned(), "42501"),
        (ONE, "DELETE FROM user_consent".to_owned(), "42501"),
        (
            ONE,
            format!("INSERT INTO user_consent (user_id, interaction_type, status) VALUES ('{TWO}', 'x', 'declined')"),
            "42501",
        ),
        (
            ONE,
            format!("INSERT INTO user_consent (user_id, interaction_type, status) VALUES ('{ONE}', 'x', 'maybe')"),
            "23514",
        ),
        (
            ONE,
            format!("INSERT INTO user_consent (user_id, interaction_type, status) VALUES ('{ONE}', 'x', 'approved')"),
            "23514",
        ),
        (
            ONE,
            format!("INSERT INTO user_consent (user_id, interaction_type, status) VALUES ('{ONE}', 'x', 'revoked')"),
            "23514",
        ),
        (
            ONE,
            format!(
                "INSERT INTO user_consent (user_id, interaction_type, status, created_at) VALUES ('{ONE}', 'x', 'declined', now())"
            ),
            "42501",
        ),
    ] {
        assert_eq!(signed_in(&db, user, &call), code, "{call}");
    }
    assert_eq!(backend(&db, &give(ONE, "ARRAY['x']")), "42501");
    let revoke = format!(
        "INSERT INTO user_consent (user_id, interaction_type, status) VALUES ('{ONE}', 'governance_proposal', 'revoked')"
    );
    assert_eq!((signed_in(&db, ONE, &revoke), signed_in(&db, ONE, &revoke)), ("00000".into(), "23514".into()));
    assert_eq!(db.value("SELECT string_agg(status, ' ' ORDER BY created_at) FROM user_consent"), "approved revoked");
    assert_eq!(db.value("SELECT terms[2] FROM user_consent WHERE status = 'approved'"), "privacy, \"new\"");
    for sql in ["UPDATE user_consent SET status = 'declined'", "DELETE FROM user_consent", "TRUNCATE user_consent"] {
        assert_eq!(db.sqlstate(sql), "23001", "{sql}");
    }
}

#[test]
fn an_approval_is_taken_back_once_however_many_ask() {
    let db = people();
    assert_eq!(signed_in(&db, ONE, &format!("SELECT record_consent('{ONE}', 'x', ARRAY['y'])")), "00000");
    let revoke =
        format!("INSERT INTO user_consent (user_id, interaction_type, status) VALUES ('{ONE}', 'x', 'revoked')");
    let failed = at_once(&db, (0..10).map(|_| (ONE.to_owned(), revoke.clone())).collect());
    assert_eq!(failed, vec!["23514".to_owned(); 9]);
}

#[test]
fn claims_are_complete_and_for_oneself_and_the_backend() {
    let db = people();
    let claims = |user: &str| db.value(&format!("get_custom_claims('{user}')"));
    assert_eq!(claims(TWO), r#"{"roles": [], "permissions": []}"#);
    db.sql(&format!(
        "INSERT INTO user_roles (user_id, role) VALUES ('{ONE}', 'guide'), ('{ONE}', 'member'), ('{ONE}', 'patron');
         INSERT INTO role_permissions (role, permission) VALUES ('guide', 'vote'), ('guide', 'write'), ('member', 'vote'), ('steward', 'close')"
    ));
    assert_eq!(claims(ONE), r#"{"roles": ["guide", "member", "patron"], "permissions": ["vote", "write"]}"#);
    let call = format!("SELECT get_custom_claims('{ONE}')");
    assert_eq!((signed_in(&db, ONE, &call), backend(&db, &call)), ("00000".into(), "00000".into()));
    assert_eq!(signed_in(&db, TWO, &call), "42501");
    assert_eq!(db.sqlstate(&format!("SET SESSION AUTHORIZATION anon; {call}")), "42501");
    // The role in the claims is no proof, and a role that was set counts for more than who signed in.
    let forged = format!(
        r#"SET SESSION AUTHORIZATION authenticated; SET request.jwt.claims = '{{"sub": "{TWO}", "role": "service_role"}}'; {call}"#
    );
    assert_eq!(db.sqlstate(&forged), "42501");
    assert_eq!(db.sqlstate(&format!("SET ROLE authenticated; {call}")), "42501");
    assert_eq!(db.sqlstate(&format!("SET ROLE service_role; {call}")), "00000");
    assert_eq!(backend(&db, "SELECT get_custom_claims(NULL)"), "22023");
}

#[test]
fn an_account_comes_with_an_identity_where_its_maker_could_make_one() {
    let db = people();
    assert_eq!(db.value("SELECT count(*) FROM auth.users"), "2");
    assert_eq!(backend(&db, &format!("INSERT INTO users (id) VALUES ('{NOBODY}')")), "00000");
    let other = NOBODY.replace('f', "e");
    let open = format!("INSERT INTO users (id) VALUES ('{other}')");
    assert_eq!(signed_in(&db, &other, &open), "23503");
    db.sql(&format!("INSERT INTO auth.users (id) VALUES ('{other}')"));
    assert_eq!(signed_in(&db, ONE, &open), "42501");
    assert_eq!(signed_in(&db, &other, &format!("{open}; DELETE FROM users")), "00000");
    // Whoever has a history stays, and so does an identity with an account.
    for sql in [format!("DELETE FROM users WHERE id = '{ONE}'"), format!("DELETE FROM auth.users WHERE id = '{TWO}'")] {
        let code = db.sqlstate(&sql);
        assert!(["23503", "23001"].contains(&code.as_str()), "{sql}: {code}");
    }
    assert_eq!(db.sqlstate(&format!("{}DELETE FROM users", session(TWO))), "00000");
}

#[test]
fn the_ledger_is_written_once() {
    let db = people();
    for sql in [
        "UPDATE token_transactions SET amount = 1",
        "UPDATE token_transactions SET amount = 1 WHERE false",
        "DELETE FROM token_transactions",
        "TRUNCATE token_transactions",
        "TRUNCATE users CASCADE",
    ] {
        assert_eq!(db.sqlstate(sql), "23001", "{sql}");
    }
    for (values, code) in [
        (format!("'{ONE}', '{ONE}', 1, 'GROW'"), "23514"),
        ("NULL, NULL, 1, 'GROW'".to_owned(), "23514"),
        (format!("'{ONE}', '{TWO}', 0, 'GROW'"), "23514"),
        (format!("'{ONE}', '{TWO}', 'NaN', 'GROW'"), "23514"),
        (format!("'{ONE}', '{TWO}', 'Infinity', 'GROW'"), "23514"),
        (format!("'{ONE}', '{TWO}', 1, 'GLOW'"), "23503"),
        (format!("'{ONE}', '{NOBODY}', 1, 'GROW'"), "23503"),
    ] {
        let sql =
            format!("INSERT INTO token_transactions (from_user_id, to_user_id, amount, token_type) VALUES ({values})");
        assert_eq!(db.sqlstate(&sql), code, "{values}");
    }
    assert_eq!(db.sqlstate("INSERT INTO token_types VALUES ('X', 'x', 4)"), "23514");
    assert_eq!(db.sqlstate("UPDATE token_balances SET balance = 'NaN'"), "23514");
    assert_eq!(db.sqlstate("UPDATE token_balances SET balance = -1"), "23514");
}
