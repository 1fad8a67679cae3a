-- After two refusals a named officer decides what becomes of an order.
ALTER TABLE service_orders ADD COLUMN referred_to uuid;
COMMENT ON COLUMN service_orders.referred_to IS 'The officer who decides, once the order was referred; none when no officer has the area';
ALTER TABLE service_orders ADD CONSTRAINT service_orders_referred_to_fkey FOREIGN KEY (referred_to) REFERENCES users (id);
CREATE INDEX service_orders_by_referral ON service_orders (referred_to, requested_at) WHERE status = 'referred';

-- A provider's inbox.
CREATE INDEX offers_open_by_organisation ON offers (organisation_id) WHERE status = 'open';
