-- The first schema. Tables belong to the daemon and may change; the views at the end are the contract that reports are
-- written against: docs/reporting.md. Instants are UTC milliseconds since 1970 (columns ending in _at).
--
-- A CHECK on text also compares the length in bytes, because length() and GLOB stop at a NUL byte and would let through
-- what follows it.

CREATE TABLE call_list (
    list_id INTEGER PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE CHECK (name <> '')
) STRICT;

CREATE TABLE campaign (
    campaign_id      INTEGER PRIMARY KEY,
    name             TEXT NOT NULL UNIQUE CHECK (name <> ''),
    list_id          INTEGER NOT NULL REFERENCES call_list,
    state            TEXT NOT NULL DEFAULT 'draft'
                     CHECK (state IN ('draft', 'running', 'paused', 'draining', 'finished')),
    state_changed_at INTEGER,
    -- Contacts of the list up to this id have a row in campaign_contact; those above have never been taken. So a list of
    -- ten million contacts costs a campaign nothing until it dials them.
    taken_through    INTEGER NOT NULL DEFAULT 0
) STRICT;

-- AUTOINCREMENT: an id is never given twice, even when the newest contact has been deleted; taken_through relies on it.
CREATE TABLE contact (
    contact_id  INTEGER PRIMARY KEY AUTOINCREMENT,
    list_id     INTEGER NOT NULL REFERENCES call_list,
    external_id TEXT CHECK (external_id <> ''),
    attributes  TEXT NOT NULL DEFAULT '{}'  -- a JSON object; its values are texts
) STRICT;
CREATE INDEX contact_by_list ON contact (list_id);
CREATE UNIQUE INDEX contact_by_external_id ON contact (list_id, external_id) WHERE external_id IS NOT NULL;

CREATE TABLE contact_number (
    contact_id          INTEGER NOT NULL REFERENCES contact,
    position            INTEGER NOT NULL CHECK (position BETWEEN 0 AND 15),
    list_id             INTEGER NOT NULL,
    number              TEXT NOT NULL CHECK (number GLOB '+[0-9]*' AND substr(number, 2) NOT GLOB '*[^0-9]*'
                                             AND length(number) BETWEEN 4 AND 16
                                             AND length(CAST(number AS BLOB)) = length(number)),
    country_code_digits INTEGER NOT NULL CHECK (country_code_digits BETWEEN 0 AND 3),
    PRIMARY KEY (contact_id, position)
) STRICT, WITHOUT ROWID;
-- The primary number is unique within a list; further numbers (a family's, a switchboard's) may be shared. The two
-- indexes together find every contact of a number.
CREATE UNIQUE INDEX contact_by_primary_number ON contact_number (number, list_id) WHERE position = 0;
CREATE INDEX contact_by_other_number ON contact_number (number) WHERE position > 0;

