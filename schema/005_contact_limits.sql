-- How often a person, a number and an account have been called, in all campaigns: limits count in these indexes, which hold
-- no more than the calls that count. The account is the contact's attribute of that name at the time of the call; it stands
-- here because contacts of one account may be many, on several lists.

ALTER TABLE attempt ADD COLUMN account TEXT CHECK (account <> '');
UPDATE attempt SET account = found.account
FROM (SELECT contact_id, json_extract(attributes, '$.account') AS account FROM contact
      WHERE instr(attributes, '"account"') > 0 AND json_valid(attributes)) AS found
WHERE found.contact_id = attempt.contact_id AND found.account <> '';

CREATE INDEX attempt_charged_contact ON attempt (contact_id, ended_at) WHERE charged = 1;
CREATE INDEX attempt_charged_number ON attempt (number, ended_at) WHERE charged = 1;
CREATE INDEX attempt_charged_account ON attempt (account, ended_at) WHERE charged = 1 AND account IS NOT NULL;
CREATE INDEX attempt_live_account ON attempt (account) WHERE ended_at IS NULL AND account IS NOT NULL;
