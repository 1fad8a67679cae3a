DROP INDEX elders_merged_by_hash;
