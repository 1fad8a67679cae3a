DROP TABLE attachment_links;
DROP TABLE attachments;
DROP TYPE attachment_case;
DROP TYPE attachment_role;
