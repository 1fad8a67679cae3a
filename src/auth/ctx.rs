//! The one extractor: actor, connection, clock and request id, with the permission in its type.

use super::{
    Permission,
    token::{self, Access, Unfinished},
};
use crate::{
    audit::Entry,
    db::{self, Conn, statement},
    error::{
        self, FORBIDDEN, IDEMPOTENCY_MISMATCH, PASSWORD_CHANGE_NEEDED, Problem, TOTP_ENROLMENT_NEEDED,
        UNAUTHENTICATED,
    },
    http::{Answer, Fingerprint, request_id},
    state::AppState,
    tx::{Actor, Role, Stamp, Tx},
};
use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::RunQueryDsl;
use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use serde_json::Value;
use std::marker::PhantomData;
use uuid::Uuid;

/// What a handler works with. It exists only for an actor whose role is in `P::ROLES`.
pub struct Ctx<P> {
    /// Who asks.
    pub actor: Actor,
    /// A connection, outside any transaction.
    pub conn: Conn,
    /// The instant of the request.
    pub now: DateTime<Utc>,
    /// When the access token ends: what is still being answered then breaks off.
    pub ends: DateTime<Utc>,
    /// What the process shares.
    pub state: AppState,
    stamp: Stamp,
    idempotency_key: Option<Uuid>,
    permission: PhantomData<P>,
}

impl<P: Permission> FromRequest for Ctx<P> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let state = state(&request)?;
            let now = state.clock.now();
            let Access { actor, first, ends } = access(&request, &state, now)?;
            if let Some(first) = first.filter(|first| !P::UNFINISHED.contains(first)) {
                return Err(match first {
                    Unfinished::Password => PASSWORD_CHANGE_NEEDED,
                    Unfinished::Totp => TOTP_ENROLMENT_NEEDED,
                }
                .problem());
            }
            if !P::ROLES.contains(&actor.role) {
                return Err(FORBIDDEN.problem());
            }
            let idempotency_key = idempotency_key(&request)?;
            let stamp = Stamp {
                actor: Some(actor),
                now,
                request_id: request_id(&request),
                clock: state.clock.clone(),
                keys: state.config.keys.clone(),
            };
            let mut conn = state.pool.get().await?;
            refuse_disabled(&mut conn, &actor).await?;
            Ok(Self {
                actor,
                conn,
                now,
                ends,
                state,
                stamp,
                idempotency_key,
                permission: PhantomData,
            })
        })
    }
}

/// The shared state of the app that serves this request.
///
/// # Errors
/// A fault of ours when the app was built without it.
pub fn state(request: &HttpRequest) -> Result<AppState, Problem> {
    request
        .app_data::<web::Data<AppState>>()
        .map(|data| AppState::clone(data))
        .ok_or_else(|| Problem::internal("the app has no state"))
}

fn access(request: &HttpRequest, state: &AppState, now: DateTime<Utc>) -> Result<Access, Problem> {
    let token = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or_else(|| UNAUTHENTICATED.problem())?;
    token::read(&state.config.keys, token.trim(), now)
}

