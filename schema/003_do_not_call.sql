-- Numbers that must not be called. They stand by themselves, without contacts: a number that is on no call list yet is
-- found here when it is on one, and what `outdial forget` removes stays removed while its number stays here.

CREATE TABLE do_not_call_list (
    do_not_call_list_id INTEGER PRIMARY KEY,
    name                TEXT NOT NULL UNIQUE CHECK (name <> ''),
    copied_at           INTEGER,  -- a copy of somebody else's list: when it was made; one's own list is never old
    numbers             INTEGER NOT NULL DEFAULT 0 CHECK (numbers >= 0)
) STRICT;
-- Of every campaign, whatever its file says.
INSERT INTO do_not_call_list (do_not_call_list_id, name) VALUES (1, 'global');

CREATE TABLE do_not_call_number (
    do_not_call_list_id INTEGER NOT NULL REFERENCES do_not_call_list,
    number              TEXT NOT NULL CHECK (number GLOB '+[0-9]*' AND substr(number, 2) NOT GLOB '*[^0-9]*'
                                             AND length(number) BETWEEN 4 AND 16
                                             AND length(CAST(number AS BLOB)) = length(number)),
    added_at            INTEGER NOT NULL,
    expires_at          INTEGER,        -- from then on it may be called; nothing: never
    source              TEXT NOT NULL,  -- who or what put it there: operator, caller, import
    reason              TEXT,
    PRIMARY KEY (do_not_call_list_id, number)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER do_not_call_number_added AFTER INSERT ON do_not_call_number
BEGIN
    UPDATE do_not_call_list SET numbers = numbers + 1 WHERE do_not_call_list_id = NEW.do_not_call_list_id;
END;
CREATE TRIGGER do_not_call_number_removed AFTER DELETE ON do_not_call_number
BEGIN
    UPDATE do_not_call_list SET numbers = numbers - 1 WHERE do_not_call_list_id = OLD.do_not_call_list_id;
END;

CREATE VIEW do_not_call AS
SELECT n.number AS number,
       l.name AS list,
       strftime('%Y-%m-%d %H:%M:%f', n.added_at / 1000.0, 'unixepoch') AS added_at,
       strftime('%Y-%m-%d %H:%M:%f', n.expires_at / 1000.0, 'unixepoch') AS expires_at,
       n.source AS source,
       n.reason AS reason
FROM do_not_call_number AS n
JOIN do_not_call_list AS l ON l.do_not_call_list_id = n.do_not_call_list_id;

CREATE VIEW do_not_call_lists AS
SELECT name AS list,
       numbers,
       strftime('%Y-%m-%d %H:%M:%f', copied_at / 1000.0, 'unixepoch') AS copied_at
FROM do_not_call_list;
