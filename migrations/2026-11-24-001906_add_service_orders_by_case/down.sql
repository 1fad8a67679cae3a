DROP INDEX service_orders_by_case;
