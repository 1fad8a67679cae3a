DROP TABLE sync_tickets;
