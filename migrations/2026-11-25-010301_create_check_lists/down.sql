DROP TABLE check_lists;
