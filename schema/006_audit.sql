-- What was done, by whom, and why each call was allowed: rows that are only ever added, each with a hash over itself and
-- the hash before it. So a row that is changed, removed or put in between later is found (outdial report audit --verify).
-- What is hashed, and how it is written for that, is in src/store/audit.hpp and docs/reporting.md.
--
-- No row holds a telephone number: number_digest is SHA-256 of a random salt and the number. Both stand outside of the
-- chain, in the attempt or in audit_number, so that a person can be forgotten and the chain stays whole.

CREATE TABLE audit (
    audit_id      INTEGER PRIMARY KEY CHECK (audit_id > 0),  -- without gaps
    at            INTEGER NOT NULL,
    kind          TEXT NOT NULL CHECK (kind <> ''),
    actor         TEXT,     -- nothing: the daemon by itself
    campaign_id   INTEGER,
    contact_id    INTEGER,
    attempt_id    BLOB CHECK (length(attempt_id) = 16),
    number_digest BLOB CHECK (length(number_digest) = 32),
    detail        TEXT NOT NULL,  -- a JSON object
    hash          BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
-- The earliest and the latest time of each 256 rows, written with the last of them: the rows of a day are found by them
-- for a fraction of what an index of every row costs each call.
CREATE TABLE audit_span (
    last_id  INTEGER PRIMARY KEY,
    least_at INTEGER NOT NULL,
    most_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_forgotten ON audit (contact_id) WHERE kind = 'forget';

-- Where the chain begins: behind the last row that was removed for its age. One row.
CREATE TABLE audit_anchor (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    audit_id INTEGER NOT NULL,  -- of the last row that was removed, which is also how many were; 0: none was
    hash     BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
INSERT INTO audit_anchor (only_row, audit_id, hash) VALUES (1, 0, zeroblob(32));

-- Numbers of rows that belong to no attempt.
CREATE TABLE audit_number (
    audit_id INTEGER PRIMARY KEY,
    number   TEXT NOT NULL,
    salt     BLOB NOT NULL
) STRICT;
CREATE INDEX audit_number_by_number ON audit_number (number);

-- Those of attempts stand with the attempts. Attempts of before this version have none.
ALTER TABLE attempt ADD COLUMN number_salt BLOB;
ALTER TABLE attempt ADD COLUMN claim_audit_id INTEGER;  -- why it was allowed
ALTER TABLE attempt ADD COLUMN end_audit_id INTEGER;    -- how it ended

-- The configuration as it was told to the audit last: what a later one is compared with.
CREATE TABLE audit_file (
    file   TEXT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL  -- SHA-256 of its bytes, 64 hex digits
) STRICT, WITHOUT ROWID;

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'a row of the audit is never changed');
END;
CREATE TRIGGER audit_loses_only_its_beginning BEFORE DELETE ON audit
WHEN OLD.audit_id > (SELECT audit_id FROM audit_anchor)
BEGIN
    SELECT RAISE(ABORT, 'the audit is removed only from its beginning, and for its age');
END;
CREATE TRIGGER audit_anchor_moves_along_the_chain BEFORE UPDATE ON audit_anchor
WHEN NEW.audit_id <= OLD.audit_id OR NEW.hash IS NOT (SELECT hash FROM audit WHERE audit_id = NEW.audit_id)
BEGIN
    SELECT RAISE(ABORT, 'the audit begins behind a row of its own');
END;
CREATE TRIGGER audit_anchor_stays BEFORE DELETE ON audit_anchor
BEGIN
    SELECT RAISE(ABORT, 'the audit begins behind a row of its own');
END;

CREATE VIEW audit_log AS
SELECT a.audit_id AS audit_id,
       strftime('%Y-%m-%d %H:%M:%f', a.at / 1000.0, 'unixepoch') AS at,
       a.kind AS kind,
       coalesce(a.actor, 'outdial') AS actor,
       ca.name AS campaign,
       a.contact_id AS contact_id,
       nullif(lower(hex(a.attempt_id)), '') AS attempt_id,
       coalesce(n.number, t.number) AS number,
       a.detail AS detail,
       lower(hex(a.hash)) AS hash
FROM audit AS a
LEFT JOIN campaign AS ca ON ca.campaign_id = a.campaign_id
LEFT JOIN audit_number AS n ON n.audit_id = a.audit_id
LEFT JOIN attempt AS t ON t.attempt_id = lower(hex(a.attempt_id));

CREATE VIEW attempt_audit AS
SELECT t.attempt_id AS attempt_id,
       strftime('%Y-%m-%d %H:%M:%f', t.claimed_at / 1000.0, 'unixepoch') AS claimed_at,
       ca.name AS campaign,
       t.number AS number,
       t.claim_audit_id AS claim_audit_id,
       c.detail AS why_allowed,
       t.end_audit_id AS end_audit_id,
       e.detail AS how_ended
FROM attempt AS t
JOIN campaign AS ca ON ca.campaign_id = t.campaign_id
LEFT JOIN audit AS c ON c.audit_id = t.claim_audit_id
LEFT JOIN audit AS e ON e.audit_id = t.end_audit_id;
