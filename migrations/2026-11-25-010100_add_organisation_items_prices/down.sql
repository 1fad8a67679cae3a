ALTER TABLE organisation_items DROP CONSTRAINT organisation_items_classes;
ALTER TABLE organisation_items DROP COLUMN safety_net_fen;
ALTER TABLE organisation_items DROP COLUMN below_market_fen;
COMMENT ON COLUMN organisation_items.price_fen IS NULL;
