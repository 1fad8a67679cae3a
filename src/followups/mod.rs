//! The survey after a service: content, attitude, quality, efficiency, each satisfied, basically satisfied or dissatisfied.
//!
//! Asked by a steward who did not deliver the service. Satisfied or basically satisfied on all four closes the order and every
//! earlier round of its chain; dissatisfied on any one makes the linked order that does it again. An elder who was not reached
//! is asked another time ([`model::due::next_try`]): on another day, at another part of it, in the end at home; they are never counted
//! as satisfied.
//!
//! Of the surveys that reach somebody, some are **drawn** at random with the survey itself, and somebody else asks again: not who
//! asked first, who is not told, and not who did the service. What is said then changes neither the first answer nor the order; how
//! often it differs is shown, but not of so few elders that it would tell of single ones.
//!
//! A provider may **dispute** a survey that found its work wanting, with evidence and within a term; an officer decides. That is about
//! the provider's record, not about the elder: the answer stands, and the work is done again meanwhile.

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

/// No survey to be asked again, or none that the actor may know of.
pub const SECOND_ASK_NOT_FOUND: Code = Code::new(
    404,
    "second_ask_not_found",
    "There is no such survey for you to ask again",
);
/// Somebody has asked again.
pub const SECOND_ASK_ANSWERED: Code = Code::new(
    409,
    "second_ask_answered",
    "Somebody else has asked the elder again",
);

/// The elder found nothing wanting.
pub const NOTHING_TO_DISPUTE: Code =
    Code::new(409, "nothing_to_dispute", "No survey found this service wanting");
/// The survey has its dispute, or the id stands for another.
pub const DISPUTED_ALREADY: Code = Code::new(409, "disputed_already", "This survey was disputed already");
/// The term is over.
pub const DISPUTE_TOO_LATE: Code = Code::new(
    409,
    "dispute_too_late",
    "The time in which this survey may be disputed is over",
);
/// No such dispute, or none that the actor may know of.
pub const DISPUTE_NOT_FOUND: Code =
    Code::new(404, "dispute_not_found", "There is no such dispute in your area");
/// It has its decision.
pub const DISPUTE_DECIDED: Code = Code::new(409, "dispute_decided", "The dispute is decided already");

/// The domain's error codes.
pub const CODES: &[Code] = &[
    NOTHING_TO_SURVEY,
    SURVEYED_BY_ITS_DOER,
    SURVEY_ALREADY_RECORDED,
    SECOND_ASK_NOT_FOUND,
    SECOND_ASK_ANSWERED,
    NOTHING_TO_DISPUTE,
    DISPUTED_ALREADY,
    DISPUTE_TOO_LATE,
    DISPUTE_NOT_FOUND,
    DISPUTE_DECIDED,
];
