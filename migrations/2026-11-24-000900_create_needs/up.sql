-- What an elder asked for.

CREATE TYPE need_status AS ENUM ('open', 'solved', 'ordered', 'withdrawn');
CREATE TYPE need_channel AS ENUM ('visit', 'call');

CREATE TABLE needs (
    id uuid PRIMARY KEY,
    elder_id uuid NOT NULL,
    household_id uuid NOT NULL,
    community_id uuid NOT NULL,
    item_id uuid NOT NULL,
    channel need_channel NOT NULL,
    event_id uuid NOT NULL,
    description text NOT NULL,
    status need_status NOT NULL,
    resolution text,
    collected_by uuid NOT NULL,
    collected_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    closed_at timestamptz,
    version integer NOT NULL
);
COMMENT ON TABLE needs IS 'Collected needs: solved on the spot, ordered from a provider, or withdrawn';
COMMENT ON COLUMN needs.event_id IS 'The visit or call at which it was collected: household-times are counted by it';
COMMENT ON COLUMN needs.resolution IS 'How it was solved, or why it was withdrawn';
ALTER TABLE needs ADD CONSTRAINT needs_bounded CHECK (char_length(description) <= 1000 AND char_length(resolution) <= 1000);
ALTER TABLE needs ADD CONSTRAINT needs_closed_has_its_reason CHECK ((status IN ('solved', 'withdrawn')) = (resolution IS NOT NULL) AND (status = 'open') = (closed_at IS NULL));
ALTER TABLE needs ADD CONSTRAINT needs_elder_id_fkey FOREIGN KEY (elder_id) REFERENCES elders (id);
ALTER TABLE needs ADD CONSTRAINT needs_household_id_fkey FOREIGN KEY (household_id) REFERENCES households (id);
ALTER TABLE needs ADD CONSTRAINT needs_community_id_fkey FOREIGN KEY (community_id) REFERENCES communities (id);
ALTER TABLE needs ADD CONSTRAINT needs_item_id_fkey FOREIGN KEY (item_id) REFERENCES menu_items (id);
ALTER TABLE needs ADD CONSTRAINT needs_collected_by_fkey FOREIGN KEY (collected_by) REFERENCES users (id);
CREATE INDEX needs_by_community ON needs (community_id, collected_at);
CREATE INDEX needs_by_elder ON needs (elder_id, collected_at);
CREATE INDEX needs_by_household ON needs (household_id);
CREATE INDEX needs_by_item ON needs (item_id);
CREATE INDEX needs_by_collector ON needs (collected_by, id);
CREATE INDEX needs_by_event ON needs (event_id);
