ALTER TABLE service_orders DROP COLUMN referred_to;
