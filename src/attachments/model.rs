//! Photos as they are stored and sent.

use crate::ids::{AttachmentId, UserId};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, deserialize, pg::Pg, sql_types as ty};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a photo shows of its case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::AttachmentRole")]
pub enum AttachmentRole {
    /// What was seen.
    Photo,
    /// Before the service.
    Before,
    /// After it.
    After,
    /// Who signed.
    Signature,
    /// A paper.
    Document,
}

/// What a photo is evidence of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, diesel_derive_enum::DbEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::AttachmentCase")]
pub enum AttachmentCase {
    /// A visit, or one version of it.
    Visit,
    /// A need, its order and every rework of it.
    ServiceCase,
    /// A hazard.
    Hazard,
    /// An emergency.
    Emergency,
    /// A care bed: its installation, agreement and inspections.
    CareBed,
    /// A publicity event, or one version of it.
    PublicityEvent,
    /// A provider's dispute of a survey.
    Dispute,
}

/// A photo in the store.
#[derive(Debug, Clone, QueryableByName, Serialize, ToSchema)]
pub struct Attachment {
    /// Its id.
    #[diesel(sql_type = ty::Uuid)]
    pub id: AttachmentId,
    /// SHA-256 of the stored bytes, in hexadecimal.
    #[diesel(sql_type = ty::Binary)]
    #[schema(value_type = String, example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub sha256: ContentHash,
    /// By content.
    #[diesel(sql_type = ty::Text)]
    #[schema(example = "image/jpeg")]
    pub media_type: String,
    /// Stored bytes.
    #[diesel(sql_type = ty::Integer)]
    #[schema(example = 184_320)]
    pub size_bytes: i32,
    /// Pixels across.
    #[diesel(sql_type = ty::Integer)]
    #[schema(example = 1600)]
    pub width: i32,
    /// Pixels down.
    #[diesel(sql_type = ty::Integer)]
    #[schema(example = 1200)]
    pub height: i32,
    /// Who uploaded it.
    #[diesel(sql_type = ty::Uuid)]
    pub uploaded_by: UserId,
    /// When.
    #[diesel(sql_type = ty::Timestamptz)]
    pub uploaded_at: DateTime<Utc>,
}

/// SHA-256 of stored bytes: the key in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, diesel::deserialize::FromSqlRow)]
pub struct ContentHash(pub [u8; 32]);

impl std::fmt::Display for ContentHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl Serialize for ContentHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl deserialize::FromSql<ty::Binary, Pg> for ContentHash {
    fn from_sql(bytes: diesel::pg::PgValue<'_>) -> deserialize::Result<Self> {
        let bytes: Vec<u8> = deserialize::FromSql::<ty::Binary, Pg>::from_sql(bytes)?;
        Ok(Self(bytes.as_slice().try_into()?))
    }
}

/// A photo and what it shows of its case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinkedPhoto {
    /// The photo.
    pub attachment_id: AttachmentId,
    /// What it shows.
    pub role: AttachmentRole,
}

/// Linked photos as a statement gives them: `jsonb_agg(jsonb_build_object('attachment_id', …, 'role', …))`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, diesel::deserialize::FromSqlRow)]
#[serde(transparent)]
pub struct LinkedPhotos(pub Vec<LinkedPhoto>);

impl deserialize::FromSql<ty::Jsonb, Pg> for LinkedPhotos {
    fn from_sql(bytes: diesel::pg::PgValue<'_>) -> deserialize::Result<Self> {
        let value: serde_json::Value = deserialize::FromSql::<ty::Jsonb, Pg>::from_sql(bytes)?;
        Ok(Self(serde_json::from_value(value)?))
    }
}
