-- What registrations and service principals say of themselves beyond that, as one JSON text
-- each.
ALTER TABLE application ADD COLUMN manifest TEXT NOT NULL DEFAULT '{}';
ALTER TABLE service_principal ADD COLUMN manifest TEXT NOT NULL DEFAULT '{}';
