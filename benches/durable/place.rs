//! Where stores are: files in a temporary folder, and databases of a server.

use std::path::PathBuf;

use fire_and_forget_durable::sqlx::{self, AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

use crate::Result;
use crate::storing::runtime;

/// A kind of store, and where those of this run are; all are gone afterwards.
pub(crate) struct Place {
    pub(crate) name: &'static str,
    folder: TempDir,
    /// The URL of a Postgres server.
    server: Option<String>,
}

impl Place {
    pub(crate) fn sqlite() -> Result<Self> {
        Ok(Self {
            name: "SQLite",
            folder: tempfile::tempdir()?,
            server: None,
        })
    }

    pub(crate) fn postgres(server: String) -> Result<Self> {
        Ok(Self {
            name: "Postgres",
            folder: tempfile::tempdir()?,
            server: Some(server),
        })
    }

    /// For what processes leave behind.
    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().into()
    }

    /// A store of this name; a former one is removed.
    pub(crate) fn create(&self, name: &str) -> Result<String> {
        self.remove(name)?;
        self.execute(|| format!("CREATE DATABASE {}", database(name)))?;
        Ok(self.url(name))
    }

    /// A copy of a store that nobody has open; a former one of this name is removed.
    pub(crate) fn copy(&self, of: &str, name: &str) -> Result<String> {
        self.remove(name)?;
        if self.server.is_none() {
            std::fs::copy(self.file(of), self.file(name))?;
            // Nobody's next commit has to write it.
            std::fs::File::open(self.file(name))?.sync_all()?;
        }
        self.execute(|| {
            format!(
                "CREATE DATABASE {} TEMPLATE {}",
                database(name),
                database(of)
            )
        })?;
        self.execute(|| "CHECKPOINT".into())?;
        Ok(self.url(name))
    }

    pub(crate) fn remove(&self, name: &str) -> Result<()> {
        for suffix in ["", "-wal", "-shm"] {
            let mut file = self.file(name).into_os_string();
            file.push(suffix);
            let _ = std::fs::remove_file(file);
        }
        self.execute(|| format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", database(name)))
    }

    fn url(&self, name: &str) -> String {
        match &self.server {
            None => format!("sqlite:{}", self.file(name).display()),
            Some(server) => {
                let (server, _) = server.rsplit_once('/').unwrap_or((server, ""));
                format!("{server}/{}", database(name))
            }
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name).with_extension("db")
    }

    /// On a server; a file needs no statement.
    fn execute(&self, sql: impl FnOnce() -> String) -> Result<()> {
        let Some(server) = &self.server else {
            return Ok(());
        };
        runtime()?.block_on(async {
            let mut connection = PgConnection::connect(server).await?;
            sqlx::query(AssertSqlSafe(sql()))
                .execute(&mut connection)
                .await?;
            connection.close().await?;
            Ok(())
        })
    }
}

fn database(name: &str) -> String {
    format!("durable_bench_{}_{name}", std::process::id())
}
