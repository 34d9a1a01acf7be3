-- Where people may be, and when they may be called. A place is a set of time zones and regions; a list of ten million
-- contacts has some hundred places. Claims go through the contacts place by place, so that those who may not be called
-- now are never looked at.

CREATE TABLE place (
    place_id INTEGER PRIMARY KEY,
    zones    TEXT NOT NULL,  -- IANA names in order, with a space between; empty: unknown
    regions  TEXT NOT NULL,  -- likewise: DE, US-FL; empty: anywhere
    UNIQUE (zones, regions)
) STRICT;
-- Not looked up yet: of contacts that were imported before places were kept. The claim that comes to one looks it up.
INSERT INTO place (place_id, zones, regions) VALUES (0, '?', '?');

ALTER TABLE contact ADD COLUMN place_id INTEGER NOT NULL DEFAULT 0;           -- of the first number
ALTER TABLE contact_number ADD COLUMN place_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE campaign_contact ADD COLUMN place_id INTEGER NOT NULL DEFAULT 0;  -- of the number to dial next
DROP INDEX contact_by_list;
CREATE INDEX contact_by_place ON contact (list_id, place_id, contact_id);
DROP INDEX campaign_contact_due;
CREATE INDEX campaign_contact_due ON campaign_contact (campaign_id, place_id, due_at, contact_id)
    WHERE state = 'pending';

-- The places of a list's contacts.
CREATE TABLE list_place (
    list_id  INTEGER NOT NULL REFERENCES call_list,
    place_id INTEGER NOT NULL REFERENCES place,
    PRIMARY KEY (list_id, place_id)
) STRICT, WITHOUT ROWID;
INSERT INTO list_place (list_id, place_id) SELECT list_id, 0 FROM call_list;

-- How far a campaign has come with the contacts of a place, and when it may call them. No row: it has taken nobody there,
-- and nobody has looked up the hours.
CREATE TABLE campaign_place (
    campaign_id   INTEGER NOT NULL REFERENCES campaign,
    place_id      INTEGER NOT NULL REFERENCES place,
    -- Contacts up to this id have been taken; the campaign's own taken_through, of a time before places, counts as well.
    taken_through INTEGER NOT NULL DEFAULT 0,
    -- always: no rule about hours concerns the place; hours: from opens_at to before calls_until, which is so long before
    -- closes_at as a telephone rings; never: not within the time that was looked at.
    hours         TEXT NOT NULL DEFAULT 'unknown'
                  CHECK (hours IN ('unknown', 'always', 'hours', 'unknown_zone', 'never')),
    opens_at      INTEGER,
    calls_until   INTEGER,
    closes_at     INTEGER,
    PRIMARY KEY (campaign_id, place_id)
) STRICT, WITHOUT ROWID;

-- A row for each campaign and place of its list. is_open: calls may leave now, as far as is known.
CREATE VIEW calling_window AS
SELECT ca.name AS campaign,
       pl.zones AS zones,
       pl.regions AS regions,
       coalesce(cp.hours, 'unknown') AS hours,
       coalesce(cp.hours, 'unknown') IN ('unknown', 'always')
           OR (cp.hours = 'hours'
               AND cp.opens_at <= CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)
               AND cp.calls_until > CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)) AS is_open,
       strftime('%Y-%m-%d %H:%M:%f', cp.opens_at / 1000.0, 'unixepoch') AS opens_at,
       strftime('%Y-%m-%d %H:%M:%f', cp.calls_until / 1000.0, 'unixepoch') AS calls_until,
       strftime('%Y-%m-%d %H:%M:%f', cp.closes_at / 1000.0, 'unixepoch') AS closes_at,
       max(ca.taken_through, coalesce(cp.taken_through, 0)) AS taken_through,
       ca.campaign_id AS campaign_id,
       ca.list_id AS list_id,
       lp.place_id AS place_id
FROM campaign AS ca
JOIN list_place AS lp ON lp.list_id = ca.list_id
JOIN place AS pl ON pl.place_id = lp.place_id
LEFT JOIN campaign_place AS cp ON cp.campaign_id = ca.campaign_id AND cp.place_id = lp.place_id;

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
                                     AND c.contact_id > p.taken_through)), 0)
              FROM calling_window AS p WHERE p.campaign_id = ca.campaign_id AND p.is_open) AS fresh,
             (SELECT coalesce(sum((SELECT count(*) FROM contact AS c
                                   WHERE c.list_id = p.list_id AND c.place_id = p.place_id
                                     AND c.contact_id > p.taken_through)), 0)
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

DROP VIEW contact_status;
CREATE VIEW contact_status AS
SELECT campaign,
       contact_id,
       external_id,
       CASE WHEN NOT due THEN coalesce(row_state, 'waiting') WHEN is_open THEN 'ready' ELSE 'waiting' END AS state,
       CASE WHEN NOT due THEN row_reason
            WHEN campaign_state <> 'running' THEN 'campaign_' || campaign_state
            WHEN NOT is_open AND hours = 'unknown_zone' THEN 'unknown_time_zone'
            WHEN NOT is_open AND hours = 'never' THEN 'never_within_hours'
            WHEN NOT is_open THEN 'outside_hours'
            WHEN attempts = 0 THEN 'fresh'
            ELSE 'due' END AS reason,
       attempts,
       last_disposition,
       CASE WHEN pending OR NOT is_open THEN nullif(max(coalesce(due_at, ''), coalesce(opens_at, '')), '') END
           AS next_attempt_at,
       charged,
       number,
       zones,
       regions
FROM (SELECT ca.name AS campaign,
             ca.state AS campaign_state,
             c.contact_id AS contact_id,
             c.external_id AS external_id,
             coalesce(cc.state, 'pending') = 'pending'
                 AND coalesce(cc.due_at, 0) <= CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) AS due,
             cc.state = 'pending' AS pending,
             CASE cc.state WHEN 'pending' THEN 'waiting' ELSE cc.state END AS row_state,
             CASE WHEN cc.state = 'in_call' THEN 'in_call' ELSE cc.reason END AS row_reason,
             CASE WHEN cc.state = 'pending' THEN strftime('%Y-%m-%d %H:%M:%f', cc.due_at / 1000.0, 'unixepoch') END AS due_at,
             coalesce(cc.attempts, 0) AS attempts,
             coalesce(cc.charged, 0) AS charged,
             cc.last_disposition AS last_disposition,
             coalesce(cc.state, 'pending') <> 'pending' OR coalesce(p.is_open, 1) AS is_open,
             p.hours AS hours,
             CASE WHEN p.hours = 'hours' AND NOT p.is_open THEN p.opens_at END AS opens_at,
             (SELECT n.number FROM contact_number AS n
              WHERE n.contact_id = c.contact_id AND n.position = coalesce(cc.position, 0)) AS number,
             pl.zones AS zones,
             pl.regions AS regions
      FROM campaign AS ca
      JOIN contact AS c ON c.list_id = ca.list_id
      LEFT JOIN campaign_contact AS cc ON cc.campaign_id = ca.campaign_id AND cc.contact_id = c.contact_id
      LEFT JOIN place AS pl ON pl.place_id = coalesce(cc.place_id, c.place_id)
      LEFT JOIN calling_window AS p ON p.campaign_id = ca.campaign_id
                                       AND p.place_id = coalesce(cc.place_id, c.place_id));

-- Everybody of a campaign, by the reason why they are not being called. Counted by places and outcomes first, because there
-- are many contacts and few of these.
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
              WHERE c.list_id = w.list_id AND c.place_id = w.place_id AND c.contact_id > w.taken_through) AS contacts,
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
