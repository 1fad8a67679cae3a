DROP TABLE resource_agreement_items;
DROP TABLE resource_agreements;
DROP TYPE resource_agreement_kind;