-- What a campaign has made of a contact. A row appears when the contact is first taken.
CREATE TABLE campaign_contact (
    campaign_id      INTEGER NOT NULL REFERENCES campaign,
    contact_id       INTEGER NOT NULL REFERENCES contact,
    state            TEXT NOT NULL CHECK (state IN ('pending', 'in_call', 'done')),
    due_at           INTEGER NOT NULL DEFAULT 0,  -- pending: not before
    position         INTEGER NOT NULL DEFAULT 0 CHECK (position BETWEEN 0 AND 15),  -- the number to dial next
    attempts         INTEGER NOT NULL DEFAULT 0,
    charged          INTEGER NOT NULL DEFAULT 0 CHECK (charged <= attempts),  -- used up of the person's budget
    reached          INTEGER NOT NULL DEFAULT 0 CHECK (reached IN (0, 1)),
    last_disposition TEXT,
    reason           TEXT,  -- done: why; pending: what is waited for
    PRIMARY KEY (campaign_id, contact_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX campaign_contact_due ON campaign_contact (campaign_id, due_at, contact_id) WHERE state = 'pending';
CREATE INDEX campaign_contact_in_call ON campaign_contact (campaign_id) WHERE state = 'in_call';

-- Ids begin with the time of the claim, so rows are appended. ended_at and disposition come together, once.
CREATE TABLE attempt (
    attempt_id          TEXT NOT NULL PRIMARY KEY CHECK (length(attempt_id) = 32 AND attempt_id NOT GLOB '*[^0-9a-f]*'
                                                         AND length(CAST(attempt_id AS BLOB)) = 32),
    campaign_id         INTEGER NOT NULL REFERENCES campaign,
    contact_id          INTEGER NOT NULL REFERENCES contact,
    position            INTEGER NOT NULL CHECK (position BETWEEN 0 AND 15),
    number              TEXT NOT NULL CHECK (number GLOB '+[0-9]*' AND substr(number, 2) NOT GLOB '*[^0-9]*'
                                             AND length(number) BETWEEN 4 AND 16
                                             AND length(CAST(number AS BLOB)) = length(number)),
    trunk               TEXT NOT NULL,
    server              TEXT NOT NULL,
    caller_id           TEXT,
    claimed_at          INTEGER NOT NULL,
    ended_at            INTEGER,
    disposition         TEXT CHECK (disposition IN ('answered', 'abandoned', 'machine', 'busy', 'no_answer', 'declined',
                                                    'rejected', 'invalid_number', 'congestion', 'unreachable',
                                                    'canceled', 'failed', 'lost')),
    charged             INTEGER NOT NULL DEFAULT 0 CHECK (charged IN (0, 1)),
    message             TEXT,
    -- The call's facts as they were told by Asterisk: src/core/call_facts.hpp.
    originated_at       INTEGER,
    created_at          INTEGER,
    ringing_at          INTEGER,
    answered_at         INTEGER,
    connected_at        INTEGER,
    hung_up_at          INTEGER,
    refused_at          INTEGER,
    not_sent_at         INTEGER,
    originate_failed_at INTEGER,
    accepted            INTEGER NOT NULL DEFAULT 0,
    cancel_requested    INTEGER NOT NULL DEFAULT 0,
    dial_ended          INTEGER NOT NULL DEFAULT 0,
    remote_ended        INTEGER NOT NULL DEFAULT 0,
    remote_cause        INTEGER,
    remote_tech_cause   INTEGER,
    hangup_cause        INTEGER,
    hangup_tech_cause   INTEGER,
    originate_reason    INTEGER,
    refusal             TEXT,
    result              TEXT,
    agent               TEXT,
    CHECK ((ended_at IS NULL) = (disposition IS NULL))
) STRICT, WITHOUT ROWID;
-- No contact and no number has two live attempts, in any campaign.
CREATE UNIQUE INDEX attempt_live_contact ON attempt (contact_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX attempt_live_number ON attempt (number) WHERE ended_at IS NULL;
CREATE INDEX attempt_by_contact ON attempt (contact_id, campaign_id);
CREATE INDEX attempt_by_campaign ON attempt (campaign_id, disposition, claimed_at);

CREATE TRIGGER attempt_ends_once BEFORE UPDATE OF ended_at, disposition, charged ON attempt
WHEN OLD.ended_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'an ended attempt is never changed');
END;

-- Reporting views --------------------------------------------------------------------------------------------------

CREATE VIEW attempt_log AS
SELECT a.attempt_id,
       ca.name AS campaign,
       l.name AS list,
       a.contact_id,
       c.external_id,
       a.number,
       a.trunk,
       a.server,
       a.caller_id,
       strftime('%Y-%m-%d %H:%M:%f', a.claimed_at / 1000.0, 'unixepoch') AS claimed_at,
       strftime('%Y-%m-%d %H:%M:%f', a.originated_at / 1000.0, 'unixepoch') AS originated_at,
       strftime('%Y-%m-%d %H:%M:%f', a.ringing_at / 1000.0, 'unixepoch') AS ringing_at,
       strftime('%Y-%m-%d %H:%M:%f', a.answered_at / 1000.0, 'unixepoch') AS answered_at,
       strftime('%Y-%m-%d %H:%M:%f', a.connected_at / 1000.0, 'unixepoch') AS connected_at,
       strftime('%Y-%m-%d %H:%M:%f', a.ended_at / 1000.0, 'unixepoch') AS ended_at,
       CASE WHEN a.ended_at IS NOT NULL THEN 'ended'
            WHEN a.answered_at IS NOT NULL THEN 'answered'
            WHEN a.ringing_at IS NOT NULL THEN 'ringing'
            WHEN a.originated_at IS NOT NULL THEN 'originated'
            ELSE 'claimed' END AS state,
       a.disposition,
       a.hangup_cause,
       coalesce(a.remote_tech_cause, a.hangup_tech_cause) AS tech_cause,
       a.agent,
       a.result,
       a.ended_at - coalesce(a.connected_at, a.answered_at) AS talk_ms,
       a.message,
       a.charged
FROM attempt AS a
JOIN campaign AS ca ON ca.campaign_id = a.campaign_id
JOIN contact AS c ON c.contact_id = a.contact_id
JOIN call_list AS l ON l.list_id = c.list_id;

-- The counts are sub-selects of one campaign each, so asking for one campaign reads only its rows; DISTINCT keeps SQLite
-- from counting again for every mention of a column in the outer SELECT.
CREATE VIEW campaign_progress AS
SELECT campaign,
       state,
       list,
       fresh + due + waiting + in_call + done AS contacts,
       fresh + due AS ready,
       waiting,
       in_call,
       done,
       reached,
       attempts,
       answered,
       abandoned,
       round(1.0 * abandoned / nullif(answered + abandoned, 0), 4) AS abandonment_rate,
       round(1.0 * (answered + abandoned) / nullif(answered + abandoned + unanswered, 0), 4) AS answer_rate
FROM (SELECT DISTINCT
             ca.name AS campaign,
             ca.state AS state,
             l.name AS list,
             (SELECT count(*) FROM contact AS c
              WHERE c.list_id = ca.list_id AND c.contact_id > ca.taken_through) AS fresh,
             (SELECT count(*) FROM campaign_contact AS cc
              WHERE cc.campaign_id = ca.campaign_id AND cc.state = 'pending'
                AND cc.due_at <= CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)) AS due,
             (SELECT count(*) FROM campaign_contact AS cc
              WHERE cc.campaign_id = ca.campaign_id AND cc.state = 'pending'
                AND cc.due_at > CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)) AS waiting,
             (SELECT count(*) FROM campaign_contact AS cc INDEXED BY campaign_contact_in_call
              WHERE cc.campaign_id = ca.campaign_id AND cc.state = 'in_call') AS in_call,
             (SELECT count(*) FROM campaign_contact AS cc
              WHERE cc.campaign_id = ca.campaign_id AND cc.state = 'done') AS done,
             (SELECT count(*) FROM campaign_contact AS cc
              WHERE cc.campaign_id = ca.campaign_id AND cc.reached = 1) AS reached,
             (SELECT count(*) FROM attempt AS a WHERE a.campaign_id = ca.campaign_id) AS attempts,
             (SELECT count(*) FROM attempt AS a
              WHERE a.campaign_id = ca.campaign_id AND a.disposition = 'answered') AS answered,
             (SELECT count(*) FROM attempt AS a
              WHERE a.campaign_id = ca.campaign_id AND a.disposition = 'abandoned') AS abandoned,
             (SELECT count(*) FROM attempt AS a
              WHERE a.campaign_id = ca.campaign_id
                AND a.disposition IN ('machine', 'busy', 'no_answer', 'declined')) AS unanswered
      FROM campaign AS ca
      JOIN call_list AS l ON l.list_id = ca.list_id);

