DROP TABLE communities;
DROP TABLE division_names;
DROP TABLE divisions;
DROP TABLE division_editions;
DROP TYPE division_kind;
DROP TYPE division_level;
