//! A few care beds of the first community, each taken as far as it has come by the service's own operations, everybody acting at
//! their own instant.

use crate::{
    attachments::{self, store::Store},
    calendar::{Month, local_date},
    care_beds::{
        model::{
            Acceptance, CareBedKind, Decision, InspectionKind, InspectionPoint, Installation, NewAgreement,
            NewCareBed, NewDecision, NewFinding, NewInspection, NewPlan, NewServicePlan, PlanLine,
            PointAnswer, PointSeen, Quota,
        },
        queries::{apply, build, inspect, serve},
    },
    clock::Clock,
    db::statement,
    elders::assessment::{
        model::{AbilityFindings, AssessmentReason, Assessor, NewAssessment},
        queries as assessments,
    },
    error::Problem,
    followups::model::Satisfaction,
    ids::{
        AssessmentId, AttachmentId, CareBedId, ElderId, FindingId, InspectionId, ItemId, OrganisationId,
        SessionId, UserId,
    },
    jobs::in_transaction,
    state::AppState,
    tx::{Actor, Role, Stamp, Tx},
};
use chrono::{DateTime, Days, Duration, Months, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// How far each bed has come.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Stage {
    Applied,
    Endorsed,
    Planned,
    Installed,
    Served,
    /// Served, with a call button that does not work.
    Broken,
}

const STAGES: [Stage; 6] = [
    Stage::Applied,
    Stage::Endorsed,
    Stage::Planned,
    Stage::Installed,
    Stage::Served,
    Stage::Broken,
];

/// A grey dot, for want of real photos.
const DOT: &[u8] = b"\x89PNG\x0d\x0a\x1a\x0a\x00\x00\x00\x0dIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU\x00\x00\x00\x0aIDATx\xdach\x00\x00\x00\x82\x00\x81\xdaE\x08;\x00\x00\x00\x00IEND\xaeB`\x82";

#[derive(QueryableByName)]
struct Cast {
    #[diesel(sql_type = ty::Uuid)]
    steward: UserId,
    #[diesel(sql_type = ty::Uuid)]
    subdistrict: UserId,
    #[diesel(sql_type = ty::Uuid)]
    county: UserId,
    #[diesel(sql_type = ty::Uuid)]
    provider: UserId,
    #[diesel(sql_type = ty::Uuid)]
    organisation: OrganisationId,
    #[diesel(sql_type = ty::Uuid)]
    cleaning: ItemId,
}

#[derive(QueryableByName)]
struct Next {
    #[diesel(sql_type = ty::Uuid)]
    id: ElderId,
}

/// Takes beds of elders in the first steward's community as far as they have come.
///
/// # Errors
/// What an operation, the database or the disk said.
pub(super) async fn make(state: &AppState, seed: u64) -> Result<(), Problem> {
    let mut conn = state.pool.get().await?;
    let cast: Vec<Cast> = statement(
        "SELECT s.id AS steward, b.id AS subdistrict, c.id AS county, p.id AS provider, p.organisation_id AS organisation, m.id AS cleaning FROM users s \
         JOIN users b ON b.username = 'officer630102001' JOIN users c ON c.username = 'officer630102' \
         JOIN steward_assignments a ON a.user_id = s.id JOIN communities k ON k.id = a.community_id \
         JOIN users p ON p.role = 'provider' AND EXISTS (SELECT 1 FROM organisation_coverage v JOIN organisations g ON g.id = v.organisation_id \
         WHERE g.id = p.organisation_id AND g.takes_orders AND k.division_code LIKE v.division_prefix || '%') \
         JOIN menu_items m ON m.code = 'cleaning' AND m.valid_to IS NULL WHERE s.username = 'steward01' ORDER BY p.username LIMIT 1",
    )
    .load(&mut *conn)
    .await?;
    // Those who are visited weekly anyway: what is owed to them stays what the generator has written.
    let elders: Vec<Next> = statement(
        "SELECT e.id FROM elders e JOIN steward_assignments a ON a.community_id = e.community_id JOIN users u ON u.id = a.user_id AND u.username = 'steward01' \
         WHERE e.status = 'active' AND e.tier = 'weekly' ORDER BY e.id LIMIT $1",
    )
    .bind::<ty::BigInt, _>(STAGES.len() as i64)
    .load(&mut *conn)
    .await?;
    drop(conn);
    let Some(cast) = cast.into_iter().next() else {
        return Ok(());
    };
    let now = state.clock.now();
    for ((n, stage), elder) in (0..).zip(STAGES).zip(elders) {
        let tale = Tale {
            state,
            cast: &cast,
            now,
            // Ids and seals of their own for each bed: the same seed at the same instant gives the same.
            clock: Clock::manual(now, seed.wrapping_mul(1_000).wrapping_add(n)),
        };
        tale.tell(elder.id, stage).await?;
    }
    Ok(())
}

