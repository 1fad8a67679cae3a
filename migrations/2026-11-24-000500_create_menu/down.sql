DROP TABLE item_prices;
DROP TABLE menu_items;
DROP TYPE deliverer;
DROP TYPE service_class;
