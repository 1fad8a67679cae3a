//! The rows of the table: what each operation is about, how far it reaches, and what has to come of it.

use super::world::{At, HERE, sees};
use steward::tx::Role;

/// What one call answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Yes,
    /// There is no such thing, as far as the caller may know.
    Unknown,
    /// The caller may know of it, but this is not theirs to do.
    Refused,
    /// The thing that the body names is not one that goes with it.
    Unfit,
    /// The id that the body gives stands for something else.
    Taken,
    /// Something else: a fault of the test or of the service.
    Other(u16),
}

impl Outcome {
    pub fn of(status: u16) -> Self {
        match status {
            200..=299 => Self::Yes,
            404 => Self::Unknown,
            403 => Self::Refused,
            409 => Self::Taken,
            422 => Self::Unfit,
            other => Self::Other(other),
        }
    }

    pub fn word(self) -> String {
        match self {
            Self::Yes => "yes".to_owned(),
            Self::Unknown => "404".to_owned(),
            Self::Refused => "403".to_owned(),
            Self::Taken => "409".to_owned(),
            Self::Unfit => "422".to_owned(),
            Self::Other(status) => format!("!{status}"),
        }
    }
}

/// How far an operation reaches, for the roles that it lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// What the caller may know of; anything else is not there.
    Area,
    /// Everything in the city.
    City,
    /// The library: staff read all of it, a provider its own entry.
    Library,
    /// What everybody may know of (an entry of the library, a division): it is acted on only where it lies in one's own.
    Keeper,
    /// Reports of a division: a steward has communities and no division.
    Division,
    /// The menu: kept by whoever has the whole city.
    Menu,
    /// Nobody but who recorded it.
    Author,
    /// Decided at another level of the divisions.
    Level,
    /// What is named besides must go with it, and whether it is there otherwise is not told.
    Together,
    /// What is named besides must be one's own, and whether it is there otherwise is not told.
    OwnPeople,
    /// What is named besides must belong to what the path names; anywhere else it is not there.
    Belongs,
    /// An id that a phone made stands for what it was first sent with, wherever that lies; nothing else is told of it.
    Taken,
}

impl Reach {
    /// What has to come of it.
    pub fn expected(self, role: Role, at: At) -> Outcome {
        let sees = sees(role, at);
        let (own, known) = match (self, role) {
            (Self::City, _) => (true, true),
            (Self::Library, Role::Provider) => (sees, sees),
            (Self::Library, _) => (true, true),
            (Self::Keeper, Role::Provider) => (sees, sees),
            (Self::Keeper, _) => (sees, true),
            (Self::Division, Role::Steward) => (false, false),
            (Self::Menu, role) => (role == Role::Admin, true),
            (Self::Author | Self::Level, _) => (false, sees),
            (Self::Together, _) => return Outcome::Unfit,
            (Self::OwnPeople, _) if !sees => return Outcome::Unfit,
            (Self::Belongs, _) => (at == HERE, at == HERE),
            (Self::Taken, _) => return Outcome::Taken,
            (Self::Area | Self::Division | Self::OwnPeople, _) => (sees, sees),
        };
        match (own, known) {
            (true, _) => Outcome::Yes,
            (false, true) => Outcome::Refused,
            (false, false) => Outcome::Unknown,
        }
    }
}

/// A line of the table.
pub struct Row {
    pub operation: &'static str,
    pub about: &'static str,
    pub reach: Reach,
    /// What it is about has a place, or an organisation.
    pub placed: bool,
}

const fn row(operation: &'static str, about: &'static str) -> Row {
    reaching(operation, about, Reach::Area)
}

const fn reaching(operation: &'static str, about: &'static str, reach: Reach) -> Row {
    Row {
        operation,
        about,
        reach,
        placed: true,
    }
}

/// About something that lies nowhere and is nobody's.
const fn placeless(operation: &'static str, about: &'static str, reach: Reach) -> Row {
    Row {
        operation,
        about,
        reach,
        placed: false,
    }
}

