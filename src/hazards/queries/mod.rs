//! Statements on hazards: [`mod@read`] what there is, [`places`] counted by building and compound, `write` one change of one
//! hazard, [`follow`] what is done about it, [`corrected`] what a corrected visit says anew, [`late`] what ran out of time.

/// Until when a hazard of the severity, found at the instant, must be reported; SQL's side of `HazardSeverity::report_due`.
macro_rules! report_due {
    ($severity:literal, $found_at:literal) => {
        concat!(
            "CASE ",
            $severity,
            " WHEN 'major' THEN ",
            $found_at,
            " + interval '1 hour' END"
        )
    };
}
pub(crate) use report_due;

pub mod corrected;
pub mod follow;
pub mod late;
pub mod places;
pub mod read;
mod write;
