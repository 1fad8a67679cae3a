DROP TABLE sync_receipts;
