-- Whether a recorded audit was of everything. One of some checks, of one account, of one tenant or on top of a seal may be
-- clean where the database is not. Null for the audits that were recorded before, of which that is not known.

ALTER TABLE bursar.audits ADD COLUMN IF NOT EXISTS whole boolean;

COMMENT ON COLUMN bursar.audits.whole IS
    'True for an audit of all checks, accounts, tenants and ledgers; null where that is not known.';
