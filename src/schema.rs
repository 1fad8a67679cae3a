// @generated automatically by Diesel CLI.

pub mod sql_types {
    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "alert_urgency"))]
    pub struct AlertUrgency;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "ambulance_caller"))]
    pub struct AmbulanceCaller;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "assessment_reason"))]
    pub struct AssessmentReason;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "attachment_case"))]
    pub struct AttachmentCase;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "attachment_role"))]
    pub struct AttachmentRole;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "care_bed_finding_status"))]
    pub struct CareBedFindingStatus;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "care_bed_inspection_kind"))]
    pub struct CareBedInspectionKind;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "care_bed_kind"))]
    pub struct CareBedKind;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "care_bed_measure_kind"))]
    pub struct CareBedMeasureKind;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "care_bed_status"))]
    pub struct CareBedStatus;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "check_result"))]
    pub struct CheckResult;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "clock_kind"))]
    pub struct ClockKind;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "consent_form"))]
    pub struct ConsentForm;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "consent_purpose"))]
    pub struct ConsentPurpose;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "deliverer"))]
    pub struct Deliverer;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "diet"))]
    pub struct Diet;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "dispute_status"))]
    pub struct DisputeStatus;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "division_kind"))]
    pub struct DivisionKind;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "division_level"))]
    pub struct DivisionLevel;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "elder_event_kind"))]
    pub struct ElderEventKind;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "elder_status"))]
    pub struct ElderStatus;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "emergency_reason"))]
    pub struct EmergencyReason;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "emergency_rung"))]
    pub struct EmergencyRung;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "emergency_service"))]
    pub struct EmergencyService;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "emergency_status"))]
    pub struct EmergencyStatus;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "emergency_step"))]
    pub struct EmergencyStep;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "entitlement"))]
    pub struct Entitlement;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "excuse"))]
    pub struct Excuse;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "followup_channel"))]
    pub struct FollowupChannel;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "hazard_escalation"))]
    pub struct HazardEscalation;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "hazard_kind"))]
    pub struct HazardKind;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "hazard_party"))]
    pub struct HazardParty;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "hazard_severity"))]
    pub struct HazardSeverity;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "hazard_status"))]
    pub struct HazardStatus;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "id_document_kind"))]
    pub struct IdDocumentKind;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "legal_basis"))]
    pub struct LegalBasis;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "miss_reason"))]
    pub struct MissReason;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "mood"))]
    pub struct Mood;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "need_channel"))]
    pub struct NeedChannel;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "need_status"))]
    pub struct NeedStatus;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "no_answer_status"))]
    pub struct NoAnswerStatus;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "no_answer_step"))]
    pub struct NoAnswerStep;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "obligation_kind"))]
    pub struct ObligationKind;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "obligation_status"))]
    pub struct ObligationStatus;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "offer_status"))]
    pub struct OfferStatus;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "order_status"))]
    pub struct OrderStatus;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "physical_condition"))]
    pub struct PhysicalCondition;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "policy_ability"))]
    pub struct PolicyAbility;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "policy_application_status"))]
    pub struct PolicyApplicationStatus;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "profile_conflict_shown"))]
    pub struct ProfileConflictShown;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "profile_decision"))]
    pub struct ProfileDecision;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "profile_field"))]
    pub struct ProfileField;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "publicity_channel"))]
    pub struct PublicityChannel;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "quality_case_status"))]
    pub struct QualityCaseStatus;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "quality_outcome"))]
    pub struct QualityOutcome;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "resource_agreement_kind"))]
    pub struct ResourceAgreementKind;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "resource_change_status"))]
    pub struct ResourceChangeStatus;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "resource_kind"))]
    pub struct ResourceKind;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "resource_tier"))]
    pub struct ResourceTier;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "satisfaction"))]
    pub struct Satisfaction;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "service_class"))]
    pub struct ServiceClass;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "sex"))]
    pub struct Sex;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "steward_duty"))]
    pub struct StewardDuty;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "team_role"))]
    pub struct TeamRole;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "user_role"))]
    pub struct UserRole;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "visit_outcome"))]
    pub struct VisitOutcome;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "visit_position"))]
    pub struct VisitPosition;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "visit_purpose"))]
    pub struct VisitPurpose;

    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "visit_tier"))]
    pub struct VisitTier;
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::AssessmentReason;

    ability_assessments (id) {
        id -> Uuid,
        elder_id -> Uuid,
        scheme_code -> Text,
        scheme_version -> Int2,
        reason -> AssessmentReason,
        assessed_at -> Timestamptz,
        content_sealed -> Text,
        content_hash -> Bytea,
        level -> Int2,
        reassess_on -> Date,
        first_assessor_id -> Nullable<Uuid>,
        first_assessor_name -> Nullable<Text>,
        second_assessor_id -> Nullable<Uuid>,
        second_assessor_name -> Nullable<Text>,
        replaces_id -> Nullable<Uuid>,
        replacement_reason -> Nullable<Text>,
        current -> Bool,
        recorded_by -> Uuid,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    alert_recipients (user_id, alert_id) {
        alert_id -> Uuid,
        user_id -> Uuid,
        raised_at -> Timestamptz,
        position -> Nullable<Int8>,
        seen_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::AlertUrgency;

    alerts (id) {
        id -> Uuid,
        position -> Nullable<Int8>,
        topic -> Text,
        urgency -> AlertUrgency,
        subject_kind -> Text,
        subject_id -> Uuid,
        community_id -> Nullable<Uuid>,
        detail -> Jsonb,
        raised_at -> Timestamptz,
    }
}

diesel::table! {
    assessment_schemes (code, version) {
        code -> Text,
        version -> Int2,
        name_zh -> Text,
        name_en -> Text,
        valid_from -> Date,
        content -> Jsonb,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::AttachmentCase;
    use super::sql_types::AttachmentRole;

    attachment_links (case_id, attachment_id) {
        attachment_id -> Uuid,
        case_kind -> AttachmentCase,
        case_id -> Uuid,
        role -> AttachmentRole,
        linked_at -> Timestamptz,
    }
}

diesel::table! {
    attachments (id) {
        id -> Uuid,
        sha256 -> Bytea,
        media_type -> Text,
        size_bytes -> Int4,
        width -> Int4,
        height -> Int4,
        uploaded_by -> Uuid,
        uploaded_at -> Timestamptz,
    }
}

diesel::table! {
    audit_entries (seq) {
        seq -> Int8,
        id -> Uuid,
        occurred_at -> Timestamptz,
        actor_id -> Nullable<Uuid>,
        actor_role -> Nullable<Text>,
        action -> Text,
        subject_kind -> Text,
        subject_id -> Nullable<Uuid>,
        elder_id -> Nullable<Uuid>,
        community_id -> Nullable<Uuid>,
        request_id -> Nullable<Uuid>,
        detail -> Jsonb,
        prev_hash -> Bytea,
        hash -> Bytea,
    }
}

diesel::table! {
    audit_inbox (id) {
        id -> Uuid,
        entry -> Jsonb,
        occurred_at -> Timestamptz,
    }
}

diesel::table! {
    campaign_communities (campaign_id, community_id) {
        campaign_id -> Uuid,
        community_id -> Uuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::VisitTier;
    use super::sql_types::Entitlement;

    campaigns (id) {
        id -> Uuid,
        name -> Text,
        reason -> Text,
        division -> Text,
        categories -> Array<Nullable<Text>>,
        tiers -> Array<Nullable<VisitTier>>,
        age_from -> Nullable<Int2>,
        entitlement -> Nullable<Entitlement>,
        starts_at -> Timestamptz,
        ends_at -> Timestamptz,
        households -> Int4,
        started_by -> Uuid,
        started_at -> Timestamptz,
        stopped_by -> Nullable<Uuid>,
        stopped_at -> Nullable<Timestamptz>,
        stop_reason -> Nullable<Text>,
    }
}

diesel::table! {
    care_bed_agreements (id) {
        id -> Uuid,
        bed_id -> Uuid,
        starts_on -> Date,
        ends_on -> Date,
        signed_by -> Text,
        signed_on -> Date,
        attachment_id -> Uuid,
        recorded_by -> Uuid,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::CareBedStatus;

    care_bed_events (id) {
        id -> Uuid,
        bed_id -> Uuid,
        seq -> Int2,
        from_status -> Nullable<CareBedStatus>,
        to_status -> CareBedStatus,
        actor_id -> Nullable<Uuid>,
        device_at -> Timestamptz,
        received_at -> Timestamptz,
        reason -> Text,
        data -> Jsonb,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::CareBedFindingStatus;

    care_bed_findings (id) {
        id -> Uuid,
        bed_id -> Uuid,
        community_id -> Uuid,
        organisation_id -> Uuid,
        inspection_id -> Uuid,
        point -> Text,
        description -> Text,
        status -> CareBedFindingStatus,
        found_at -> Timestamptz,
        due_at -> Timestamptz,
        escalated_at -> Nullable<Timestamptz>,
        mended_by -> Nullable<Uuid>,
        mended_at -> Nullable<Timestamptz>,
        mended_note -> Nullable<Text>,
        cleared_inspection_id -> Nullable<Uuid>,
        cleared_at -> Nullable<Timestamptz>,
        version -> Int4,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::CareBedInspectionKind;
    use super::sql_types::Satisfaction;

    care_bed_inspections (id) {
        id -> Uuid,
        bed_id -> Uuid,
        household_id -> Uuid,
        community_id -> Uuid,
        kind -> CareBedInspectionKind,
        inspector_id -> Uuid,
        visit_id -> Nullable<Uuid>,
        inspected_at -> Timestamptz,
        received_at -> Timestamptz,
        points -> Jsonb,
        evaluation -> Nullable<Satisfaction>,
        words -> Text,
        content_hash -> Bytea,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::CareBedMeasureKind;

    care_bed_measures (code) {
        code -> Text,
        kind -> CareBedMeasureKind,
        name_zh -> Text,
        name_en -> Text,
        position -> Int2,
        withdrawn_on -> Nullable<Date>,
    }
}

diesel::table! {
    care_bed_plan_lines (bed_id, measure_code) {
        bed_id -> Uuid,
        measure_code -> Text,
        quantity -> Int2,
        cost_fen -> Int8,
    }
}

diesel::table! {
    care_bed_quotas (bed_id, from_month, item_id) {
        bed_id -> Uuid,
        from_month -> Date,
        item_id -> Uuid,
        times -> Int2,
        minutes -> Int4,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::CareBedKind;
    use super::sql_types::CareBedStatus;

    care_beds (id) {
        id -> Uuid,
        kind -> CareBedKind,
        elder_id -> Uuid,
        household_id -> Uuid,
        community_id -> Uuid,
        status -> CareBedStatus,
        applied_by -> Uuid,
        applied_at -> Timestamptz,
        assessment_id -> Nullable<Uuid>,
        organisation_id -> Nullable<Uuid>,
        cost_fen -> Nullable<Int8>,
        installed_by -> Nullable<Uuid>,
        installed_at -> Nullable<Timestamptz>,
        accepted_by -> Nullable<Uuid>,
        accepted_at -> Nullable<Timestamptz>,
        started_at -> Nullable<Timestamptz>,
        suspended_for -> Nullable<Text>,
        ended_for -> Nullable<Text>,
        ended_at -> Nullable<Timestamptz>,
        version -> Int4,
        wish_sealed -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::Entitlement;
    use super::sql_types::VisitTier;

    categories (code) {
        code -> Text,
        name_zh -> Text,
        name_en -> Text,
        entitlement -> Entitlement,
        tier -> VisitTier,
        derived -> Bool,
        position -> Int2,
    }
}

diesel::table! {
    check_lists (version) {
        version -> Int2,
        valid_from -> Date,
        points -> Jsonb,
        published_by -> Nullable<Uuid>,
        published_at -> Timestamptz,
    }
}

diesel::table! {
    communities (id) {
        id -> Uuid,
        code -> Text,
        division_code -> Text,
        name -> Text,
        address -> Text,
        latitude -> Nullable<Float8>,
        longitude -> Nullable<Float8>,
        active_from -> Date,
        active_to -> Nullable<Date>,
        version -> Int4,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::ConsentPurpose;
    use super::sql_types::LegalBasis;
    use super::sql_types::ConsentForm;

    consents (id) {
        id -> Uuid,
        elder_id -> Uuid,
        purpose -> ConsentPurpose,
        basis -> LegalBasis,
        form -> ConsentForm,
        notice_version -> Text,
        given_on -> Date,
        given_by -> Text,
        withdrawn_on -> Nullable<Date>,
        recorded_by -> Nullable<Uuid>,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    contacts (id) {
        id -> Uuid,
        elder_id -> Uuid,
        name -> Text,
        relation -> Text,
        phone_sealed -> Text,
        phone_masked -> Text,
        emergency -> Bool,
        position -> Int2,
    }
}

diesel::table! {
    division_editions (edition) {
        edition -> Int2,
        sha256 -> Bytea,
        row_count -> Int4,
        imported_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::DivisionKind;

    division_names (code, edition) {
        code -> Text,
        edition -> Int2,
        name -> Text,
        kind -> DivisionKind,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::DivisionLevel;
    use super::sql_types::DivisionKind;

    divisions (code) {
        code -> Text,
        name -> Text,
        level -> DivisionLevel,
        kind -> DivisionKind,
        since_edition -> Int2,
        revoked_edition -> Nullable<Int2>,
    }
}

diesel::table! {
    duty_shifts (id) {
        id -> Uuid,
        division -> Text,
        user_id -> Uuid,
        starts_at -> Timestamptz,
        ends_at -> Timestamptz,
        desk -> Text,
        phone_sealed -> Text,
        planned_by -> Uuid,
        planned_at -> Timestamptz,
        ended_by -> Nullable<Uuid>,
        end_reason -> Nullable<Text>,
        version -> Int4,
    }
}

diesel::table! {
    elder_categories (id) {
        id -> Uuid,
        elder_id -> Uuid,
        category_code -> Text,
        starts_on -> Date,
        ends_on -> Nullable<Date>,
        evidence -> Text,
        recorded_by -> Nullable<Uuid>,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::ElderEventKind;

    elder_events (id) {
        id -> Uuid,
        elder_id -> Uuid,
        household_id -> Uuid,
        community_id -> Uuid,
        obligation_id -> Uuid,
        kind -> ElderEventKind,
        note_sealed -> Nullable<Text>,
        occurred_at -> Timestamptz,
        received_at -> Timestamptz,
        recorded_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    elder_imports (id) {
        id -> Uuid,
        file_sha256 -> Bytea,
        imported_by -> Nullable<Uuid>,
        dry_run -> Bool,
        row_count -> Int4,
        created_count -> Int4,
        updated_count -> Int4,
        unchanged_count -> Int4,
        rejected_count -> Int4,
        imported_at -> Timestamptz,
    }
}

diesel::table! {
    elder_merges (id) {
        id -> Uuid,
        kept_id -> Uuid,
        merged_id -> Uuid,
        moved -> Jsonb,
        reason -> Text,
        merged_by -> Uuid,
        merged_at -> Timestamptz,
        undone_by -> Nullable<Uuid>,
        undone_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::ElderStatus;

    elder_statuses (id) {
        id -> Uuid,
        elder_id -> Uuid,
        status -> ElderStatus,
        starts_on -> Date,
        ends_on -> Nullable<Date>,
        reason -> Text,
        recorded_by -> Nullable<Uuid>,
        recorded_at -> Timestamptz,
        until -> Nullable<Date>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::Sex;
    use super::sql_types::IdDocumentKind;
    use super::sql_types::ElderStatus;
    use super::sql_types::Entitlement;
    use super::sql_types::VisitTier;

    elders (id) {
        id -> Uuid,
        household_id -> Uuid,
        community_id -> Uuid,
        name -> Text,
        sex -> Sex,
        birth_date -> Date,
        id_kind -> IdDocumentKind,
        id_sealed -> Text,
        id_hash -> Bytea,
        id_masked -> Text,
        phone_sealed -> Nullable<Text>,
        phone_hash -> Nullable<Bytea>,
        phone_masked -> Nullable<Text>,
        health_note_sealed -> Nullable<Text>,
        status -> ElderStatus,
        status_since -> Date,
        status_until -> Nullable<Date>,
        entitlement -> Entitlement,
        tier -> VisitTier,
        tier_reasons -> Array<Nullable<Text>>,
        merged_into_id -> Nullable<Uuid>,
        remarks -> Text,
        version -> Int4,
        enrolled_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::EmergencyStatus;
    use super::sql_types::EmergencyRung;

    emergencies (id) {
        id -> Uuid,
        household_id -> Uuid,
        community_id -> Uuid,
        no_answer_case_id -> Nullable<Uuid>,
        status -> EmergencyStatus,
        raised_at -> Timestamptz,
        acknowledged_by -> Nullable<Uuid>,
        acknowledged_at -> Nullable<Timestamptz>,
        closing_visit_id -> Nullable<Uuid>,
        closed_by -> Nullable<Uuid>,
        closed_at -> Nullable<Timestamptz>,
        version -> Int4,
        raised_by -> Nullable<Uuid>,
        note_sealed -> Nullable<Text>,
        repeat_of -> Nullable<Uuid>,
        call -> Int2,
        rung -> EmergencyRung,
        life_at_risk -> Bool,
        answer_due_at -> Timestamptz,
        acknowledge_due_at -> Timestamptz,
        under_way_due_at -> Timestamptz,
        arrive_due_at -> Timestamptz,
        under_way_at -> Nullable<Timestamptz>,
        arrived_at -> Nullable<Timestamptz>,
        ambulance_called_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::EmergencyReason;
    use super::sql_types::EmergencyRung;

    emergency_alerts (emergency_id, seq) {
        emergency_id -> Uuid,
        seq -> Int2,
        reason -> EmergencyReason,
        rung -> EmergencyRung,
        user_ids -> Array<Nullable<Uuid>>,
        alerted_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::EmergencyService;

    emergency_services (order_id) {
        order_id -> Uuid,
        emergency_id -> Uuid,
        kind -> EmergencyService,
        requested_by -> Uuid,
        requested_at -> Timestamptz,
        stall_told -> Nullable<Int4>,
        stall_round -> Nullable<Int2>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::EmergencyStep;
    use super::sql_types::AmbulanceCaller;

    emergency_steps (id) {
        id -> Uuid,
        emergency_id -> Uuid,
        step -> EmergencyStep,
        done_by -> Uuid,
        done_at -> Timestamptz,
        received_at -> Timestamptz,
        device_offset_ms -> Int8,
        from_outside -> Bool,
        caller -> Nullable<AmbulanceCaller>,
        vehicle -> Nullable<Text>,
        hospital -> Nullable<Text>,
        said_sealed -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::FollowupChannel;
    use super::sql_types::Satisfaction;

    followups (id) {
        id -> Uuid,
        order_id -> Uuid,
        original_id -> Uuid,
        round -> Int2,
        community_id -> Uuid,
        surveyor_id -> Uuid,
        channel -> FollowupChannel,
        reached -> Bool,
        content -> Nullable<Satisfaction>,
        attitude -> Nullable<Satisfaction>,
        quality -> Nullable<Satisfaction>,
        efficiency -> Nullable<Satisfaction>,
        words -> Text,
        surveyed_at -> Timestamptz,
        received_at -> Timestamptz,
    }
}

diesel::table! {
    frozen_reports (id) {
        id -> Uuid,
        month -> Text,
        division_prefix -> Text,
        version -> Int2,
        body -> Jsonb,
        sha256 -> Bytea,
        signature -> Text,
        frozen_by -> Uuid,
        frozen_at -> Timestamptz,
        lists -> Jsonb,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::HazardStatus;

    hazard_events (hazard_id, seq) {
        hazard_id -> Uuid,
        seq -> Int4,
        record_id -> Nullable<Uuid>,
        from_status -> Nullable<HazardStatus>,
        to_status -> HazardStatus,
        actor_id -> Nullable<Uuid>,
        happened_at -> Timestamptz,
        received_at -> Timestamptz,
        reason -> Text,
        data -> Jsonb,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::HazardKind;
    use super::sql_types::HazardSeverity;
    use super::sql_types::HazardStatus;
    use super::sql_types::HazardParty;
    use super::sql_types::HazardEscalation;

    hazards (id) {
        id -> Uuid,
        household_id -> Uuid,
        community_id -> Uuid,
        kind -> HazardKind,
        severity -> HazardSeverity,
        check_point -> Text,
        description -> Text,
        measure -> Text,
        status -> HazardStatus,
        found_visit_id -> Uuid,
        found_by -> Uuid,
        found_at -> Timestamptz,
        due_at -> Nullable<Timestamptz>,
        escalated_at -> Nullable<Timestamptz>,
        previous_id -> Nullable<Uuid>,
        cleared_visit_id -> Nullable<Uuid>,
        cleared_at -> Nullable<Timestamptz>,
        version -> Int4,
        withdrawn_visit_id -> Nullable<Uuid>,
        report_due_at -> Nullable<Timestamptz>,
        reported_at -> Nullable<Timestamptz>,
        report_raised_at -> Nullable<Timestamptz>,
        responsible -> Nullable<HazardParty>,
        noticed_at -> Nullable<Timestamptz>,
        extended_at -> Nullable<Timestamptz>,
        escalation -> Nullable<HazardEscalation>,
        repair_order_id -> Nullable<Uuid>,
        rechecked_visit_id -> Nullable<Uuid>,
        rechecked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    households (id) {
        id -> Uuid,
        community_id -> Uuid,
        building -> Text,
        unit -> Text,
        floor -> Nullable<Int2>,
        room -> Text,
        latitude -> Nullable<Float8>,
        longitude -> Nullable<Float8>,
        version -> Int4,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    idempotency_keys (actor_id, key) {
        actor_id -> Uuid,
        key -> Uuid,
        request_hash -> Bytea,
        status -> Nullable<Int2>,
        body -> Nullable<Jsonb>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    item_prices (id) {
        id -> Uuid,
        item_id -> Uuid,
        valid_from -> Date,
        market_fen -> Int8,
        below_market_fen -> Int8,
        subsidy_fen -> Int8,
        self_pay_fen -> Int8,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    jobs (id) {
        id -> Uuid,
        kind -> Text,
        dedup_key -> Nullable<Text>,
        payload -> Jsonb,
        run_at -> Timestamptz,
        attempts -> Int2,
        max_attempts -> Int2,
        claimed_until -> Nullable<Timestamptz>,
        last_error -> Nullable<Text>,
        dead_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::ServiceClass;
    use super::sql_types::Deliverer;

    menu_items (id) {
        id -> Uuid,
        slot -> Int2,
        code -> Text,
        class -> ServiceClass,
        name_zh -> Text,
        name_en -> Text,
        description_zh -> Text,
        description_en -> Text,
        delivered_by -> Deliverer,
        qualification -> Nullable<Text>,
        accept_minutes -> Int4,
        arrive_minutes -> Int4,
        finish_minutes -> Int4,
        elder_minutes -> Int4,
        follow_up_minutes -> Int4,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        version -> Int4,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::NeedChannel;
    use super::sql_types::NeedStatus;

    needs (id) {
        id -> Uuid,
        elder_id -> Uuid,
        household_id -> Uuid,
        community_id -> Uuid,
        item_id -> Uuid,
        channel -> NeedChannel,
        event_id -> Uuid,
        description -> Text,
        status -> NeedStatus,
        resolution -> Nullable<Text>,
        collected_by -> Uuid,
        collected_at -> Timestamptz,
        received_at -> Timestamptz,
        closed_at -> Nullable<Timestamptz>,
        version -> Int4,
        withdrawn_visit_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::NoAnswerStatus;

    no_answer_cases (id) {
        id -> Uuid,
        household_id -> Uuid,
        community_id -> Uuid,
        visit_id -> Uuid,
        status -> NoAnswerStatus,
        opened_at -> Timestamptz,
        due_at -> Timestamptz,
        resolution -> Nullable<Text>,
        closed_by -> Nullable<Uuid>,
        closed_at -> Nullable<Timestamptz>,
        version -> Int4,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::NoAnswerStep;

    no_answer_steps (id) {
        id -> Uuid,
        case_id -> Uuid,
        step -> NoAnswerStep,
        note -> Text,
        done_by -> Uuid,
        done_at -> Timestamptz,
        received_at -> Timestamptz,
        device_offset_ms -> Int8,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::ObligationKind;
    use super::sql_types::ObligationStatus;
    use super::sql_types::Excuse;
    use super::sql_types::MissReason;

    obligations (id) {
        id -> Uuid,
        household_id -> Uuid,
        community_id -> Uuid,
        kind -> ObligationKind,
        period -> Text,
        starts_at -> Timestamptz,
        due_at -> Timestamptz,
        grace_until -> Timestamptz,
        reasons -> Array<Nullable<Text>>,
        risk -> Int2,
        status -> ObligationStatus,
        excuse -> Nullable<Excuse>,
        visit_id -> Nullable<Uuid>,
        responsible_id -> Nullable<Uuid>,
        closed_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        missed_reason -> Nullable<MissReason>,
        missed_words -> Nullable<Text>,
        explained_by -> Nullable<Uuid>,
        explained_at -> Nullable<Timestamptz>,
        campaign_id -> Nullable<Uuid>,
        raised_by -> Array<Nullable<Text>>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::OfferStatus;

    offers (id) {
        id -> Uuid,
        order_id -> Uuid,
        organisation_id -> Uuid,
        status -> OfferStatus,
        rank -> Int2,
        figures -> Jsonb,
        chosen_by -> Nullable<Uuid>,
        choice_reason -> Nullable<Text>,
        offered_at -> Timestamptz,
        expires_at -> Timestamptz,
        answered_at -> Nullable<Timestamptz>,
        answered_by -> Nullable<Uuid>,
        answer_reason -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::ClockKind;

    order_clocks (order_id, clock) {
        order_id -> Uuid,
        clock -> ClockKind,
        started_at -> Timestamptz,
        due_at -> Timestamptz,
        paused_at -> Nullable<Timestamptz>,
        pause_reason -> Nullable<Text>,
        paused_seconds -> Int4,
        stopped_at -> Nullable<Timestamptz>,
        escalated_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::OrderStatus;

    order_events (id) {
        id -> Uuid,
        order_id -> Uuid,
        seq -> Int2,
        from_status -> Nullable<OrderStatus>,
        to_status -> OrderStatus,
        actor_id -> Nullable<Uuid>,
        device_at -> Timestamptz,
        received_at -> Timestamptz,
        reason -> Text,
        data -> Jsonb,
    }
}

diesel::table! {
    organisation_coverage (organisation_id, division_prefix) {
        organisation_id -> Uuid,
        division_prefix -> Text,
    }
}

diesel::table! {
    organisation_hours (organisation_id, weekday, opens_minute) {
        organisation_id -> Uuid,
        weekday -> Int2,
        opens_minute -> Int2,
        closes_minute -> Int2,
    }
}

diesel::table! {
    organisation_items (organisation_id, item_id) {
        organisation_id -> Uuid,
        item_id -> Uuid,
        weekly_capacity -> Int4,
        price_fen -> Int8,
        below_market_fen -> Nullable<Int8>,
        safety_net_fen -> Nullable<Int8>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::ResourceTier;
    use super::sql_types::ResourceKind;

    organisations (id) {
        id -> Uuid,
        credit_code -> Text,
        name -> Text,
        tier -> ResourceTier,
        kind -> ResourceKind,
        takes_orders -> Bool,
        always_open -> Bool,
        phone -> Text,
        address -> Text,
        latitude -> Nullable<Float8>,
        longitude -> Nullable<Float8>,
        listed_from -> Date,
        listed_to -> Nullable<Date>,
        version -> Int4,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    policies (id) {
        id -> Uuid,
        code -> Text,
        issued_by -> Text,
        created_by -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::PolicyApplicationStatus;

    policy_applications (id) {
        id -> Uuid,
        elder_id -> Uuid,
        policy_id -> Uuid,
        policy_version -> Int4,
        status -> PolicyApplicationStatus,
        applied_on -> Date,
        decided_on -> Nullable<Date>,
        refusal_reason -> Nullable<Text>,
        stopped_on -> Nullable<Date>,
        stop_reason -> Nullable<Text>,
        recorded_by -> Uuid,
        recorded_at -> Timestamptz,
        version -> Int4,
    }
}

diesel::table! {
    policy_snoozes (id) {
        id -> Uuid,
        elder_id -> Uuid,
        policy_id -> Uuid,
        reason -> Text,
        until -> Date,
        recorded_by -> Uuid,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::Entitlement;
    use super::sql_types::PolicyAbility;

    policy_versions (policy_id, version) {
        policy_id -> Uuid,
        version -> Int4,
        title_zh -> Text,
        title_en -> Text,
        text -> Text,
        source -> Text,
        how_to_apply -> Text,
        documents -> Array<Nullable<Text>>,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        age_from -> Nullable<Int2>,
        age_to -> Nullable<Int2>,
        categories_any -> Array<Nullable<Text>>,
        categories_none -> Array<Nullable<Text>>,
        entitlement -> Nullable<Entitlement>,
        ability -> Nullable<PolicyAbility>,
        applies_in -> Text,
        reason -> Nullable<Text>,
        recorded_by -> Uuid,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::ProfileField;
    use super::sql_types::ProfileConflictShown;
    use super::sql_types::ProfileDecision;

    profile_conflicts (id) {
        id -> Uuid,
        edit_id -> Uuid,
        elder_id -> Uuid,
        field -> ProfileField,
        base_sealed -> Nullable<Text>,
        present_sealed -> Text,
        edit_sealed -> Text,
        shown -> ProfileConflictShown,
        made_by -> Uuid,
        made_at -> Timestamptz,
        decision -> Nullable<ProfileDecision>,
        reason -> Nullable<Text>,
        decided_by -> Nullable<Uuid>,
        decided_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::ProfileField;

    profile_edits (id) {
        id -> Uuid,
        elder_id -> Uuid,
        base_version -> Int4,
        content_hash -> Bytea,
        applied -> Array<Nullable<ProfileField>>,
        version -> Int4,
        made_by -> Uuid,
        made_at -> Timestamptz,
    }
}

diesel::table! {
    publicity_event_policies (event_id, policy_id) {
        event_id -> Uuid,
        policy_id -> Uuid,
        policy_version -> Int4,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::PublicityChannel;

    publicity_events (id) {
        id -> Uuid,
        root_id -> Uuid,
        revision -> Int2,
        superseded_at -> Nullable<Timestamptz>,
        correction_reason -> Nullable<Text>,
        corrected_by -> Nullable<Uuid>,
        channel -> PublicityChannel,
        community_id -> Nullable<Uuid>,
        division_code -> Text,
        subject -> Text,
        venue -> Text,
        held_at -> Timestamptz,
        attendance -> Int4,
        explained -> Int4,
        recorded_by -> Uuid,
        received_at -> Timestamptz,
        withdrawn_at -> Nullable<Timestamptz>,
        withdrawn_by -> Nullable<Uuid>,
        withdrawal_reason -> Nullable<Text>,
    }
}

diesel::table! {
    qualifications (id) {
        id -> Uuid,
        organisation_id -> Uuid,
        worker_id -> Nullable<Uuid>,
        kind -> Text,
        number -> Text,
        issued_by -> Text,
        valid_from -> Date,
        expires_on -> Date,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::QualityCaseStatus;
    use super::sql_types::QualityOutcome;

    quality_cases (id) {
        id -> Uuid,
        order_id -> Uuid,
        organisation_id -> Uuid,
        status -> QualityCaseStatus,
        reason -> Text,
        measures -> Nullable<Text>,
        opened_at -> Timestamptz,
        closed_by -> Nullable<Uuid>,
        closed_at -> Nullable<Timestamptz>,
        version -> Int4,
        outcome -> Nullable<QualityOutcome>,
        measures_due -> Nullable<Date>,
    }
}

diesel::table! {
    refresh_tokens (token_hash) {
        token_hash -> Bytea,
        session_id -> Uuid,
        issued_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    resource_agreement_items (agreement_id, item_id) {
        agreement_id -> Uuid,
        item_id -> Uuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::ResourceAgreementKind;

    resource_agreements (id) {
        id -> Uuid,
        organisation_id -> Uuid,
        counterparty_id -> Uuid,
        kind -> ResourceAgreementKind,
        shared -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        entered_by -> Uuid,
        entered_at -> Timestamptz,
        ended_by -> Nullable<Uuid>,
        ended_at -> Nullable<Timestamptz>,
        end_reason -> Nullable<Text>,
        version -> Int4,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::ResourceChangeStatus;

    resource_changes (id) {
        id -> Uuid,
        organisation_id -> Uuid,
        item_id -> Nullable<Uuid>,
        qualification_id -> Nullable<Uuid>,
        status -> ResourceChangeStatus,
        in_force -> Nullable<Jsonb>,
        wanted -> Jsonb,
        reason -> Text,
        asked_by -> Uuid,
        asked_at -> Timestamptz,
        decided_by -> Nullable<Uuid>,
        decided_at -> Nullable<Timestamptz>,
        decision_reason -> Nullable<Text>,
        version -> Int4,
    }
}

diesel::table! {
    risk_editions (edition) {
        edition -> Int2,
        reason -> Text,
        made_by -> Nullable<Uuid>,
        made_at -> Timestamptz,
        weekly_from -> Int2,
    }
}

diesel::table! {
    risk_weights (edition, reason) {
        edition -> Int2,
        reason -> Text,
        name_zh -> Text,
        name_en -> Text,
        weight -> Int2,
        times -> Int2,
        days -> Nullable<Int2>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::FollowupChannel;
    use super::sql_types::Satisfaction;

    second_asks (followup_id) {
        followup_id -> Uuid,
        order_id -> Uuid,
        community_id -> Uuid,
        organisation_id -> Uuid,
        first_surveyor_id -> Uuid,
        first_satisfied -> Bool,
        drawn_at -> Timestamptz,
        due_at -> Timestamptz,
        tries -> Int2,
        answer_id -> Nullable<Uuid>,
        asked_by -> Nullable<Uuid>,
        channel -> Nullable<FollowupChannel>,
        content -> Nullable<Satisfaction>,
        attitude -> Nullable<Satisfaction>,
        quality -> Nullable<Satisfaction>,
        efficiency -> Nullable<Satisfaction>,
        words -> Nullable<Text>,
        asked_at -> Nullable<Timestamptz>,
        received_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::Entitlement;
    use super::sql_types::OrderStatus;
    use super::sql_types::ResourceTier;

    service_orders (id) {
        id -> Uuid,
        case_id -> Uuid,
        need_id -> Uuid,
        elder_id -> Uuid,
        household_id -> Uuid,
        community_id -> Uuid,
        item_id -> Uuid,
        entitlement -> Entitlement,
        round -> Int2,
        original_id -> Uuid,
        previous_id -> Nullable<Uuid>,
        status -> OrderStatus,
        organisation_id -> Nullable<Uuid>,
        worker_id -> Nullable<Uuid>,
        tier_reached -> ResourceTier,
        refusals -> Int2,
        requested_by -> Uuid,
        requested_at -> Timestamptz,
        scheduled_for -> Nullable<Timestamptz>,
        started_at -> Nullable<Timestamptz>,
        completed_at -> Nullable<Timestamptz>,
        signed_by -> Nullable<Text>,
        market_fen -> Int8,
        subsidy_fen -> Int8,
        elder_pays_fen -> Int8,
        closed_at -> Nullable<Timestamptz>,
        version -> Int4,
        referred_to -> Nullable<Uuid>,
    }
}

diesel::table! {
    sessions (id) {
        id -> Uuid,
        user_id -> Uuid,
        started_at -> Timestamptz,
        expires_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
        end_reason -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::StewardDuty;

    steward_assignments (id) {
        id -> Uuid,
        community_id -> Uuid,
        user_id -> Uuid,
        duty -> StewardDuty,
        starts_at -> Timestamptz,
        ends_at -> Nullable<Timestamptz>,
        reason -> Text,
        assigned_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        end_reason -> Nullable<Text>,
        ended_by -> Nullable<Uuid>,
        leave_id -> Nullable<Uuid>,
        stands_for -> Nullable<Uuid>,
    }
}

diesel::table! {
    steward_leaves (id) {
        id -> Uuid,
        user_id -> Uuid,
        starts_at -> Timestamptz,
        ends_at -> Timestamptz,
        planned_ends_at -> Timestamptz,
        reason -> Text,
        recorded_by -> Uuid,
        end_reason -> Nullable<Text>,
        ended_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::DisputeStatus;

    survey_disputes (id) {
        id -> Uuid,
        followup_id -> Uuid,
        order_id -> Uuid,
        organisation_id -> Uuid,
        community_id -> Uuid,
        status -> DisputeStatus,
        reason -> Text,
        raised_by -> Uuid,
        raised_at -> Timestamptz,
        decided_by -> Nullable<Uuid>,
        decided_at -> Nullable<Timestamptz>,
        decision -> Nullable<Text>,
    }
}

diesel::table! {
    sync_receipts (actor_id, item_id) {
        actor_id -> Uuid,
        item_id -> Uuid,
        device_id -> Uuid,
        operation -> Text,
        subject_id -> Nullable<Uuid>,
        content_hash -> Bytea,
        recorded_at -> Timestamptz,
        device_offset_ms -> Int8,
        answer_status -> Int2,
        answer_version -> Nullable<Int4>,
        received_at -> Timestamptz,
    }
}

diesel::table! {
    sync_tickets (id) {
        id -> Uuid,
        user_id -> Uuid,
        device_id -> Uuid,
        day -> Date,
        differences -> Jsonb,
        unsent -> Int4,
        oldest_unsent_at -> Nullable<Timestamptz>,
        storage_persisted -> Bool,
        app_version -> Text,
        raised_at -> Timestamptz,
        closed_at -> Nullable<Timestamptz>,
        closed_by -> Nullable<Uuid>,
        note -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::TeamRole;

    team_members (id) {
        id -> Uuid,
        community_id -> Uuid,
        role -> TeamRole,
        name -> Text,
        phone_sealed -> Text,
        phone_masked -> Text,
        user_id -> Nullable<Uuid>,
        starts_on -> Date,
        ends_on -> Nullable<Date>,
        end_reason -> Nullable<Text>,
        recorded_by -> Uuid,
        ended_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::VisitTier;

    tier_overrides (id) {
        id -> Uuid,
        elder_id -> Uuid,
        tier -> VisitTier,
        reason -> Text,
        starts_on -> Date,
        ends_on -> Date,
        set_by -> Uuid,
        set_at -> Timestamptz,
        planned_end -> Nullable<Date>,
        ended_by -> Nullable<Uuid>,
        ended_at -> Nullable<Timestamptz>,
        end_reason -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::UserRole;

    users (id) {
        id -> Uuid,
        username -> Text,
        password_hash -> Text,
        password_changed_at -> Timestamptz,
        must_change_password -> Bool,
        display_name -> Text,
        role -> UserRole,
        scope -> Nullable<Text>,
        organisation_id -> Nullable<Uuid>,
        totp_sealed -> Nullable<Text>,
        totp_confirmed_at -> Nullable<Timestamptz>,
        totp_last_step -> Nullable<Int8>,
        failed_logins -> Int2,
        locked_until -> Nullable<Timestamptz>,
        disabled_at -> Nullable<Timestamptz>,
        version -> Int4,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::PhysicalCondition;
    use super::sql_types::Diet;
    use super::sql_types::Mood;

    visit_elders (visit_id, elder_id) {
        visit_id -> Uuid,
        elder_id -> Uuid,
        condition -> PhysicalCondition,
        diet -> Diet,
        mood -> Mood,
        note_sealed -> Nullable<Text>,
    }
}

diesel::table! {
    visit_policies (visit_id, elder_id, policy_id) {
        visit_id -> Uuid,
        elder_id -> Uuid,
        policy_id -> Uuid,
        policy_version -> Int4,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::VisitPurpose;
    use super::sql_types::VisitOutcome;
    use super::sql_types::VisitPosition;
    use super::sql_types::CheckResult;

    visits (id) {
        id -> Uuid,
        root_id -> Uuid,
        revision -> Int2,
        superseded_at -> Nullable<Timestamptz>,
        correction_reason -> Nullable<Text>,
        household_id -> Uuid,
        community_id -> Uuid,
        steward_id -> Uuid,
        purposes -> Array<Nullable<VisitPurpose>>,
        outcome -> VisitOutcome,
        started_at -> Timestamptz,
        ended_at -> Timestamptz,
        received_at -> Timestamptz,
        device_offset_ms -> Int8,
        position -> VisitPosition,
        latitude -> Nullable<Float8>,
        longitude -> Nullable<Float8>,
        accuracy_m -> Nullable<Float4>,
        gas -> Nullable<CheckResult>,
        electric -> Nullable<CheckResult>,
        fire -> Nullable<CheckResult>,
        water -> Nullable<CheckResult>,
        check_points -> Jsonb,
        note_sealed -> Nullable<Text>,
        form_version -> Int2,
        content_hash -> Nullable<Bytea>,
    }
}

diesel::table! {
    webhook_deliveries (alert_id, endpoint_id) {
        alert_id -> Uuid,
        endpoint_id -> Uuid,
        raised_at -> Timestamptz,
        attempts -> Int4,
        attempted_at -> Nullable<Timestamptz>,
        http_status -> Nullable<Int2>,
        last_error -> Nullable<Text>,
        delivered_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    webhook_endpoints (id) {
        id -> Uuid,
        name -> Text,
        url -> Text,
        topics -> Array<Nullable<Text>>,
        enabled -> Bool,
        secret_sealed -> Text,
        former_secret_sealed -> Nullable<Text>,
        former_secret_until -> Nullable<Timestamptz>,
        created_by -> Uuid,
        created_at -> Timestamptz,
        version -> Int4,
    }
}

diesel::table! {
    workers (id) {
        id -> Uuid,
        organisation_id -> Uuid,
        name -> Text,
        active -> Bool,
        version -> Int4,
        created_at -> Timestamptz,
    }
}

diesel::joinable!(ability_assessments -> elders (elder_id));
diesel::joinable!(alert_recipients -> alerts (alert_id));
diesel::joinable!(alert_recipients -> users (user_id));
diesel::joinable!(alerts -> communities (community_id));
diesel::joinable!(attachment_links -> attachments (attachment_id));
diesel::joinable!(attachments -> users (uploaded_by));
diesel::joinable!(campaign_communities -> campaigns (campaign_id));
diesel::joinable!(campaign_communities -> communities (community_id));
diesel::joinable!(care_bed_agreements -> attachments (attachment_id));
diesel::joinable!(care_bed_agreements -> care_beds (bed_id));
diesel::joinable!(care_bed_agreements -> users (recorded_by));
diesel::joinable!(care_bed_events -> care_beds (bed_id));
diesel::joinable!(care_bed_events -> users (actor_id));
diesel::joinable!(care_bed_findings -> care_beds (bed_id));
diesel::joinable!(care_bed_findings -> communities (community_id));
diesel::joinable!(care_bed_findings -> organisations (organisation_id));
diesel::joinable!(care_bed_findings -> users (mended_by));
diesel::joinable!(care_bed_inspections -> care_beds (bed_id));
diesel::joinable!(care_bed_inspections -> communities (community_id));
diesel::joinable!(care_bed_inspections -> households (household_id));
diesel::joinable!(care_bed_inspections -> users (inspector_id));
diesel::joinable!(care_bed_inspections -> visits (visit_id));
diesel::joinable!(care_bed_plan_lines -> care_bed_measures (measure_code));
diesel::joinable!(care_bed_plan_lines -> care_beds (bed_id));
diesel::joinable!(care_bed_quotas -> care_beds (bed_id));
diesel::joinable!(care_bed_quotas -> menu_items (item_id));
diesel::joinable!(care_beds -> ability_assessments (assessment_id));
diesel::joinable!(care_beds -> communities (community_id));
diesel::joinable!(care_beds -> elders (elder_id));
diesel::joinable!(care_beds -> households (household_id));
diesel::joinable!(care_beds -> organisations (organisation_id));
diesel::joinable!(check_lists -> users (published_by));
diesel::joinable!(communities -> divisions (division_code));
diesel::joinable!(consents -> elders (elder_id));
diesel::joinable!(consents -> users (recorded_by));
diesel::joinable!(contacts -> elders (elder_id));
diesel::joinable!(division_names -> division_editions (edition));
diesel::joinable!(division_names -> divisions (code));
diesel::joinable!(elder_categories -> categories (category_code));
diesel::joinable!(elder_categories -> elders (elder_id));
diesel::joinable!(elder_categories -> users (recorded_by));
diesel::joinable!(elder_events -> communities (community_id));
diesel::joinable!(elder_events -> elders (elder_id));
diesel::joinable!(elder_events -> households (household_id));
diesel::joinable!(elder_events -> obligations (obligation_id));
diesel::joinable!(elder_events -> users (recorded_by));
diesel::joinable!(elder_imports -> users (imported_by));
diesel::joinable!(elder_statuses -> elders (elder_id));
diesel::joinable!(elder_statuses -> users (recorded_by));
diesel::joinable!(elders -> communities (community_id));
diesel::joinable!(elders -> households (household_id));
diesel::joinable!(emergencies -> communities (community_id));
diesel::joinable!(emergencies -> households (household_id));
diesel::joinable!(emergencies -> no_answer_cases (no_answer_case_id));
diesel::joinable!(emergencies -> visits (closing_visit_id));
diesel::joinable!(emergency_alerts -> emergencies (emergency_id));
diesel::joinable!(emergency_services -> emergencies (emergency_id));
diesel::joinable!(emergency_services -> service_orders (order_id));
diesel::joinable!(emergency_services -> users (requested_by));
diesel::joinable!(emergency_steps -> emergencies (emergency_id));
diesel::joinable!(emergency_steps -> users (done_by));
diesel::joinable!(followups -> communities (community_id));
diesel::joinable!(followups -> users (surveyor_id));
diesel::joinable!(frozen_reports -> users (frozen_by));
diesel::joinable!(hazard_events -> hazards (hazard_id));
diesel::joinable!(hazard_events -> users (actor_id));
diesel::joinable!(hazards -> communities (community_id));
diesel::joinable!(hazards -> households (household_id));
diesel::joinable!(hazards -> service_orders (repair_order_id));
diesel::joinable!(hazards -> users (found_by));
diesel::joinable!(households -> communities (community_id));
diesel::joinable!(item_prices -> menu_items (item_id));
diesel::joinable!(needs -> communities (community_id));
diesel::joinable!(needs -> elders (elder_id));
diesel::joinable!(needs -> households (household_id));
diesel::joinable!(needs -> menu_items (item_id));
diesel::joinable!(needs -> users (collected_by));
diesel::joinable!(needs -> visits (withdrawn_visit_id));
diesel::joinable!(no_answer_cases -> communities (community_id));
diesel::joinable!(no_answer_cases -> households (household_id));
diesel::joinable!(no_answer_cases -> users (closed_by));
diesel::joinable!(no_answer_cases -> visits (visit_id));
diesel::joinable!(no_answer_steps -> no_answer_cases (case_id));
diesel::joinable!(no_answer_steps -> users (done_by));
diesel::joinable!(obligations -> campaigns (campaign_id));
diesel::joinable!(obligations -> communities (community_id));
diesel::joinable!(obligations -> households (household_id));
diesel::joinable!(obligations -> visits (visit_id));
diesel::joinable!(offers -> organisations (organisation_id));
diesel::joinable!(offers -> service_orders (order_id));
diesel::joinable!(order_clocks -> service_orders (order_id));
diesel::joinable!(order_events -> service_orders (order_id));
diesel::joinable!(order_events -> users (actor_id));
diesel::joinable!(organisation_coverage -> organisations (organisation_id));
diesel::joinable!(organisation_hours -> organisations (organisation_id));
diesel::joinable!(organisation_items -> menu_items (item_id));
diesel::joinable!(organisation_items -> organisations (organisation_id));
diesel::joinable!(policies -> users (created_by));
diesel::joinable!(policy_applications -> elders (elder_id));
diesel::joinable!(policy_applications -> users (recorded_by));
diesel::joinable!(policy_snoozes -> elders (elder_id));
diesel::joinable!(policy_snoozes -> policies (policy_id));
diesel::joinable!(policy_snoozes -> users (recorded_by));
diesel::joinable!(policy_versions -> policies (policy_id));
diesel::joinable!(policy_versions -> users (recorded_by));
diesel::joinable!(profile_conflicts -> elders (elder_id));
diesel::joinable!(profile_conflicts -> profile_edits (edit_id));
diesel::joinable!(profile_edits -> elders (elder_id));
diesel::joinable!(profile_edits -> users (made_by));
diesel::joinable!(publicity_event_policies -> publicity_events (event_id));
diesel::joinable!(publicity_events -> communities (community_id));
diesel::joinable!(publicity_events -> divisions (division_code));
diesel::joinable!(qualifications -> organisations (organisation_id));
diesel::joinable!(qualifications -> workers (worker_id));
diesel::joinable!(quality_cases -> organisations (organisation_id));
diesel::joinable!(quality_cases -> service_orders (order_id));
diesel::joinable!(quality_cases -> users (closed_by));
diesel::joinable!(refresh_tokens -> sessions (session_id));
diesel::joinable!(resource_agreement_items -> menu_items (item_id));
diesel::joinable!(resource_agreement_items -> resource_agreements (agreement_id));
diesel::joinable!(resource_changes -> menu_items (item_id));
diesel::joinable!(resource_changes -> organisations (organisation_id));
diesel::joinable!(resource_changes -> qualifications (qualification_id));
diesel::joinable!(risk_editions -> users (made_by));
diesel::joinable!(risk_weights -> risk_editions (edition));
diesel::joinable!(second_asks -> communities (community_id));
diesel::joinable!(second_asks -> followups (followup_id));
diesel::joinable!(second_asks -> organisations (organisation_id));
diesel::joinable!(second_asks -> service_orders (order_id));
diesel::joinable!(service_orders -> communities (community_id));
diesel::joinable!(service_orders -> elders (elder_id));
diesel::joinable!(service_orders -> households (household_id));
diesel::joinable!(service_orders -> menu_items (item_id));
diesel::joinable!(service_orders -> needs (need_id));
diesel::joinable!(service_orders -> organisations (organisation_id));
diesel::joinable!(service_orders -> workers (worker_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(steward_assignments -> communities (community_id));
diesel::joinable!(steward_assignments -> steward_leaves (leave_id));
diesel::joinable!(survey_disputes -> communities (community_id));
diesel::joinable!(survey_disputes -> followups (followup_id));
diesel::joinable!(survey_disputes -> organisations (organisation_id));
diesel::joinable!(survey_disputes -> service_orders (order_id));
diesel::joinable!(sync_receipts -> users (actor_id));
diesel::joinable!(team_members -> communities (community_id));
diesel::joinable!(tier_overrides -> elders (elder_id));
diesel::joinable!(users -> organisations (organisation_id));
diesel::joinable!(visit_elders -> elders (elder_id));
diesel::joinable!(visit_elders -> visits (visit_id));
diesel::joinable!(visit_policies -> elders (elder_id));
diesel::joinable!(visit_policies -> visits (visit_id));
diesel::joinable!(visits -> communities (community_id));
diesel::joinable!(visits -> households (household_id));
diesel::joinable!(visits -> users (steward_id));
diesel::joinable!(webhook_deliveries -> alerts (alert_id));
diesel::joinable!(webhook_deliveries -> webhook_endpoints (endpoint_id));
diesel::joinable!(webhook_endpoints -> users (created_by));
diesel::joinable!(workers -> organisations (organisation_id));

diesel::allow_tables_to_appear_in_same_query!(
    ability_assessments,
    alert_recipients,
    alerts,
    assessment_schemes,
    attachment_links,
    attachments,
    audit_entries,
    audit_inbox,
    campaign_communities,
    campaigns,
    care_bed_agreements,
    care_bed_events,
    care_bed_findings,
    care_bed_inspections,
    care_bed_measures,
    care_bed_plan_lines,
    care_bed_quotas,
    care_beds,
    categories,
    check_lists,
    communities,
    consents,
    contacts,
    division_editions,
    division_names,
    divisions,
    duty_shifts,
    elder_categories,
    elder_events,
    elder_imports,
    elder_merges,
    elder_statuses,
    elders,
    emergencies,
    emergency_alerts,
    emergency_services,
    emergency_steps,
    followups,
    frozen_reports,
    hazard_events,
    hazards,
    households,
    idempotency_keys,
    item_prices,
    jobs,
    menu_items,
    needs,
    no_answer_cases,
    no_answer_steps,
    obligations,
    offers,
    order_clocks,
    order_events,
    organisation_coverage,
    organisation_hours,
    organisation_items,
    organisations,
    policies,
    policy_applications,
    policy_snoozes,
    policy_versions,
    profile_conflicts,
    profile_edits,
    publicity_event_policies,
    publicity_events,
    qualifications,
    quality_cases,
    refresh_tokens,
    resource_agreement_items,
    resource_agreements,
    resource_changes,
    risk_editions,
    risk_weights,
    second_asks,
    service_orders,
    sessions,
    steward_assignments,
    steward_leaves,
    survey_disputes,
    sync_receipts,
    sync_tickets,
    team_members,
    tier_overrides,
    users,
    visit_elders,
    visit_policies,
    visits,
    webhook_deliveries,
    webhook_endpoints,
    workers,
);
