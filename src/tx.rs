//! Who acts, when, in which request, and the transaction in which it happens.

use crate::{
    audit::{self, Entry},
    clock::Clock,
    crypto::KeyRing,
    error::Problem,
    ids::{OrganisationId, SessionId, UserId},
    jobs::{self, NewJob},
    state::AppState,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel_async::AsyncPgConnection;
use serde_json::Value;
use std::{ops::Deref, sync::Arc};
use uuid::Uuid;

/// The role of an account.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    diesel_derive_enum::DbEnum,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[db_enum(existing_type_path = "crate::schema::sql_types::UserRole")]
pub enum Role {
    /// 管家: the communities they serve now, and what they recorded.
    Steward,
    /// 服务组织: their organisation's orders.
    Provider,
    /// 民政工作人员: their division and below.
    Officer,
    /// 值班: emergencies, orders nobody took, shut doors, in their division and below.
    Duty,
    /// Audit trail and statistics, no case data.
    Auditor,
    /// Users, divisions, menu, keys; no case data.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] = [
        Self::Steward,
        Self::Provider,
        Self::Officer,
        Self::Duty,
        Self::Auditor,
        Self::Admin,
    ];

    /// As it is written in tokens, JSON and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Steward => "steward",
            Self::Provider => "provider",
            Self::Officer => "officer",
            Self::Duty => "duty",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }
}

/// A logged-in account, as its access token says. What it may see is never read from here but by each statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account.
    pub id: UserId,
    /// Its role; an account has one.
    pub role: Role,
    /// The organisation it acts for, where it is a provider's.
    pub organisation_id: Option<OrganisationId>,
    /// The log-in.
    pub session_id: SessionId,
}

/// Who, when, in which request. Cheap to clone.
#[derive(Clone)]
pub struct Stamp {
    /// Who acts; none for a job.
    pub actor: Option<Actor>,
    /// The instant of the request or job: one for all it does.
    pub now: DateTime<Utc>,
    /// The request.
    pub request_id: Option<Uuid>,
    /// For new ids and random bytes.
    pub clock: Clock,
    /// For sealing fields.
    pub keys: Arc<KeyRing>,
}

impl Stamp {
    /// The service itself acts now.
    pub fn system(state: &AppState) -> Self {
        Self {
            actor: None,
            now: state.clock.now(),
            request_id: None,
            clock: state.clock.clone(),
            keys: state.config.keys.clone(),
        }
    }

    /// The acting account, where there must be one.
    ///
    /// # Errors
    /// A fault of ours when a job does what only a person may.
    pub fn actor_id(&self) -> Result<UserId, Problem> {
        self.actor
            .map(|a| a.id)
            .ok_or_else(|| Problem::internal("a person must do this, not a job"))
    }

    /// Today in Asia/Shanghai.
    pub fn today(&self) -> NaiveDate {
        crate::calendar::local_date(self.now)
    }

    /// A new UUIDv7.
    pub fn new_id(&self) -> Uuid {
        self.clock.new_id()
    }

    /// Seals a field; `context` is `table.column`.
    ///
    /// # Errors
    /// A fault of ours when the text is too long to be sealed.
    pub fn seal(&self, context: &str, plain: &str) -> Result<String, Problem> {
        self.keys
            .seal(context, plain, self.clock.random())
            .map_err(Problem::internal)
    }

    /// Opens a sealed field.
    ///
    /// # Errors
    /// A fault of ours when it was altered or its key is not in the ring.
    pub fn open(&self, context: &str, sealed: &str) -> Result<String, Problem> {
        self.keys.open(context, sealed).map_err(Problem::internal)
    }

    /// An audit row of this act.
    pub fn entry(&self, action: &str, subject_kind: &str, subject_id: Option<Uuid>) -> Entry {
        Entry {
            id: self.new_id(),
            occurred_at: self.now,
            actor_id: self.actor.map(|a| a.id.0),
            actor_role: self.actor.map(|a| a.role.as_str().to_owned()),
            action: action.to_owned(),
            subject_kind: subject_kind.to_owned(),
            subject_id,
            elder_id: None,
            community_id: None,
            request_id: self.request_id,
            detail: Value::Object(serde_json::Map::new()),
        }
    }
}

/// A transaction in progress: its connection, who acts, and the audit rows that will be committed with it.
pub struct Tx<'c> {
    /// The connection; statements run on it are part of the transaction.
    pub conn: &'c mut AsyncPgConnection,
    stamp: Stamp,
    audit: Vec<Entry>,
}

impl<'c> Tx<'c> {
    /// Wraps a connection that is inside a transaction.
    pub fn new(conn: &'c mut AsyncPgConnection, stamp: Stamp) -> Self {
        Self {
            conn,
            stamp,
            audit: Vec::new(),
        }
    }

    /// Adds an audit row; all of them are written by one statement before the commit.
    pub fn audit(&mut self, entry: Entry) {
        self.audit.push(entry);
    }

    /// Puts a job into the queue; it becomes visible with the commit.
    ///
    /// # Errors
    /// What the database said.
    pub async fn enqueue(&mut self, job: NewJob) -> Result<(), Problem> {
        let (id, now) = (self.stamp.new_id(), self.stamp.now);
        jobs::enqueue(self.conn, id, now, job).await
    }

    /// Puts several jobs into the queue with one statement.
    ///
    /// # Errors
    /// What the database said.
    pub async fn enqueue_all(&mut self, all: Vec<NewJob>) -> Result<(), Problem> {
        let identified = all.into_iter().map(|job| (self.stamp.new_id(), job)).collect();
        jobs::enqueue_all(self.conn, self.stamp.now, identified).await
    }

    /// Writes the audit rows that were added.
    ///
    /// # Errors
    /// What the database said.
    pub async fn flush_audit(&mut self) -> Result<(), Problem> {
        if self.audit.is_empty() {
            return Ok(());
        }
        let entries = std::mem::take(&mut self.audit);
        audit::record(self.conn, &entries).await
    }

    /// A copy of who acts and when, for use while the connection is borrowed.
    pub fn stamp(&self) -> Stamp {
        self.stamp.clone()
    }
}

impl Deref for Tx<'_> {
    type Target = Stamp;
    fn deref(&self) -> &Stamp {
        &self.stamp
    }
}
