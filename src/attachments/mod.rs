//! Photos: the bytes lie in a store under their hash, each content once; what is known of them is a row.
//!
//! A photo is uploaded first and linked afterwards, by the visit, hazard or order that it is evidence of. What it is follows from
//! its content alone: JPEG, PNG or WebP. Where and by whom it was taken is cut out before it is stored (see [`clean`]). A photo is
//! seen by who uploaded it, by those in whose area it is linked, and by the organisation whose open order or care bed it belongs to.

pub mod clean;
pub mod model;
pub mod queries;
pub mod routes;
pub mod store;

use crate::error::Code;

/// No such photo, or none that the actor may know of.
pub const ATTACHMENT_NOT_FOUND: Code = Code::new(
    404,
    "attachment_not_found",
    "There is no such photo, or none that you may see",
);
/// What was sent is no image, or a broken one.
pub const NOT_AN_IMAGE: Code = Code::new(422, "not_an_image", "This is not a whole JPEG, PNG or WebP image");
/// The id stands for another photo.
pub const ATTACHMENT_ID_TAKEN: Code = Code::new(
    409,
    "attachment_id_taken",
    "Another photo was uploaded under this id",
);

/// The domain's error codes.
pub const CODES: &[Code] = &[ATTACHMENT_NOT_FOUND, NOT_AN_IMAGE, ATTACHMENT_ID_TAKEN];
