//! Typed ids: a UUIDv7 that says what it is the id of, so that an elder's id never stands where a household's belongs.

/// Declares id newtypes over [`uuid::Uuid`] that pass through JSON, paths, OpenAPI and PostgreSQL as plain UUIDs.
macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow, utoipa::ToSchema,
        )]
        #[serde(transparent)]
        #[diesel(sql_type = diesel::sql_types::Uuid)]
        #[schema(value_type = uuid::Uuid)]
        pub struct $name(pub uuid::Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl diesel::serialize::ToSql<diesel::sql_types::Uuid, diesel::pg::Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>) -> diesel::serialize::Result {
                <uuid::Uuid as diesel::serialize::ToSql<diesel::sql_types::Uuid, diesel::pg::Pg>>::to_sql(&self.0, out)
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Uuid, diesel::pg::Pg> for $name {
            fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                <uuid::Uuid as diesel::deserialize::FromSql<diesel::sql_types::Uuid, diesel::pg::Pg>>::from_sql(bytes).map(Self)
            }
        }
    )+};
}

typed_ids! {
    /// A user's account.
    UserId,
    /// A log-in and its refresh tokens.
    SessionId,
    /// A residential compound.
    CommunityId,
    /// Who serves which community from when to when.
    AssignmentId,
    /// A dwelling.
    HouseholdId,
    /// A person in care of the service.
    ElderId,
    /// Two files made one.
    MergeId,
    /// An item of the menu.
    ItemId,
    /// An organisation of the resource library.
    OrganisationId,
    /// A person whom an organisation sends.
    WorkerId,
    /// A licence or certificate.
    QualificationId,
    /// A photo or signature.
    AttachmentId,
    /// A visit owed.
    ObligationId,
    /// A visit, or one version of it.
    VisitId,
    /// What an elder asked for.
    NeedId,
    /// A service order.
    OrderId,
    /// An order put before one provider.
    OfferId,
    /// A survey.
    FollowupId,
    /// A provider's objection to a survey.
    DisputeId,
    /// A case against a provider whose rework failed.
    QualityCaseId,
    /// What was found unsafe.
    HazardId,
    /// A door that stayed shut.
    NoAnswerCaseId,
    /// What must be answered at once.
    EmergencyId,
    /// What somebody has to be told.
    AlertId,
    /// A gateway that is told of alerts.
    WebhookId,
}
