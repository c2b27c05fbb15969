//! Two nodes on one PostgreSQL, beside one.
//!
//! Each node is bound to a core. What serves one node (client, and the database's processes of its connections) is bound to
//! its core too, and what serves two to both cores, so that a core has the same work in either case. The CPU time of each is
//! told: what two nodes would give where client and database have cores of their own is twice what one node needs for a
//! certification, by what it needs beside another.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::client::Burst;
use super::load::closed;
use super::node::{Node, bind, cpu_seconds, fill};
use super::{Outcome, TURNS, UNDER_WAY, median};

const WITHOUT_MARKS: &str = "delete from frame_mark; \
    create function omit() returns trigger language plpgsql as 'begin return null; end'; \
    create trigger bench before insert on frame_mark for each row execute function omit()";

const PROCESSES: &str = "select pid from pg_stat_activity where datname = $1 and backend_type = 'client backend'";

pub(super) async fn measure(server: &str, span: Duration) -> Outcome<Value> {
    let name = format!("vivat_bench_{:016x}", rand::random::<u64>());
    let mut admin = PgConnection::connect(server).await?;
    admin.execute(AssertSqlSafe(format!("create database {name} template template0 encoding 'UTF8'"))).await?;
    let told = on(server, &name, &mut admin, span).await;
    bind(std::process::id(), "0,1");
    admin.execute(AssertSqlSafe(format!("drop database {name} with (force)"))).await?;
    told
}

async fn on(server: &str, name: &str, admin: &mut PgConnection, span: Duration) -> Outcome<Value> {
    let (address, parameters) = server.split_once('?').unwrap_or((server, ""));
    let (host, _) = address.rsplit_once('/').ok_or("VIVAT_TEST_POSTGRES names no database")?;
    let url = format!("{host}/{name}?{parameters}");
    let place = tempfile::tempdir()?;
    fill(place.path(), Some(&url))?;
    PgConnection::connect(&url).await?.execute(sqlx::raw_sql(WITHOUT_MARKS)).await?;
    let nodes =
        [Node::start(place.path(), Some(&url), Some(0), 1)?, Node::start(place.path(), Some(&url), Some(1), 1)?];
    let bases = nodes.each_ref().map(|node| node.base.clone());
    let burst = Burst::of(3)?;
    let _warm = closed(&bases, &burst, 2 * UNDER_WAY, span / 5).await?;
    let (mut one, mut two, mut database_bound) = (Vec::new(), Vec::new(), true);
    for _ in 0..TURNS {
        for (nodes, measured) in [(&nodes[..1], &mut one), (&nodes[..], &mut two)] {
            let database: Vec<u32> = sqlx::query_scalar::<_, i32>(PROCESSES)
                .bind(name)
                .fetch_all(&mut *admin)
                .await?
                .into_iter()
                .map(i32::cast_unsigned)
                .collect();
            let cores = if nodes.len() == 1 { "0" } else { "0,1" };
            bind(std::process::id(), cores);
            database_bound &= database.iter().all(|process| bind(*process, cores));
            let parts = [nodes.iter().map(Node::process).collect(), database, vec![std::process::id()]].map(Part::of);
            let done = closed(&bases[..nodes.len()], &burst, nodes.len() * UNDER_WAY, span / TURNS).await?;
            let each = 1e3 / done.certified.max(1) as f64;
            let [node, database, client] = parts.each_ref().map(|part| part.spent() * each);
            measured.push([done.certified as f64 / done.seconds, node, database, client]);
        }
    }
    let [one, two] = [one, two].map(|runs| [0, 1, 2, 3].map(|at| median(runs.iter().map(|run| run[at]).collect())));
    let told = |[rate, node, database, client]: [f64; 4]| {
        json!({
            "certifications_per_s": rate, "cpu_ms": {"node": node, "database": database, "client": client},
        })
    };
    Ok(json!({
        "one_node": told(one), "two_nodes": told(two), "database_bound": database_bound,
        "ratio": two[0] / one[0], "ratio_with_cores_of_their_own": 2.0 * one[1] / two[1],
    }))
}

/// Processes whose CPU time is added up. One that ended meanwhile is left out.
struct Part(Vec<(u32, f64)>);

impl Part {
    fn of(processes: Vec<u32>) -> Self {
        Self(processes.into_iter().filter_map(|process| Some((process, cpu_seconds(process).ok()?))).collect())
    }

    fn spent(&self) -> f64 {
        self.0.iter().filter_map(|(process, before)| Some(cpu_seconds(*process).ok()? - before)).sum()
    }
}
