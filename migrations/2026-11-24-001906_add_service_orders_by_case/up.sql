-- Who may see a photo follows from the orders of its case.

CREATE INDEX service_orders_by_case ON service_orders (case_id);
