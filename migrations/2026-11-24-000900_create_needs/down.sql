DROP TABLE needs;
DROP TYPE need_channel;
DROP TYPE need_status;
