-- Which database this is, and who writes it. One row. Every `outdial serve` adds one to epoch when it starts, and each of
-- its transactions asks for the epoch that it wrote: a daemon whose lock file was removed, and beside which a second one
-- was started, finds another epoch and writes no more. All three are also kept in a file of their own
-- (docs/reliability.md), which tells an older copy of this database from the one that was used last.

CREATE TABLE daemon_run (
    only_row    INTEGER PRIMARY KEY CHECK (only_row = 1),
    database_id TEXT NOT NULL,
    epoch       INTEGER NOT NULL,
    claims      INTEGER NOT NULL  -- attempts ever made, also those whose rows are gone
) STRICT;
INSERT INTO daemon_run (only_row, database_id, epoch, claims)
    SELECT 1, lower(hex(randomblob(16))), 0, count(*) FROM attempt;
