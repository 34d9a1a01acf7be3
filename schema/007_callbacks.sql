-- Calls at a time that somebody chose. One that is not ended yet is its contact's next call in the campaign, and comes
-- before all others.

CREATE TABLE callback (
    callback_id INTEGER PRIMARY KEY,
    campaign_id INTEGER NOT NULL REFERENCES campaign,
    contact_id  INTEGER NOT NULL REFERENCES contact,
    at          INTEGER NOT NULL,   -- when they want to be called
    agent       TEXT CHECK (agent <> ''),  -- who is to talk; nothing: anybody
    note        TEXT CHECK (note <> ''),
    made_at     INTEGER NOT NULL,
    actor       TEXT,               -- who ordered it; nothing: the person said so in the call `asked_in`
    asked_in    TEXT CHECK (length(asked_in) = 32),
    -- Where the contact stood before; nothing: not called yet.
    state_before  TEXT,
    reason_before TEXT,
    due_before    INTEGER,
    attempt_id  TEXT CHECK (length(attempt_id) = 32),  -- the call that keeps it
    ended_at    INTEGER,
    -- called; replaced by a later one; canceled by an operator; dropped: the contact may not be called any more.
    outcome     TEXT CHECK (outcome IN ('called', 'replaced', 'canceled', 'dropped')),
    CHECK ((ended_at IS NULL) = (outcome IS NULL)),
    CHECK (outcome IS NOT 'called' OR attempt_id IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX callback_open ON callback (campaign_id, contact_id) WHERE ended_at IS NULL;
CREATE INDEX callback_by_contact ON callback (contact_id);

ALTER TABLE campaign_contact ADD COLUMN callback_id INTEGER REFERENCES callback;  -- the one that is open
CREATE INDEX campaign_contact_promised ON campaign_contact (campaign_id, place_id, due_at, contact_id)
    WHERE state = 'pending' AND callback_id IS NOT NULL;

-- Contacts with a row in campaign_contact before it was their turn: callbacks of people who were not called yet. The
-- reports count those who were not called by how far their place has come.
CREATE TABLE campaign_early (
    campaign_id INTEGER NOT NULL REFERENCES campaign,
    place_id    INTEGER NOT NULL,  -- the contact's
    contact_id  INTEGER NOT NULL REFERENCES contact,
    PRIMARY KEY (campaign_id, place_id, contact_id)
) STRICT, WITHOUT ROWID;

-- In the call the person chose a time.
ALTER TABLE attempt ADD COLUMN callback_at INTEGER;
ALTER TABLE attempt ADD COLUMN callback_agent TEXT CHECK (callback_agent <> '');

CREATE VIEW callback_status AS
SELECT ca.name AS campaign,
       b.contact_id AS contact_id,
       c.external_id AS external_id,
       (SELECT n.number FROM contact_number AS n
        WHERE n.contact_id = b.contact_id AND n.position = coalesce(cc.position, 0)) AS number,
       strftime('%Y-%m-%d %H:%M:%S', b.at / 1000.0, 'unixepoch') AS at,
       b.agent AS agent,
       b.note AS note,
       CASE WHEN b.outcome IS NOT NULL THEN b.outcome
            WHEN cc.state = 'in_call' THEN 'in_call'
            WHEN b.at > CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) THEN 'waiting'
            WHEN ca.state <> 'running' THEN 'campaign_' || ca.state
            WHEN cc.reason = 'callback' THEN 'due'
            ELSE coalesce(cc.reason, 'due') END AS state,
       strftime('%Y-%m-%d %H:%M:%S', b.made_at / 1000.0, 'unixepoch') AS made_at,
       coalesce(b.actor, 'call ' || b.asked_in) AS made_by,
       b.attempt_id AS attempt_id,
       strftime('%Y-%m-%d %H:%M:%S', b.ended_at / 1000.0, 'unixepoch') AS ended_at
FROM callback AS b
JOIN campaign AS ca ON ca.campaign_id = b.campaign_id
JOIN contact AS c ON c.contact_id = b.contact_id
LEFT JOIN campaign_contact AS cc ON cc.campaign_id = b.campaign_id AND cc.contact_id = b.contact_id;

DROP VIEW campaign_progress;
CREATE VIEW campaign_progress AS
SELECT campaign,
       state,
       list,
       fresh + fresh_later + due + waiting + in_call + done AS contacts,
       fresh + due AS ready,
       fresh_later + waiting AS waiting,
       in_call,
       done,
       reached,
       attempts,
       answered,
       abandoned,
       round(1.0 * abandoned / nullif(answered + abandoned, 0), 4) AS abandonment_rate,
       round(1.0 * (answered + abandoned) / nullif(answered + abandoned + unanswered, 0), 4) AS answer_rate
FROM (SELECT DISTINCT
             campaign, state, list, fresh, fresh_later, due, pending - due AS waiting, in_call, done, reached, attempts,
             answered, abandoned, unanswered
      FROM (SELECT DISTINCT
             ca.name AS campaign,
             ca.state AS state,
             l.name AS list,
             (SELECT coalesce(sum((SELECT count(*) FROM contact AS c
                                   WHERE c.list_id = p.list_id AND c.place_id = p.place_id
                                     AND c.contact_id > p.taken_through)
                                 - (SELECT count(*) FROM campaign_early AS e
                                    WHERE e.campaign_id = p.campaign_id AND e.place_id = p.place_id
                                      AND e.contact_id > p.taken_through)), 0)
              FROM calling_window AS p WHERE p.campaign_id = ca.campaign_id AND p.is_open) AS fresh,
             (SELECT coalesce(sum((SELECT count(*) FROM contact AS c
                                   WHERE c.list_id = p.list_id AND c.place_id = p.place_id
                                     AND c.contact_id > p.taken_through)
                                 - (SELECT count(*) FROM campaign_early AS e
                                    WHERE e.campaign_id = p.campaign_id AND e.place_id = p.place_id
                                      AND e.contact_id > p.taken_through)), 0)
              FROM calling_window AS p WHERE p.campaign_id = ca.campaign_id AND NOT p.is_open) AS fresh_later,
             (SELECT coalesce(sum((SELECT count(*) FROM campaign_contact AS cc
                                   WHERE cc.campaign_id = p.campaign_id AND cc.place_id = p.place_id
                                     AND cc.state = 'pending'
                                     AND cc.due_at <= CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER))), 0)
              FROM calling_window AS p WHERE p.campaign_id = ca.campaign_id AND p.is_open) AS due,
             (SELECT count(*) FROM campaign_contact AS cc
              WHERE cc.campaign_id = ca.campaign_id AND cc.state = 'pending') AS pending,
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
      JOIN call_list AS l ON l.list_id = ca.list_id));

