//! The database: a bounded pool, a connection that is never given back half-way through a transaction, statements written
//! by hand that are still prepared once, and cursors.

use crate::{config::DatabaseConfig, error::Problem};
use diesel::{
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    result::QueryResult,
    serialize::ToSql,
    sql_types::{self as ty, HasSqlType, Untyped},
};
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
    TransactionManager,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
        deadpool::{Object, Pool as DeadPool},
    },
};
use futures_util::FutureExt;
use sha2::{Digest, Sha256};
use std::{
    ops::{Deref, DerefMut},
    time::Duration,
};

/// The pool of connections; only [`crate::auth::Ctx`], the job worker and the keeper of an outbox's receipts take from it.
#[derive(Clone)]
pub struct Pool {
    connections: DeadPool<AsyncPgConnection>,
    schema: String,
}

/// A connection on loan.
pub struct Conn(Option<Object<AsyncPgConnection>>);

impl Pool {
    /// Opens the pool and asks the server which schema it works in.
    ///
    /// # Errors
    /// 503 when the server cannot be reached.
    pub async fn connect(config: &DatabaseConfig) -> Result<Self, Problem> {
        // Statements are prepared once, and what most of them cost is their planning: arrays of unknown length and optional
        // conditions would have PostgreSQL plan them anew each time. In return no statement may depend on a parameter's
        // value for its plan: what narrows a list is part of the text, not `$n IS NULL OR …`.
        let setup = format!(
            "SET plan_cache_mode = force_generic_plan; SET statement_timeout = {}; SET idle_in_transaction_session_timeout = '10s'; SET TIME ZONE 'UTC'; \
             SET application_name = 'steward'",
            config.statement_timeout.as_millis()
        );
        let mut manager = ManagerConfig::<AsyncPgConnection>::default();
        // A ping at every check-out would halve the reads; a lost connection is noticed by its own task instead.
        manager.recycling_method = RecyclingMethod::Fast;
        manager.custom_setup = Box::new(move |url| {
            let setup = setup.clone();
            async move {
                let mut conn = AsyncPgConnection::establish(url).await?;
                conn.batch_execute(&setup)
                    .await
                    .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
                Ok(conn)
            }
            .boxed()
        });
        let connections = DeadPool::builder(AsyncDieselConnectionManager::new_with_config(
            config.url_with_search_path(),
            manager,
        ))
        .max_size(config.pool_size)
        .wait_timeout(Some(config.acquire_timeout))
        .create_timeout(Some(Duration::from_secs(3)))
        .recycle_timeout(Some(Duration::from_secs(3)))
        .runtime(deadpool::Runtime::Tokio1)
        .build()
        .map_err(Problem::internal)?;
        let mut pool = Self {
            connections,
            schema: String::new(),
        };
        #[derive(diesel::QueryableByName)]
        struct Schema {
            #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
            name: Option<String>,
        }
        let mut conn = pool.get().await?;
        let row: Schema = statement("SELECT current_schema()::text AS name")
            .get_result(&mut *conn)
            .await?;
        pool.schema = row
            .name
            .ok_or_else(|| Problem::internal("the search_path names no schema that exists"))?;
        Ok(pool)
    }

    /// Takes a connection, waiting a bounded time.
    ///
    /// # Errors
    /// 503 when none is free in time or the server cannot be reached.
    pub async fn get(&self) -> Result<Conn, Problem> {
        Ok(Conn(Some(self.connections.get().await?)))
    }

    /// The city's schema.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// Key of the advisory lock `name` in this city: two cities in one database never lock each other.
    pub fn lock_key(&self, name: &str) -> i64 {
        let digest = Sha256::digest(format!("steward:{}:{name}", self.schema));
        i64::from_be_bytes(std::array::from_fn(|i| digest[i]))
    }

    /// How many connections are open, and how many of them idle.
    pub fn in_use(&self) -> (usize, usize) {
        let status = self.connections.status();
        (status.size, status.available)
    }
}

impl Deref for Conn {
    type Target = AsyncPgConnection;
    #[expect(clippy::expect_used, reason = "the connection is taken out only by drop")]
    fn deref(&self) -> &AsyncPgConnection {
        self.0.as_ref().expect("held until dropped")
    }
}

impl DerefMut for Conn {
    #[expect(clippy::expect_used, reason = "the connection is taken out only by drop")]
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        self.0.as_mut().expect("held until dropped")
    }
}

impl Drop for Conn {
    /// A request that died inside a transaction leaves no lock behind: its connection is closed, not given back.
    fn drop(&mut self) {
        let Some(mut object) = self.0.take() else { return };
        let status = AnsiTransactionManager::transaction_manager_status_mut(&mut *object);
        if !matches!(status.transaction_depth(), Ok(None)) {
            drop(Object::take(object));
        }
    }
}

/// Runs `work` in a transaction: commits on `Ok`, rolls back on `Err`.
///
/// # Errors
/// What `work` or the database said.
pub async fn transaction<T, F>(conn: &mut AsyncPgConnection, work: F) -> Result<T, Problem>
where
    F: AsyncFnOnce(&mut AsyncPgConnection) -> Result<T, Problem>,
{
    AnsiTransactionManager::begin_transaction(conn).await?;
    match work(conn).await {
        Ok(value) => {
            AnsiTransactionManager::commit_transaction(conn).await?;
            Ok(value)
        }
        Err(problem) => {
            if let Err(error) = AnsiTransactionManager::rollback_transaction(conn).await {
                tracing::warn!(%error, "rollback failed; the connection will be closed");
            }
            Err(problem)
        }
    }
}

