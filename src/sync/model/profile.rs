//! Edits of an elder's own fields, and what of them awaits a decision.

use crate::{
    elders::{model::ElderPatch, phone::Phone},
    error::{INVALID, Problem},
    ids::{CommunityId, ElderId, UserId},
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

/// Declares a native enum with its database and JSON names.
macro_rules! native {
    ($(#[$doc:meta])* $name:ident, $path:literal { $($(#[$variant_doc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(diesel_derive_enum::DbEnum, Serialize, Deserialize, ToSchema, Clone, Copy, Debug, PartialEq, Eq)]
        #[serde(rename_all = "snake_case")]
        #[db_enum(existing_type_path = $path)]
        pub enum $name {
            $($(#[$variant_doc])* $variant),+
        }
    };
}

native!(
    /// A field of an elder's file that a phone may edit.
    ProfileField, "crate::schema::sql_types::ProfileField" {
        /// The name.
        Name,
        /// Sex.
        Sex,
        /// Birth date.
        BirthDate,
        /// Phone.
        Phone,
        /// Health note.
        HealthNote,
        /// Remarks.
        Remarks,
    }
);
native!(
    /// Which of two values a file shows until somebody decides.
    ConflictShown, "crate::schema::sql_types::ProfileConflictShown" {
        /// What the file said.
        Present,
        /// What the phone says.
        Edit,
        /// Both, one after the other.
        Both,
    }
);
native!(
    /// What was decided.
    ProfileDecision, "crate::schema::sql_types::ProfileDecision" {
        /// What the file said stays.
        BaseKept,
        /// What the phone says.
        EditTaken,
    }
);

impl ProfileField {
    /// As it stands in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Sex => "sex",
            Self::BirthDate => "birth_date",
            Self::Phone => "phone",
            Self::HealthNote => "health_note",
            Self::Remarks => "remarks",
        }
    }

    /// The value in its one written form; nothing where it says nothing.
    pub fn normal(self, value: Option<&str>) -> Option<String> {
        let value = value.filter(|text| !text.is_empty())?;
        match self {
            Self::Phone => {
                Some(Phone::parse(value).map_or_else(|_| value.to_owned(), |p| p.as_str().to_owned()))
            }
            _ => Some(value.to_owned()),
        }
    }
}

/// The longest note.
const NOTE: usize = 500;
/// Between two notes.
const BETWEEN: &str = " / ";

/// Two values of a field, put one after the other.
pub fn both(present: &str, edit: &str) -> String {
    format!("{present}{BETWEEN}{edit}")
}

/// Which of two values is the more cautious: for what bears on safety, the one that brings more care; for everything else what the
/// file says.
pub fn more_cautious(field: ProfileField, present: &str, edit: &str) -> ConflictShown {
    match field {
        // ISO dates are in the order of their text: born earlier is older.
        ProfileField::BirthDate if edit < present => ConflictShown::Edit,
        ProfileField::HealthNote if !edit.is_empty() && both(present, edit).chars().count() <= NOTE => {
            ConflictShown::Both
        }
        _ => ConflictShown::Present,
    }
}

/// A field that is to be changed.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileChange {
    /// Which.
    #[garde(skip)]
    pub field: ProfileField,
    /// What the phone showed; null where there was nothing.
    #[garde(inner(length(chars, max = 500)))]
    #[schema(example = "19900001234")]
    pub base: Option<String>,
    /// What it should be.
    #[garde(length(chars, max = 500))]
    #[schema(example = "19900005678")]
    pub value: String,
}

/// An edit of a file that was made on a phone.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProfileEdit {
    /// Made by the phone; the same id is the same edit.
    #[garde(skip)]
    pub id: Uuid,
    /// Whose file.
    #[garde(skip)]
    pub elder_id: ElderId,
    /// The version of the file that the phone showed.
    #[garde(range(min = 1))]
    pub base_version: i32,
    /// Which fields.
    #[garde(length(min = 1, max = 6), dive)]
    pub changes: Vec<ProfileChange>,
}

impl NewProfileEdit {
    /// The rules of each field, and that none is named twice.
    ///
    /// # Errors
    /// 422 with the fields at fault.
    pub fn check(&self) -> Result<(), Problem> {
        let mut values = Map::new();
        for (n, change) in self.changes.iter().enumerate() {
            let value = Value::from(change.value.as_str());
            if values.insert(change.field.as_str().to_owned(), value).is_some() {
                return Err(Problem::field(format!("changes[{n}].field"), "is named twice"));
            }
            if change.field == ProfileField::Phone {
                Phone::parse(&change.value)
                    .map_err(|e| Problem::field(format!("changes[{n}].value"), e.to_string()))?;
            }
        }
        patch(values)?.validate().map_err(|report| {
            report.iter().fold(INVALID.problem(), |problem, (path, error)| {
                problem.and_field(path.to_string(), error.to_string())
            })
        })
    }
}

/// What is to be changed, as the ordinary operation takes it.
///
/// # Errors
/// 422 for a value that is none of its field.
pub fn patch(values: Map<String, Value>) -> Result<ElderPatch, Problem> {
    serde_json::from_value(Value::Object(values)).map_err(|e| INVALID.with(e.to_string()))
}

