DROP INDEX offers_open_by_organisation;
ALTER TABLE service_orders DROP COLUMN referred_to;
