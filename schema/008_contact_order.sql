-- In which order a campaign takes contacts that it has never taken, where its file says so: by a priority, by an
-- attribute, newest first, at random. Its contacts are then put in order ahead, some thousands a transaction; nobody is
-- called until all of them are.

-- The order and the filter as they were when its contacts were put in order by them. Nothing: it never had any, and takes
-- the contacts of each place in the order of the list. Who once had an order keeps these tables, whatever its file says.
ALTER TABLE campaign ADD COLUMN contact_order TEXT;
-- Contacts of the place up to this id are in order, or have a row in campaign_contact: taken, or left out by the filter
-- (done, filtered).
ALTER TABLE campaign_place ADD COLUMN ordered_through INTEGER NOT NULL DEFAULT 0;

-- Contacts that are to be taken yet. Never of one that has a row in campaign_contact.
CREATE TABLE campaign_order (
    campaign_id INTEGER NOT NULL REFERENCES campaign,
    contact_id  INTEGER NOT NULL REFERENCES contact,
    place_id    INTEGER NOT NULL,   -- of the first number
    priority    REAL NOT NULL,      -- the highest first
    rank        BLOB NOT NULL,      -- then the least: src/core/contact_order.cpp
    PRIMARY KEY (campaign_id, contact_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX campaign_order_first ON campaign_order (campaign_id, place_id, priority DESC, rank, contact_id);

-- Contacts that have changed since, whoever has changed them: where they stand, and whether the filter leaves them out,
-- is to be found out again.
CREATE TABLE campaign_order_again (
    campaign_id INTEGER NOT NULL REFERENCES campaign,
    contact_id  INTEGER NOT NULL REFERENCES contact,
    PRIMARY KEY (campaign_id, contact_id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER contact_is_ordered_again AFTER UPDATE OF external_id, attributes, place_id ON contact
BEGIN
    INSERT OR IGNORE INTO campaign_order_again (campaign_id, contact_id)
    SELECT campaign_id, NEW.contact_id FROM campaign WHERE list_id = NEW.list_id AND contact_order IS NOT NULL;
END;

-- Reporting views --------------------------------------------------------------------------------------------------

DROP VIEW calling_window;
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
       lp.place_id AS place_id,
       ca.contact_order IS NOT NULL AS is_ordered,
       coalesce(cp.ordered_through, 0) AS ordered_through
FROM campaign AS ca
JOIN list_place AS lp ON lp.list_id = ca.list_id
JOIN place AS pl ON pl.place_id = lp.place_id
LEFT JOIN campaign_place AS cp ON cp.campaign_id = ca.campaign_id AND cp.place_id = lp.place_id;

-- How many contacts of each place a campaign has never taken. Where it has an order, those that wait to be put in order
-- are counted beside the others.
CREATE VIEW fresh_contacts AS
SELECT w.campaign_id AS campaign_id,
       w.place_id AS place_id,
       w.hours AS hours,
       w.is_open AS is_open,
       w.opens_at AS opens_at,
       CASE WHEN NOT w.is_ordered
            THEN (SELECT count(*) FROM contact AS c
                  WHERE c.list_id = w.list_id AND c.place_id = w.place_id AND c.contact_id > w.taken_through)
                 - (SELECT count(*) FROM campaign_early AS e
                    WHERE e.campaign_id = w.campaign_id AND e.place_id = w.place_id
                      AND e.contact_id > w.taken_through)
            ELSE (SELECT count(*) FROM campaign_order AS o
                  WHERE o.campaign_id = w.campaign_id AND o.place_id = w.place_id)
                 + (SELECT count(*) FROM contact AS c
                    WHERE c.list_id = w.list_id AND c.place_id = w.place_id AND c.contact_id > w.ordered_through
                      AND NOT EXISTS (SELECT 1 FROM campaign_order AS o
                                      WHERE o.campaign_id = w.campaign_id AND o.contact_id = c.contact_id)
                      AND NOT EXISTS (SELECT 1 FROM campaign_contact AS cc
                                      WHERE cc.campaign_id = w.campaign_id AND cc.contact_id = c.contact_id))
       END AS contacts
FROM calling_window AS w;

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
             (SELECT coalesce(sum(f.contacts), 0) FROM fresh_contacts AS f
              WHERE f.campaign_id = ca.campaign_id AND f.is_open) AS fresh,
             (SELECT coalesce(sum(f.contacts), 0) FROM fresh_contacts AS f
              WHERE f.campaign_id = ca.campaign_id AND NOT f.is_open) AS fresh_later,
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
             w.contacts AS contacts,
             CASE WHEN NOT w.is_open THEN w.opens_at END AS next_at
      FROM campaign AS ca
      JOIN fresh_contacts AS w ON w.campaign_id = ca.campaign_id
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