CREATE VIEW disposition_summary AS
SELECT ca.name AS campaign,
       a.disposition AS disposition,
       count(*) AS attempts,
       round(1.0 * count(*) / (SELECT count(*) FROM attempt AS e
                               WHERE e.campaign_id = ca.campaign_id AND e.disposition IS NOT NULL), 4) AS share
FROM campaign AS ca
JOIN attempt AS a ON a.campaign_id = ca.campaign_id AND a.disposition IS NOT NULL
GROUP BY ca.campaign_id, ca.name, a.disposition;

CREATE VIEW hourly_activity AS
SELECT ca.name AS campaign,
       strftime('%Y-%m-%d %H:00:00.000', a.claimed_at / 3600000 * 3600, 'unixepoch') AS hour,
       count(*) AS attempts,
       count(*) FILTER (WHERE a.disposition = 'answered') AS answered,
       count(*) FILTER (WHERE a.disposition = 'abandoned') AS abandoned
FROM campaign AS ca
JOIN attempt AS a ON a.campaign_id = ca.campaign_id
GROUP BY ca.campaign_id, ca.name, a.claimed_at / 3600000;

CREATE VIEW contact_status AS
SELECT ca.name AS campaign,
       c.contact_id AS contact_id,
       c.external_id AS external_id,
       CASE WHEN cc.state IS NULL THEN 'ready'
            WHEN cc.state <> 'pending' THEN cc.state
            WHEN cc.due_at <= CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) THEN 'ready'
            ELSE 'waiting' END AS state,
       CASE WHEN cc.state = 'done' THEN cc.reason
            WHEN cc.state = 'in_call' THEN 'in_call'
            WHEN cc.due_at > CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) THEN cc.reason
            WHEN ca.state <> 'running' THEN 'campaign_' || ca.state
            WHEN coalesce(cc.attempts, 0) = 0 THEN 'fresh'
            ELSE 'due' END AS reason,
       coalesce(cc.attempts, 0) AS attempts,
       cc.last_disposition AS last_disposition,
       CASE WHEN cc.state = 'pending' THEN strftime('%Y-%m-%d %H:%M:%f', cc.due_at / 1000.0, 'unixepoch') END
           AS next_attempt_at,
       coalesce(cc.charged, 0) AS charged,
       (SELECT n.number FROM contact_number AS n
        WHERE n.contact_id = c.contact_id AND n.position = coalesce(cc.position, 0)) AS number
