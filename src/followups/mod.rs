//! The survey after a service: content, attitude, quality, efficiency, each satisfied, basically satisfied or dissatisfied.
//!
//! Asked by a steward who did not deliver the service. Satisfied or basically satisfied on all four closes the order and every
//! earlier round of its chain; dissatisfied on any one makes the linked order that does it again. An elder who was not reached
//! is asked another time and is never counted as satisfied.

pub mod model;
pub mod queries;
pub mod routes;

use crate::error::Code;

/// The order waits for no survey.
pub const NOTHING_TO_SURVEY: Code = Code::new(
    409,
    "nothing_to_survey",
    "The order is not completed, or its elder was asked already",
);
/// Who did the service never surveys it.
pub const SURVEYED_BY_ITS_DOER: Code = Code::new(
    403,
    "surveyed_by_its_doer",
    "Somebody else must ask: you delivered this service yourself",
);
/// The id stands for another survey.
pub const SURVEY_ALREADY_RECORDED: Code = Code::new(
    409,
    "survey_already_recorded",
    "Another survey was recorded under this id",
);

/// The domain's error codes.
pub const CODES: &[Code] = &[NOTHING_TO_SURVEY, SURVEYED_BY_ITS_DOER, SURVEY_ALREADY_RECORDED];