struct Tale<'a> {
    state: &'a AppState,
    cast: &'a Cast,
    now: DateTime<Utc>,
    clock: Clock,
}

impl Tale<'_> {
    /// So many days ago.
    fn ago(&self, days: i64) -> DateTime<Utc> {
        self.now - Duration::days(days)
    }

    /// Does one act as somebody, so many days ago.
    async fn act<T>(
        &self,
        (who, role): (UserId, Role),
        days: i64,
        work: impl AsyncFnOnce(&mut Tx<'_>, &Actor) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let actor = Actor {
            id: who,
            role,
            organisation_id: (role == Role::Provider).then_some(self.cast.organisation),
            session_id: SessionId(Uuid::nil()),
        };
        let stamp = Stamp {
            actor: Some(actor),
            now: self.ago(days),
            clock: self.clock.clone(),
            ..Stamp::system(self.state)
        };
        in_transaction(self.state, stamp, async |tx| work(tx, &actor).await).await
    }

    async fn tell(&self, elder: ElderId, stage: Stage) -> Result<(), Problem> {
        let steward = (self.cast.steward, Role::Steward);
        let bed = CareBedId(self.clock.new_id());
        self.act(steward, 60, async |tx, actor| {
            let new = NewCareBed {
                id: bed,
                kind: CareBedKind::FamilyBed,
                elder_id: elder,
                wish: "起身困难，想装扶手和呼叫器".to_owned(),
            };
            apply::apply(tx, actor, new).await
        })
        .await?;
        let officers = [
            (Stage::Endorsed, self.cast.subdistrict, 58),
            (Stage::Planned, self.cast.county, 55),
        ];
        for (from, officer, days) in officers {
            if stage >= from {
                self.act((officer, Role::Officer), days, async |tx, actor| {
                    let approve = NewDecision {
                        decision: Decision::Approve,
                        reason: String::new(),
                    };
                    apply::decide(tx, actor, bed, &approve).await
                })
                .await?;
            }
        }
        if stage >= Stage::Planned {
            self.plan(elder, bed).await?;
        }
        if stage >= Stage::Installed {
            let photo = self.photo((self.cast.provider, Role::Provider), 45).await?;
            self.act((self.cast.provider, Role::Provider), 45, async |tx, actor| {
                let new = Installation {
                    installed_at: self.ago(45),
                    device_now: self.ago(45),
                    photos: vec![photo],
                    note: "扶手两处，呼叫器已联网".to_owned(),
                };
                build::install(tx, actor, bed, &new).await
            })
            .await?;
        }
        if stage >= Stage::Served {
            self.serve(bed).await?;
            self.inspected(bed, stage == Stage::Broken).await?;
        }
        Ok(())
    }

    /// Assessed, and planned with a handrail and a call button.
    async fn plan(&self, elder: ElderId, bed: CareBedId) -> Result<(), Problem> {
        let at = self.ago(52);
        let named = |name: &str| Assessor {
            user_id: None,
            name: Some(name.to_owned()),
        };
        let assessment = AssessmentId(self.clock.new_id());
        self.act((self.cast.steward, Role::Steward), 52, async |tx, actor| {
            let schemes = assessments::schemes(tx.conn).await?;
            let items = schemes
                .iter()
                .take(1)
                .flat_map(|s| &s.content.parts)
                .flat_map(|p| &p.items);
            let new = NewAssessment {
                id: assessment,
                reason: AssessmentReason::First,
                assessed_at: at,
                device_now: at,
                assessors: vec![named("李明（示例医院）"), named("王芳")],
                findings: AbilityFindings {
                    scores: items.map(|item| (item.code.clone(), item.max / 2)).collect(),
                    ..AbilityFindings::default()
                },
                note: String::new(),
                replaces: None,
            };
            assessments::record(tx, actor, elder, &new).await?;
            build::assess(tx, actor, bed, assessment).await?;
            let line = |code: &str, quantity, cost_fen| PlanLine {
                measure_code: code.to_owned(),
                quantity,
                cost_fen,
            };
            let new = NewPlan {
                organisation_id: self.cast.organisation,
                lines: vec![line("handrail", 2, 48_000), line("call_button", 1, 30_000)],
            };
            build::plan(tx, actor, bed, new).await
        })
        .await?;
        Ok(())
    }

    /// Accepted, agreed on and begun.
    async fn serve(&self, bed: CareBedId) -> Result<(), Problem> {
        let steward = (self.cast.steward, Role::Steward);
        let photo = self.photo(steward, 40).await?;
        let day = local_date(self.ago(40));
        self.act(steward, 40, async |tx, actor| {
            let passed = Acceptance {
                passed: true,
                findings: String::new(),
            };
            build::accept(tx, actor, bed, &passed).await?;
            let new = NewAgreement {
                starts_on: day,
                ends_on: day.checked_add_months(Months::new(12)).unwrap_or(day),
                signed_by: "本人".to_owned(),
                signed_on: day,
                attachment_id: photo,
            };
            serve::agree(tx, actor, bed, new).await?;
            let new = NewServicePlan {
                from_month: Month::of(day),
                quotas: vec![Quota {
                    item_id: self.cast.cleaning,
                    times: 4,
                    minutes: 480,
                }],
            };
            serve::plan_service(tx, actor, bed, new).await?;
            serve::start(tx, actor, bed).await
        })
        .await?;
        Ok(())
    }

    async fn inspected(&self, bed: CareBedId, broken: bool) -> Result<(), Problem> {
        let at = self.ago(5);
        let due = local_date(at)
            .checked_add_days(Days::new(14))
            .unwrap_or(local_date(at));
        let seen = |point: &InspectionPoint| PointSeen {
            point: *point,
            answer: match (broken, point) {
                (true, InspectionPoint::CallButton) => PointAnswer::Problem,
                _ => PointAnswer::Ok,
            },
            note: String::new(),
        };
        let finding = NewFinding {
            id: FindingId(self.clock.new_id()),
            point: InspectionPoint::CallButton,
            description: "呼叫器无信号".to_owned(),
            due_on: due,
        };
        let new = NewInspection {
            id: InspectionId(self.clock.new_id()),
            kind: InspectionKind::Service,
            inspected_at: at,
            device_now: at,
            visit_id: None,
            points: InspectionKind::Service.points().iter().map(seen).collect(),
            evaluation: Some(Satisfaction::Satisfied),
            words: String::new(),
            findings: if broken { vec![finding] } else { Vec::new() },
            rechecked: Vec::new(),
            photos: Vec::new(),
        };
        self.act((self.cast.steward, Role::Steward), 5, async |tx, actor| {
            inspect::inspect(tx, actor, bed, &new).await
        })
        .await?;
        Ok(())
    }

    /// Uploads the dot as somebody, so many days ago.
    async fn photo(&self, who: (UserId, Role), days: i64) -> Result<AttachmentId, Problem> {
        let store = Store::new(&self.state.config.attachments);
        let id = self.clock.new_id();
        let mut incoming = store.incoming(id).await.map_err(Problem::internal)?;
        incoming.write(DOT).await.map_err(Problem::internal)?;
        let stored = store
            .keep(id, incoming)
            .await
            .map_err(|refusal| Problem::internal(format!("{refusal:?}")))?;
        self.act(who, days, async |tx, actor| {
            attachments::queries::record(tx, actor, AttachmentId(id), &stored).await
        })
        .await?;
        Ok(AttachmentId(id))
    }
}