/// A field that was changed in two places.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct ConflictMade {
    /// The conflict.
    #[diesel(sql_type = ty::Uuid)]
    pub id: Uuid,
    /// Which field.
    #[diesel(sql_type = crate::schema::sql_types::ProfileField)]
    pub field: ProfileField,
}

/// What became of an edit.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProfileEdit {
    /// The edit.
    pub id: Uuid,
    /// The file that was changed; the one that is kept where two were merged since.
    pub elder_id: ElderId,
    /// Its version after the edit.
    pub version: i32,
    /// Fields that say now what the phone says.
    pub applied: Vec<ProfileField>,
    /// Fields that wait for a decision.
    pub conflicts: Vec<ConflictMade>,
}

/// Two values of a field, and what was decided.
#[derive(Debug, QueryableByName, Serialize, ToSchema)]
pub struct ProfileConflict {
    /// The conflict.
    #[diesel(sql_type = ty::Uuid)]
    pub id: Uuid,
    /// The edit it came from.
    #[diesel(sql_type = ty::Uuid)]
    pub edit_id: Uuid,
    /// Whose file.
    #[diesel(sql_type = ty::Uuid)]
    pub elder_id: ElderId,
    /// The name in it.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "王福山")]
    pub elder_name: String,
    /// In which compound.
    #[diesel(sql_type = ty::Uuid)]
    pub community_id: CommunityId,
    /// Which field.
    #[diesel(sql_type = crate::schema::sql_types::ProfileField)]
    pub field: ProfileField,
    /// What the phone showed when it was edited.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub base: Option<String>,
    /// What the file said when the edit came in.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "19900001234")]
    pub present: String,
    /// What the phone says.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "19900005678")]
    pub edit: String,
    /// Which of the two the file shows meanwhile.
    #[diesel(sql_type = crate::schema::sql_types::ProfileConflictShown)]
    pub shown: ConflictShown,
    /// Who edited.
    #[diesel(sql_type = ty::Uuid)]
    pub made_by: UserId,
    /// When it came in.
    #[diesel(sql_type = ty::Timestamptz)]
    pub made_at: DateTime<Utc>,
    /// What was decided.
    #[diesel(sql_type = ty::Nullable<crate::schema::sql_types::ProfileDecision>)]
    pub decision: Option<ProfileDecision>,
    /// Why.
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    pub reason: Option<String>,
    /// By whom.
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    pub decided_by: Option<UserId>,
    /// When.
    #[diesel(sql_type = ty::Nullable<ty::Timestamptz>)]
    pub decided_at: Option<DateTime<Utc>>,
}

/// A decision on a conflict.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProfileDecision {
    /// Which value.
    #[garde(skip)]
    pub value: ProfileDecision,
    /// Why.
    #[garde(length(chars, min = 2, max = 500))]
    #[schema(example = "已电话核实")]
    pub reason: String,
}

/// A conflict that was decided.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProfileDecided {
    /// The conflict.
    pub id: Uuid,
    /// Whose file.
    pub elder_id: ElderId,
    /// Which field.
    pub field: ProfileField,
    /// What was decided.
    pub decision: ProfileDecision,
    /// The file's version now.
    pub elder_version: i32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_brings_more_care_is_shown_meanwhile() {
        use ConflictShown::{Both, Edit, Present};
        use ProfileField::{BirthDate, HealthNote, Name, Phone, Remarks, Sex};
        let long = "长".repeat(499);
        for (field, present, edit, shown) in [
            (BirthDate, "1945-01-01", "1943-01-01", Edit),
            (BirthDate, "1943-01-01", "1945-01-01", Present),
            (HealthNote, "青霉素过敏", "心脏支架", Both),
            (HealthNote, "青霉素过敏", "", Present),
            (HealthNote, "青霉素过敏", long.as_str(), Present),
            (Phone, "19900001234", "19900005678", Present),
            (Name, "王福山", "王富山", Present),
            (Sex, "male", "female", Present),
            (Remarks, "甲", "乙", Present),
        ] {
            assert_eq!(
                more_cautious(field, present, edit),
                shown,
                "{field:?} {present} {edit}"
            );
        }
    }

    #[test]
    fn each_field_is_named_once_and_says_what_it_may() {
        let edit = |changes: &[(ProfileField, &str)]| NewProfileEdit {
            id: Uuid::nil(),
            elder_id: ElderId(Uuid::nil()),
            base_version: 1,
            changes: changes
                .iter()
                .map(|(field, value)| ProfileChange {
                    field: *field,
                    base: None,
                    value: (*value).to_owned(),
                })
                .collect(),
        };
        use ProfileField::{BirthDate, Name, Phone, Sex};
        assert!(
            edit(&[
                (Name, "王"),
                (Sex, "male"),
                (BirthDate, "1945-01-01"),
                (Phone, "19900001234")
            ])
            .check()
            .is_ok()
        );
        for wrong in [
            vec![(Name, "王"), (Name, "李")],
            vec![(Name, "")],
            vec![(Sex, "other")],
            vec![(BirthDate, "1945")],
            vec![(Phone, "123")],
        ] {
            assert_eq!(edit(&wrong).check().unwrap_err().code, INVALID, "{wrong:?}");
        }
    }
}
