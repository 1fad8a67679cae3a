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
    /// A steward's leave.
    LeaveId,
    /// A volunteer or grid worker of a community's team.
    MemberId,
    /// A dwelling.
    HouseholdId,
    /// A person in care of the service.
    ElderId,
    /// A person's decision on a tier.
    TierOverrideId,
    /// Two files made one.
    MergeId,
    /// An item of the menu.
    ItemId,
    /// A policy of the library.
    PolicyId,
    /// An application for what a policy gives.
    PolicyApplicationId,
    /// A policy that an elder is not to be reminded of for a while.
    PolicySnoozeId,
    /// An organisation of the resource library.
    OrganisationId,
    /// A person whom an organisation sends.
    WorkerId,
    /// A licence or certificate.
    QualificationId,
    /// An agreement between two organisations.
    AgreementId,
    /// A change of its entry that an organisation asked for.
    ResourceChangeId,
    /// A photo or signature.
    AttachmentId,
    /// A visit owed.
    ObligationId,
    /// What happened to an elder.
    ElderEventId,
    /// Extra visits to a group.
    CampaignId,
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
    /// A publicity event, or one version of it.
    PublicityEventId,
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
    /// Who is on duty from when to when.
    DutyShiftId,
    /// What somebody has to be told.
    AlertId,
    /// A gateway that is told of alerts.
    WebhookId,
    /// How much of daily life an elder manages.
    AssessmentId,
    /// A family care bed, or another installation.
    CareBedId,
    /// A look at a bed.
    InspectionId,
    /// What a look at a bed found wrong.
    FindingId,
    /// What elder and provider signed.
    BedAgreementId,
}