/// Makes every statement of the transaction see one state of the database; the first statement of a transaction.
///
/// # Errors
/// What the database said.
pub async fn one_snapshot(conn: &mut AsyncPgConnection) -> Result<(), Problem> {
    statement("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        .execute(conn)
        .await?;
    Ok(())
}

/// A statement written by hand, with `$1`, `$2` … bound in order.
///
/// diesel's own `sql_query` is prepared anew each time; this one is cached by its text like any other query.
pub fn statement(text: &'static str) -> Statement<()> {
    Statement { text, binds: () }
}

/// See [`statement`].
pub struct Statement<B> {
    text: &'static str,
    binds: B,
}

/// One more bound value at the end of the list `L`.
pub struct Bound<L, ST, V> {
    before: L,
    value: V,
    marker: std::marker::PhantomData<ST>,
}

impl<B> Statement<B> {
    /// Binds the next placeholder as SQL type `ST`.
    pub fn bind<ST, V>(self, value: V) -> Statement<Bound<B, ST, V>> {
        Statement {
            text: self.text,
            binds: Bound {
                before: self.binds,
                value,
                marker: std::marker::PhantomData,
            },
        }
    }
}

/// A list of bound values.
pub trait Binds {
    /// Sends the values, in the order in which they were bound.
    fn push<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()>;
}

impl Binds for () {
    fn push<'b>(&'b self, _: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        Ok(())
    }
}

impl<L: Binds, ST, V: ToSql<ST, Pg>> Binds for Bound<L, ST, V>
where
    Pg: HasSqlType<ST>,
{
    fn push<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.before.push(out.reborrow())?;
        out.push_bind_param_value_only::<ST, V>(&self.value)
    }
}

impl<B: Binds> QueryFragment<Pg> for Statement<B> {
    /// The text as it stands; each value is sent once, however often the text names it.
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(self.text);
        self.binds.push(out)
    }
}

impl<B> QueryId for Statement<B> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<B> Query for Statement<B> {
    type SqlType = Untyped;
}

impl<B, Conn> diesel::RunQueryDsl<Conn> for Statement<B> {}

/// Applies the migrations that are missing.
///
/// The harness blocks its thread, so it has one of its own with a runtime of its own.
///
/// # Errors
/// What the database or a migration said.
pub fn migrate(config: &DatabaseConfig) -> Result<Vec<String>, String> {
    with_harness(config, |harness| {
        use diesel_migrations::MigrationHarness;
        let run = harness
            .run_pending_migrations(MIGRATIONS)
            .map_err(|e| e.to_string())?;
        Ok(run.iter().map(ToString::to_string).collect())
    })
}

/// Takes back every migration; for tests of `down.sql`.
///
/// # Errors
/// What the database or a migration said.
pub fn revert_all(config: &DatabaseConfig) -> Result<usize, String> {
    with_harness(config, |harness| {
        use diesel_migrations::MigrationHarness;
        harness
            .revert_all_migrations(MIGRATIONS)
            .map(|run| run.len())
            .map_err(|e| e.to_string())
    })
}

/// The migrations, embedded in the binary.
pub const MIGRATIONS: diesel_migrations::EmbeddedMigrations = diesel_migrations::embed_migrations!();

type Harness = diesel_async::AsyncMigrationHarness<AsyncPgConnection>;

fn with_harness<T: Send + 'static>(
    config: &DatabaseConfig,
    work: impl FnOnce(&mut Harness) -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let url = config.url_with_search_path();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|e| e.to_string())?;
        runtime.block_on(async move {
            let mut conn = AsyncPgConnection::establish(&url)
                .await
                .map_err(|e| e.to_string())?;
            // A migration that waits for a lock holds up everybody behind it: better to fail and be run again.
            conn.batch_execute("SET lock_timeout = '5s'")
                .await
                .map_err(|e| e.to_string())?;
            work(&mut diesel_async::AsyncMigrationHarness::new(conn))
        })
    })
    .join()
    .map_err(|_| "the migration thread panicked".to_owned())?
}

/// An array column without its nulls: the schema printer takes every array's elements for nullable.
///
/// `#[diesel(deserialize_as = db::List<String>)]` on a `Vec<String>` field.
#[derive(Debug, diesel::deserialize::FromSqlRow)]
pub struct List<T>(Vec<T>);

impl<T, ST> diesel::deserialize::FromSql<ty::Array<ty::Nullable<ST>>, Pg> for List<T>
where
    Vec<Option<T>>: diesel::deserialize::FromSql<ty::Array<ty::Nullable<ST>>, Pg>,
    ST: diesel::sql_types::SqlType<IsNull = diesel::sql_types::is_nullable::NotNull>,
{
    fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
        let items: Vec<Option<T>> = diesel::deserialize::FromSql::from_sql(bytes)?;
        Ok(Self(items.into_iter().flatten().collect()))
    }
}

impl<T> From<List<T>> for Vec<T> {
    fn from(list: List<T>) -> Self {
        list.0
    }
}