-- Everybody of a campaign, by the reason why they are not being called. Counted by places and outcomes first, because there
-- are many contacts and few of these.
DROP VIEW why_not;
CREATE VIEW why_not AS
SELECT campaign,
       state,
       reason,
       sum(contacts) AS contacts,
       min(next_at) AS next_at
FROM (SELECT ca.name AS campaign,
             CASE WHEN w.is_open THEN 'ready' ELSE 'waiting' END AS state,
             CASE WHEN ca.state <> 'running' THEN 'campaign_' || ca.state
                  WHEN w.is_open THEN 'fresh'
                  WHEN w.hours = 'unknown_zone' THEN 'unknown_time_zone'
                  WHEN w.hours = 'never' THEN 'never_within_hours'
                  ELSE 'outside_hours' END AS reason,
             (SELECT count(*) FROM contact AS c
              WHERE c.list_id = w.list_id AND c.place_id = w.place_id AND c.contact_id > w.taken_through)
             - (SELECT count(*) FROM campaign_early AS e
                WHERE e.campaign_id = w.campaign_id AND e.place_id = w.place_id
                  AND e.contact_id > w.taken_through) AS contacts,
             CASE WHEN NOT w.is_open THEN w.opens_at END AS next_at
      FROM campaign AS ca
      JOIN calling_window AS w ON w.campaign_id = ca.campaign_id
      UNION ALL
      SELECT ca.name,
             CASE WHEN taken.state <> 'pending' THEN taken.state
                  WHEN taken.is_due AND coalesce(w.is_open, 1) THEN 'ready' ELSE 'waiting' END,
             CASE WHEN taken.state = 'in_call' THEN 'in_call'
                  WHEN taken.state = 'done' OR NOT taken.is_due THEN taken.reason
                  WHEN ca.state <> 'running' THEN 'campaign_' || ca.state
                  WHEN w.hours = 'unknown_zone' THEN 'unknown_time_zone'
                  WHEN w.hours = 'never' THEN 'never_within_hours'
                  WHEN NOT coalesce(w.is_open, 1) THEN 'outside_hours'
                  ELSE 'due' END,
             taken.contacts,
             CASE WHEN taken.state = 'pending' AND NOT (taken.is_due AND coalesce(w.is_open, 1))
                  THEN max(strftime('%Y-%m-%d %H:%M:%f', taken.first_due_at / 1000.0, 'unixepoch'),
                           CASE WHEN coalesce(w.is_open, 1) THEN '' ELSE coalesce(w.opens_at, '') END) END
      FROM (SELECT cc.campaign_id, cc.place_id, cc.state, cc.reason,
                   cc.due_at <= CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) AS is_due,
                   count(*) AS contacts,
                   min(cc.due_at) AS first_due_at
            FROM campaign_contact AS cc
            GROUP BY cc.campaign_id, cc.place_id, cc.state, cc.reason, is_due) AS taken
      JOIN campaign AS ca ON ca.campaign_id = taken.campaign_id
      LEFT JOIN calling_window AS w ON w.campaign_id = taken.campaign_id AND w.place_id = taken.place_id)
WHERE contacts > 0
GROUP BY campaign, state, reason;
