-- What applications say of themselves: the names under which clients ask for tokens for them,
-- labels, what they need of others, and where they are told that somebody has signed out.
ALTER TABLE application ADD COLUMN identifier_uris TEXT NOT NULL DEFAULT '[]';
ALTER TABLE application ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
ALTER TABLE application ADD COLUMN needs TEXT NOT NULL DEFAULT '[]';
ALTER TABLE application ADD COLUMN logout_url TEXT NOT NULL DEFAULT '';
ALTER TABLE service_principal ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
ALTER TABLE service_principal ADD COLUMN names TEXT NOT NULL DEFAULT '[]';
