//! The appender: the only writer of `audit_entries`.

use super::model::{Entry, chain_hash};
use crate::{
    db::{self, Pool, statement},
    error::Problem,
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, sql_types as ty};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// The most rows that one commit moves.
const BATCH: usize = 500;

/// Handle on the appender of this process.
#[derive(Clone)]
pub struct Trail {
    rows: mpsc::Sender<(Vec<Entry>, oneshot::Sender<bool>)>,
    wake: Arc<tokio::sync::Notify>,
}

impl Trail {
    /// Starts the appender on the current runtime. It ends when the last handle is dropped.
    pub fn start(pool: Pool) -> Self {
        let (rows, inbox) = mpsc::channel(4 * BATCH);
        let wake = Arc::new(tokio::sync::Notify::new());
        tokio::spawn(run(pool, inbox, Arc::clone(&wake)));
        Self { rows, wake }
    }

    /// Appends rows that belong to no change (reads), and waits until they are committed.
    ///
    /// # Errors
    /// 503 when they could not be: an answer without its audit row is not given.
    pub async fn append(&self, entries: Vec<Entry>) -> Result<(), Problem> {
        let (done, committed) = oneshot::channel();
        let gone = || Problem::unavailable("the audit appender does not answer");
        self.rows.send((entries, done)).await.map_err(|_| gone())?;
        match committed.await {
            Ok(true) => Ok(()),
            _ => Err(gone()),
        }
    }

    /// Says that a change has put rows into the inbox.
    pub fn wake(&self) {
        self.wake.notify_one();
    }
}

async fn run(
    pool: Pool,
    mut inbox: mpsc::Receiver<(Vec<Entry>, oneshot::Sender<bool>)>,
    wake: Arc<tokio::sync::Notify>,
) {
    let mut batch = Vec::new();
    loop {
        // Other processes write into the inbox too: look without being woken.
        let open = tokio::select! {
            got = inbox.recv_many(&mut batch, BATCH) => got > 0,
            () = wake.notified() => true,
            () = tokio::time::sleep(Duration::from_millis(500)) => true,
        };
        let reads: Vec<Entry> = batch
            .iter()
            .flat_map(|(entries, _)| entries.iter().cloned())
            .collect();
        let committed = match append(&pool, reads).await {
            Ok(moved) => {
                if moved == BATCH {
                    wake.notify_one();
                }
                true
            }
            Err(problem) => {
                tracing::warn!(%problem, "the audit appender could not commit");
                false
            }
        };
        for (_, done) in batch.drain(..) {
            // The request may have gone; its row stands all the same.
            let _ = done.send(committed);
        }
        if !open {
            return;
        }
    }
}

#[derive(QueryableByName)]
struct Tail {
    #[diesel(sql_type = ty::BigInt)]
    seq: i64,
    #[diesel(sql_type = ty::Binary)]
    hash: Vec<u8>,
}

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = ty::Jsonb)]
    entry: Value,
}

/// Moves what waits in the inbox, and `reads`, to the end of the chain. Says how many waited.
async fn append(pool: &Pool, reads: Vec<Entry>) -> Result<usize, Problem> {
    let mut conn = pool.get().await?;
    let lock = pool.lock_key("audit");
    db::transaction(&mut conn, async |conn| {
        statement("SELECT pg_advisory_xact_lock($1)").bind::<ty::BigInt, _>(lock).execute(conn).await?;
        let waiting: Vec<Waiting> = statement(
            "DELETE FROM audit_inbox WHERE id IN (SELECT id FROM audit_inbox ORDER BY occurred_at, id LIMIT $1) RETURNING entry",
        )
        .bind::<ty::BigInt, _>(BATCH as i64)
        .load(conn)
        .await?;
        let moved = waiting.len();
        let mut entries = reads;
        for row in waiting {
            entries.push(serde_json::from_value(row.entry).map_err(Problem::internal)?);
        }
        if entries.is_empty() {
            return Ok(0);
        }
        entries.sort_by_key(|e: &Entry| (e.occurred_at, e.id));
        let tail: Option<Tail> = statement("SELECT seq, hash FROM audit_entries ORDER BY seq DESC LIMIT 1")
            .load(conn)
            .await?
            .pop();
        let (seq, hash) = tail.map_or((0, vec![0; 32]), |t| (t.seq, t.hash));
        insert(conn, seq, hash, &entries).await?;
        Ok(moved)
    })
    .await
}