/// Every operation that is about something, with what it is about. An operation stands here more than once when it names more
/// than one thing.
pub const ROWS: &[Row] = &[
    row("communities_get", "community"),
    row("communities_change", "community"),
    reaching("communities_create", "community of a division", Reach::City),
    row("assignments_history", "community"),
    row("assignments_create", "community"),
    row("assignments_hand_over", "community"),
    row("assignments_end", "assignment"),
    row("leaves_record", "steward"),
    row("leaves_end", "leave"),
    row("team_get", "community"),
    row("team_members_add", "community"),
    row("team_members_end", "member of a team"),
    row("team_members_reveal", "member of a team"),
    row("obligations_explain", "missed visit"),
    placeless("me_progress", "own week", Reach::City),
    placeless("users_create", "account", Reach::City),
    reaching("users_get", "account", Reach::City),
    reaching("users_change", "account", Reach::City),
    reaching("users_disable", "account", Reach::City),
    reaching("users_enable", "account", Reach::City),
    reaching("users_unlock", "account", Reach::City),
    placeless("users_reset_password", "account", Reach::City),
    reaching("users_reset_totp", "account", Reach::City),
    row("households_get", "household"),
    row("elders_enrol", "community"),
    row("elders_get", "elder"),
    row("elders_timeline", "elder"),
    row("elders_change", "elder"),
    row("elders_add_category", "elder"),
    row("elders_end_category", "elder"),
    row("elders_add_consent", "elder"),
    row("elders_withdraw_consent", "elder"),
    row("elders_add_contact", "elder"),
    row("elders_reveal", "elder"),
    row("elders_set_status", "elder"),
    row("elders_override_tier", "elder"),
    row("tier_overrides_list", "elder"),
    row("tier_overrides_end", "elder"),
    row("elders_standing", "elder"),
    row("elder_events_record", "elder"),
    reaching("elder_events_record", "id of another event", Reach::Taken),
    row("elder_events_list", "elder"),
    placeless("risk_weights_get", "weights of risk", Reach::City),
    placeless("risk_weights_change", "weights of risk", Reach::City),
    reaching("campaigns_preview", "group in a division", Reach::Keeper),
    row("campaigns_preview", "group in a community"),
    reaching("campaigns_start", "group in a division", Reach::Keeper),
    row("campaigns_start", "group in a community"),
    row("campaigns_get", "campaign"),
    row("campaigns_coverage", "campaign"),
    row("campaigns_obligations", "campaign"),
    row("campaigns_stop", "campaign"),
    row("elders_merge", "elder who is kept"),
    row("elders_merge", "elder who is given up"),
    row("elder_merges_undo", "merge of two elders"),
    row("visits_log", "household"),
    reaching("visits_log", "elder of another household", Reach::Together),
    reaching("visits_log", "id of another visit", Reach::Taken),
    reaching("visits_log", "id of another hazard", Reach::Taken),
    row("visits_get", "visit"),
    row("visits_revisions", "visit"),
    row("visits_correct", "visit"),
    reaching("visits_correct", "visit of another steward", Reach::Author),
    row("visits_photograph", "visit"),
    reaching("visits_photograph", "visit of another steward", Reach::Author),
    row("hazards_get", "hazard"),
    row("hazards_events", "hazard"),
    row("hazards_report", "hazard"),
    reaching("hazards_report", "id of another report", Reach::Taken),
    row("hazards_notify", "hazard"),
    reaching("hazards_notify", "photo of somebody else", Reach::Together),
    row("hazards_photograph", "hazard"),
    row("hazards_make_responsible", "hazard"),
    row("hazards_extend", "hazard"),
    row("hazards_repair", "hazard"),
    reaching("hazards_repair", "elder of another household", Reach::Together),
    placeless("check_points_get", "check points", Reach::City),
    placeless("check_points_publish", "check points", Reach::City),
    row("no_answer_cases_get", "shut door"),
    row("no_answer_cases_take_step", "shut door"),
    row("no_answer_cases_resolve", "shut door"),
    row("emergencies_raise", "household"),
    reaching("emergencies_raise", "id of another emergency", Reach::Taken),
    row("emergencies_get", "emergency"),
    row("emergencies_acknowledge", "emergency"),
    row("emergencies_close", "emergency"),
    reaching("emergencies_close", "visit elsewhere", Reach::Together),
    row("emergencies_take_step", "emergency"),
    reaching("emergencies_take_step", "id of another step", Reach::Taken),
    row("emergencies_order_service", "emergency"),
    reaching("emergencies_order_service", "id of another order", Reach::Taken),
    reaching("emergencies_order_service", "elder elsewhere", Reach::Together),
    reaching(
        "emergencies_order_service",
        "photo by somebody else",
        Reach::Together,
    ),
    reaching("duty_shifts_plan", "roster of a district", Reach::Keeper),
    reaching("duty_shifts_plan", "account of a township", Reach::Together),
    row("duty_shifts_end", "shift of a district"),
    row("attachments_get", "photo of a service"),
    row("attachments_content", "photo of a service"),
    row("needs_collect", "elder"),
    reaching("needs_collect", "id of another need", Reach::Taken),
    row("needs_get", "need"),
    row("needs_solve", "need"),
    row("needs_withdraw", "need"),
    row("orders_request", "need"),
    reaching("orders_request", "id of another order", Reach::Taken),
    row("orders_get", "order"),
    row("orders_events", "order"),
    row("orders_offers", "order"),
    row("orders_get", "order that another gave back"),
    row("orders_events", "order that another gave back"),
    row("orders_offers", "order that another gave back"),
    row("orders_candidates", "order"),
    row("orders_offer", "order"),
    row("orders_cancel", "order"),
    row("orders_give_up", "referred order"),
    row("orders_pause_clock", "order"),
    row("orders_resume_clock", "order whose clock stands"),
    row("orders_accept", "order before the organisation"),
    row("orders_decline", "order before the organisation"),
    row("orders_schedule", "accepted order"),
    reaching("orders_schedule", "worker", Reach::OwnPeople),
    row("orders_start", "scheduled order"),
    row("orders_complete", "order being worked on"),
    reaching("orders_complete", "photo as evidence", Reach::OwnPeople),
    row("orders_reveal", "order"),
    row("followups_list", "order"),
    row("followups_survey", "completed order"),
    row("disputes_raise", "order found wanting"),
    row("disputes_decide", "dispute"),
    row("second_asks_answer", "survey to be asked again"),
    row("quality_cases_close", "quality case"),
    placeless("assessment_schemes_list", "standard", Reach::City),
    row("assessments_record", "elder"),
    reaching(
        "assessments_record",
        "assessment of another elder",
        Reach::Together,
    ),
    reaching("assessments_record", "id of another assessment", Reach::Taken),
    row("assessments_list", "elder"),
    row("assessments_get", "assessment"),
    placeless("care_bed_measures_list", "list of measures", Reach::City),
    row("care_beds_apply", "elder"),
    reaching("care_beds_apply", "id of another application", Reach::Taken),
    row("care_beds_get", "care bed"),
    row("care_beds_events", "care bed"),
    row("care_beds_usage", "care bed"),
    row("care_beds_inspections", "care bed"),
    row("care_beds_decide", "application before the county"),
    reaching(
        "care_beds_decide",
        "application before the subdistrict",
        Reach::Level,
    ),
    row("care_beds_resubmit", "returned application"),
    row("care_beds_assess", "approved care bed"),
    reaching("care_beds_assess", "assessment of another elder", Reach::Together),
    row("care_beds_plan", "assessed care bed"),
    row("care_beds_install", "planned care bed"),
    reaching("care_beds_install", "photo of the installation", Reach::OwnPeople),
    row("care_beds_accept", "installed care bed"),
    row("care_beds_agree", "accepted care bed"),
    row("care_beds_plan_service", "accepted care bed"),
    row("care_beds_start", "care bed ready for service"),
    row("care_beds_suspend", "care bed"),
    row("care_beds_resume", "suspended care bed"),
    row("care_beds_end", "care bed"),
    row("care_beds_inspect", "care bed"),
    reaching("care_beds_inspect", "visit elsewhere", Reach::Together),
    row("care_bed_findings_mend", "finding at a care bed"),
    reaching("resources_get", "organisation", Reach::Library),
    reaching("resources_create", "organisation for a division", Reach::Keeper),
    reaching("resources_change", "organisation", Reach::Keeper),
    reaching("resources_add_qualification", "organisation", Reach::Keeper),
    reaching("resources_add_worker", "organisation", Reach::Keeper),
    reaching("resources_change_worker", "organisation", Reach::Keeper),
    reaching("resources_add_qualification", "worker", Reach::Belongs),
    reaching("resources_change_worker", "worker", Reach::Belongs),
    row("resource_changes_ask", "organisation"),
    row("resource_changes_approve", "change of an entry"),
    row("resource_changes_refuse", "change of an entry"),
    row("resource_changes_withdraw", "change of an entry"),
    reaching("resource_agreements_create", "organisation", Reach::Keeper),
    reaching("resource_agreements_create", "counterparty", Reach::City),
    reaching("resource_agreements_end", "agreement", Reach::Keeper),
    reaching("statistics_frozen", "report of a division", Reach::Division),
    reaching(
        "statistics_frozen_versions",
        "report of a division",
        Reach::Division,
    ),
    reaching(
        "statistics_monthly_export",
        "report of a division",
        Reach::Division,
    ),
    reaching("statistics_freeze", "report of a division", Reach::Division),
    placeless("policies_list", "policy", Reach::City),
    placeless("policies_get", "policy", Reach::City),
    reaching("policies_create", "policy of a division", Reach::Keeper),
    reaching("policies_revise", "policy of a division", Reach::Keeper),
    row("policies_of_elder", "elder"),
    row("policies_snooze", "elder"),
    reaching("policies_snooze", "id of another snooze", Reach::Taken),
    row("policy_applications_apply", "elder"),
    reaching(
        "policy_applications_apply",
        "id of another application",
        Reach::Taken,
    ),
    row("policy_applications_decide", "application"),
    row("policy_applications_stop", "application"),
    row("publicity_events_record", "community"),
    reaching("publicity_events_record", "id of another event", Reach::Taken),
    row("publicity_events_get", "publicity event"),
    row("publicity_events_revisions", "publicity event"),
    row("publicity_events_correct", "publicity event"),
    row("publicity_events_withdraw", "publicity event"),
    placeless("menu", "menu", Reach::City),
    placeless("menu_items_get", "item of the menu", Reach::City),
    placeless("menu_items_change", "item of the menu", Reach::Menu),
    placeless("menu_items_set_price", "item of the menu", Reach::Menu),
    placeless("menu_items_replace", "item of the menu", Reach::Menu),
    row("alerts_seen", "alert"),
    row("events_stream", "alert after which it goes on"),
    placeless("webhooks_create", "webhook", Reach::City),
    placeless("webhooks_get", "webhook", Reach::City),
    placeless("webhooks_change", "webhook", Reach::City),
    placeless("webhooks_rotate", "webhook", Reach::City),
    placeless("webhooks_deliveries", "webhook", Reach::City),
    placeless("sync_outbox", "own work", Reach::City),
    placeless("sync_counts", "own receipts", Reach::City),
    row("sync_profile_edit", "elder"),
    row("sync_profile_conflicts_decide", "conflict in a file"),
    row("sync_tickets_close", "ticket of a phone"),
    placeless("jobs_retry", "dead letter", Reach::City),
    placeless("jobs_discard", "dead letter", Reach::City),
];

/// Operations that are about nothing that lies somewhere or is somebody's, and why. This list may only shrink.
pub const ABOUT_NOTHING: &[(&str, &str)] = &[
    ("auth_login", "whoever knows a password; about oneself"),
    ("auth_logout", "about oneself"),
    ("auth_refresh", "about oneself"),
    ("auth_password", "about oneself"),
    ("auth_totp_start", "about oneself"),
    ("auth_totp_confirm", "about oneself"),
    ("me", "about oneself"),
    (
        "attachments_upload",
        "a photo lies nowhere until a visit or an order names it",
    ),
    ("audit_verify", "counts rows of the trail and tells none"),
    ("divisions_list", "the country's list of divisions is public"),
    (
        "divisions_import",
        "the country's list of divisions is the same for everybody",
    ),
    (
        "elders_categories",
        "the catalogue of categories is the same for everybody",
    ),
    (
        "statistics_indicators",
        "the catalogue of indicators is the same for everybody",
    ),
];
