-- What an organisation charges, by class of elder. One that names no price of its own for a class charges the next one up.
ALTER TABLE organisation_items ADD COLUMN below_market_fen bigint;
ALTER TABLE organisation_items ADD COLUMN safety_net_fen bigint;
ALTER TABLE organisation_items ADD CONSTRAINT organisation_items_classes CHECK (below_market_fen BETWEEN 0 AND price_fen AND safety_net_fen BETWEEN 0 AND coalesce(below_market_fen, price_fen));
COMMENT ON COLUMN organisation_items.price_fen IS 'The market''s price';
COMMENT ON COLUMN organisation_items.below_market_fen IS 'For other elders (低偿); none: the market''s price';
COMMENT ON COLUMN organisation_items.safety_net_fen IS 'For safety-net elders (兜底); none: the price for other elders';
