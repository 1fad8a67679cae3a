-- In a migration of its own: a new value of an enum cannot be used in the transaction that adds it.

ALTER TYPE excuse ADD VALUE 'campaign_stopped';
