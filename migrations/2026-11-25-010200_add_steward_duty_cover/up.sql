-- In a migration of its own: a new value of an enum cannot be used in the transaction that adds it.
-- It stands before deputy: the order of the values is the order in which a community's stewards answer.

ALTER TYPE steward_duty ADD VALUE 'cover' BEFORE 'deputy';