async fn insert(
    conn: &mut AsyncPgConnection,
    seq: i64,
    mut prev: Vec<u8>,
    entries: &[Entry],
) -> Result<(), Problem> {
    let mut seqs = Vec::with_capacity(entries.len());
    let mut prevs = Vec::with_capacity(entries.len());
    let mut hashes = Vec::with_capacity(entries.len());
    for (entry, seq) in entries.iter().zip(seq + 1..) {
        let hash = chain_hash(&prev, seq, entry).to_vec();
        seqs.push(seq);
        prevs.push(std::mem::replace(&mut prev, hash.clone()));
        hashes.push(hash);
    }
    let column = |f: fn(&Entry) -> Option<Uuid>| entries.iter().map(f).collect::<Vec<_>>();
    statement(
        "INSERT INTO audit_entries (seq, id, occurred_at, actor_id, actor_role, action, subject_kind, subject_id, elder_id, \
         community_id, request_id, detail, prev_hash, hash) \
         SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind::<ty::Array<ty::BigInt>, _>(seqs)
    .bind::<ty::Array<ty::Uuid>, _>(entries.iter().map(|e| e.id).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Timestamptz>, _>(entries.iter().map(|e| e.occurred_at).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Nullable<ty::Uuid>>, _>(column(|e| e.actor_id))
    .bind::<ty::Array<ty::Nullable<ty::Text>>, _>(entries.iter().map(|e| e.actor_role.as_deref()).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Text>, _>(entries.iter().map(|e| e.action.as_str()).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Text>, _>(entries.iter().map(|e| e.subject_kind.as_str()).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Nullable<ty::Uuid>>, _>(column(|e| e.subject_id))
    .bind::<ty::Array<ty::Nullable<ty::Uuid>>, _>(column(|e| e.elder_id))
    .bind::<ty::Array<ty::Nullable<ty::Uuid>>, _>(column(|e| e.community_id))
    .bind::<ty::Array<ty::Nullable<ty::Uuid>>, _>(column(|e| e.request_id))
    .bind::<ty::Array<ty::Jsonb>, _>(entries.iter().map(|e| e.detail.clone()).collect::<Vec<_>>())
    .bind::<ty::Array<ty::Binary>, _>(prevs)
    .bind::<ty::Array<ty::Binary>, _>(hashes)
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Link {
    #[diesel(sql_type = ty::BigInt)]
    seq: i64,
    #[diesel(sql_type = ty::Uuid)]
    id: Uuid,
    #[diesel(sql_type = ty::Timestamptz)]
    occurred_at: DateTime<Utc>,
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    actor_id: Option<Uuid>,
    #[diesel(sql_type = ty::Nullable<ty::Text>)]
    actor_role: Option<String>,
    #[diesel(sql_type = ty::Text)]
    action: String,
    #[diesel(sql_type = ty::Text)]
    subject_kind: String,
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    subject_id: Option<Uuid>,
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    elder_id: Option<Uuid>,
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    community_id: Option<Uuid>,
    #[diesel(sql_type = ty::Nullable<ty::Uuid>)]
    request_id: Option<Uuid>,
    #[diesel(sql_type = ty::Jsonb)]
    detail: Value,
    #[diesel(sql_type = ty::Binary)]
    prev_hash: Vec<u8>,
    #[diesel(sql_type = ty::Binary)]
    hash: Vec<u8>,
}

/// Walks the chain from the row after `after_seq`, at most `limit` rows, and says where it is broken.
///
/// Returns the last sequence number looked at, and the first that does not follow from its predecessor.
///
/// # Errors
/// What the database said.
pub async fn verify(
    conn: &mut AsyncPgConnection,
    after_seq: i64,
    limit: i64,
) -> Result<(i64, Option<i64>), Problem> {
    // The row before the stretch comes along for its hash; before the first there is none.
    let rows = limit + i64::from(after_seq > 0);
    let links: Vec<Link> = statement(
        "SELECT seq, id, occurred_at, actor_id, actor_role, action, subject_kind, subject_id, elder_id, community_id, \
         request_id, detail, prev_hash, hash FROM audit_entries WHERE seq >= $1 ORDER BY seq LIMIT $2",
    )
    .bind::<ty::BigInt, _>(after_seq)
    .bind::<ty::BigInt, _>(rows)
    .load(conn)
    .await?;
    let (mut seq, mut prev) = (after_seq, None);
    let mut links = links.into_iter();
    if after_seq == 0 {
        prev = Some(vec![0; 32]);
    } else if let Some(first) = links.next() {
        if first.seq != after_seq {
            return Ok((after_seq, Some(after_seq)));
        }
        prev = Some(first.hash);
    }
    for link in links {
        let entry = Entry {
            id: link.id,
            occurred_at: link.occurred_at,
            actor_id: link.actor_id,
            actor_role: link.actor_role,
            action: link.action,
            subject_kind: link.subject_kind,
            subject_id: link.subject_id,
            elder_id: link.elder_id,
            community_id: link.community_id,
            request_id: link.request_id,
            detail: link.detail,
        };
        let follows = link.seq == seq + 1
            && prev.as_ref().is_some_and(|p| *p == link.prev_hash)
            && chain_hash(&link.prev_hash, link.seq, &entry).as_slice() == link.hash;
        seq = link.seq;
        if !follows {
            return Ok((seq, Some(seq)));
        }
        prev = Some(link.hash);
    }
    Ok((seq, None))
}