FROM campaign AS ca
JOIN contact AS c ON c.list_id = ca.list_id
LEFT JOIN campaign_contact AS cc ON cc.campaign_id = ca.campaign_id AND cc.contact_id = c.contact_id;

-- Seizures are the calls that the trunk had to complete: sent, ended, and not our own failure or cancellation.
CREATE VIEW trunk_health AS
SELECT a.trunk AS trunk,
       strftime('%Y-%m-%d %H:00:00.000', a.claimed_at / 3600000 * 3600, 'unixepoch') AS hour,
       count(*) AS attempts,
       round(1.0 * count(*) FILTER (WHERE a.answered_at IS NOT NULL
                                      AND a.disposition NOT IN ('canceled', 'failed', 'lost'))
             / nullif(count(*) FILTER (WHERE a.originated_at IS NOT NULL
                                         AND a.disposition NOT IN ('canceled', 'failed', 'lost')), 0), 4)
           AS answer_seizure_ratio,
       count(*) FILTER (WHERE a.disposition = 'rejected') AS rejected,
       count(*) FILTER (WHERE a.disposition = 'congestion') AS congestion,
       count(*) FILTER (WHERE a.disposition = 'unreachable') AS unreachable
FROM attempt AS a
GROUP BY a.trunk, a.claimed_at / 3600000;

CREATE VIEW attempt_timeline AS
SELECT attempt_id, strftime('%Y-%m-%d %H:%M:%f', claimed_at / 1000.0, 'unixepoch') AS at,
       'claimed' AS fact, number || ' on ' || trunk AS detail FROM attempt
UNION ALL
SELECT attempt_id, strftime('%Y-%m-%d %H:%M:%f', originated_at / 1000.0, 'unixepoch'),
       'originated', server FROM attempt WHERE originated_at IS NOT NULL
UNION ALL
SELECT attempt_id, strftime('%Y-%m-%d %H:%M:%f', created_at / 1000.0, 'unixepoch'),
       'created', NULL FROM attempt WHERE created_at IS NOT NULL
UNION ALL
SELECT attempt_id, strftime('%Y-%m-%d %H:%M:%f', refused_at / 1000.0, 'unixepoch'),
       'refused', refusal FROM attempt WHERE refused_at IS NOT NULL
UNION ALL
SELECT attempt_id, strftime('%Y-%m-%d %H:%M:%f', not_sent_at / 1000.0, 'unixepoch'),
       'not_sent', NULL FROM attempt WHERE not_sent_at IS NOT NULL
UNION ALL
SELECT attempt_id, strftime('%Y-%m-%d %H:%M:%f', ringing_at / 1000.0, 'unixepoch'),
       'ringing', NULL FROM attempt WHERE ringing_at IS NOT NULL
UNION ALL
SELECT attempt_id, strftime('%Y-%m-%d %H:%M:%f', answered_at / 1000.0, 'unixepoch'),
       'answered', NULL FROM attempt WHERE answered_at IS NOT NULL
UNION ALL
SELECT attempt_id, strftime('%Y-%m-%d %H:%M:%f', connected_at / 1000.0, 'unixepoch'),
       'connected', agent FROM attempt WHERE connected_at IS NOT NULL
UNION ALL
SELECT attempt_id, strftime('%Y-%m-%d %H:%M:%f', originate_failed_at / 1000.0, 'unixepoch'),
       'originate_failed', 'reason ' || originate_reason FROM attempt WHERE originate_failed_at IS NOT NULL
UNION ALL
SELECT attempt_id, strftime('%Y-%m-%d %H:%M:%f', hung_up_at / 1000.0, 'unixepoch'),
       'hung_up', 'cause ' || hangup_cause FROM attempt WHERE hung_up_at IS NOT NULL
UNION ALL
SELECT attempt_id, strftime('%Y-%m-%d %H:%M:%f', ended_at / 1000.0, 'unixepoch'),
       'ended', disposition FROM attempt WHERE ended_at IS NOT NULL;
