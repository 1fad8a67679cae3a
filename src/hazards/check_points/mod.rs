//! What is checked at home: lists of check points, versioned.
//!
//! A list is in force from its first day until the next one's. It is published whole and never changed, and its codes are stable: a
//! code of an earlier list keeps its kind. What was recorded under a list names its number (a visit's `form_version`) and is accepted
//! for ever, whatever the code: a phone with an old form is never refused. The list that the service starts with is
//! `data/check-points/2023-10-01.json`.

pub mod model;
pub mod queries;
pub mod routes;