/// Turns away an account that was disabled while its access token still lives.
///
/// Stewards are not looked up: their phones are the load, a look-up costs each request a round trip, and every statement on
/// their communities leaves out a disabled account by itself (`communities_in_scope!`). All others are few, or (provider,
/// administrator, auditor) do what no statement bounds by a scope: for them one look-up by primary key is the price.
async fn refuse_disabled(conn: &mut Conn, actor: &Actor) -> Result<(), Problem> {
    if actor.role == Role::Steward {
        return Ok(());
    }
    let enabled = statement("SELECT 1 FROM users WHERE id = $1 AND disabled_at IS NULL")
        .bind::<ty::Uuid, _>(actor.id)
        .execute(&mut **conn)
        .await?;
    if enabled == 0 {
        return Err(UNAUTHENTICATED.with("the account has been disabled"));
    }
    Ok(())
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<Uuid>, Problem> {
    let Some(value) = request.headers().get("idempotency-key") else {
        return Ok(None);
    };
    value
        .to_str()
        .ok()
        .and_then(|v| v.parse().ok())
        .map(Some)
        .ok_or_else(|| error::MALFORMED.with("Idempotency-Key must be a UUID"))
}

#[derive(QueryableByName)]
struct Remembered {
    #[diesel(sql_type = ty::Binary)]
    request_hash: Vec<u8>,
    #[diesel(sql_type = ty::Nullable<ty::SmallInt>)]
    status: Option<i16>,
    #[diesel(sql_type = ty::Nullable<ty::Jsonb>)]
    body: Option<Value>,
}

impl<P> Ctx<P> {
    /// Who, when, in which request.
    pub fn stamp(&self) -> Stamp {
        self.stamp.clone()
    }

    /// The request's `Idempotency-Key`; for the hot paths that write its row in their own statement.
    pub fn idempotency_key(&self) -> Option<Uuid> {
        self.idempotency_key
    }

    /// Runs `work` in one transaction together with its audit rows and, where the request carries an `Idempotency-Key`, the
    /// memory of its answer. The same key with the same request gives the first answer again and changes nothing.
    ///
    /// # Errors
    /// What `work` or the database said; 409 `idempotency_mismatch` for the same key with another request.
    pub async fn write<T, F>(&mut self, fingerprint: Fingerprint, work: F) -> Result<Answer, Problem>
    where
        T: Serialize,
        F: AsyncFnOnce(&mut Tx<'_>) -> Result<(actix_web::http::StatusCode, T), Problem>,
    {
        self.write_isolated(false, fingerprint, work).await
    }

    /// The same where every statement of `work` sees the one state of the database from which the transaction set out.
    ///
    /// # Errors
    /// The same; 503 when somebody else changed what this writes meanwhile.
    pub async fn write_snapshot<T, F>(&mut self, fingerprint: Fingerprint, work: F) -> Result<Answer, Problem>
    where
        T: Serialize,
        F: AsyncFnOnce(&mut Tx<'_>) -> Result<(actix_web::http::StatusCode, T), Problem>,
    {
        self.write_isolated(true, fingerprint, work).await
    }

    async fn write_isolated<T, F>(
        &mut self,
        snapshot: bool,
        fingerprint: Fingerprint,
        work: F,
    ) -> Result<Answer, Problem>
    where
        T: Serialize,
        F: AsyncFnOnce(&mut Tx<'_>) -> Result<(actix_web::http::StatusCode, T), Problem>,
    {
        let (stamp, key, actor_id, now) = (self.stamp(), self.idempotency_key, self.actor.id.0, self.now);
        let answer = db::transaction(&mut self.conn, async |conn| {
            if snapshot {
                db::one_snapshot(conn).await?;
            }
            if let Some(key) = key {
                let fresh = statement(
                    "INSERT INTO idempotency_keys (actor_id, key, request_hash, created_at) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT (actor_id, key) DO NOTHING",
                )
                .bind::<ty::Uuid, _>(actor_id)
                .bind::<ty::Uuid, _>(key)
                .bind::<ty::Binary, _>(fingerprint.0.to_vec())
                .bind::<ty::Timestamptz, _>(now)
                .execute(conn)
                .await?;
                if fresh == 0 {
                    let remembered: Remembered =
                        statement("SELECT request_hash, status, body FROM idempotency_keys WHERE actor_id = $1 AND key = $2")
                            .bind::<ty::Uuid, _>(actor_id)
                            .bind::<ty::Uuid, _>(key)
                            .get_result(conn)
                            .await?;
                    if remembered.request_hash != fingerprint.0 {
                        return Err(IDEMPOTENCY_MISMATCH.problem());
                    }
                    return Answer::again(remembered.status, remembered.body);
                }
            }
            let mut tx = Tx::new(conn, stamp);
            let (status, value) = work(&mut tx).await?;
            tx.flush_audit().await?;
            let answer = Answer::new(status, &value)?;
            if let Some(key) = key {
                statement("UPDATE idempotency_keys SET status = $3, body = $4 WHERE actor_id = $1 AND key = $2")
                    .bind::<ty::Uuid, _>(actor_id)
                    .bind::<ty::Uuid, _>(key)
                    .bind::<ty::SmallInt, _>(answer.status_i16())
                    .bind::<ty::Jsonb, _>(answer.body()?)
                    .execute(tx.conn)
                    .await?;
            }
            Ok(answer)
        })
        .await?;
        self.state.trail.wake();
        Ok(answer)
    }

    /// The same without the memory of its answer: for answers that must not come to lie anywhere.
    ///
    /// # Errors
    /// What `work` or the database said.
    pub async fn write_unremembered<T, F>(&mut self, work: F) -> Result<Answer, Problem>
    where
        T: Serialize,
        F: AsyncFnOnce(&mut Tx<'_>) -> Result<(actix_web::http::StatusCode, T), Problem>,
    {
        self.idempotency_key = None;
        self.write(Fingerprint([0; 32]), work).await
    }

    /// Records reads of personal data; the answer waits until the rows are committed. The connection goes back before: what waits
    /// holds up nobody.
    ///
    /// # Errors
    /// 503 when they cannot be: an answer without its audit row is not given.
    pub async fn audit(self, entries: Vec<Entry>) -> Result<(), Problem> {
        let Self { state, conn, .. } = self;
        drop(conn);
        state.trail.append(entries).await
    }
}
