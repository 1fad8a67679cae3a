DROP INDEX service_orders_to_survey;
DROP TABLE second_asks;
