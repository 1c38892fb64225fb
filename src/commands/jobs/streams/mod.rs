//! `bursar jobs streams`: the streams of Redis in front of the jobs, compared with these, and put right.

mod args;
mod change;
mod show;

pub use args::Streams;

use super::look::{Looked, look};
use crate::commands::{Context, Outcome, beside, var};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::jobs::streams::{self, Grace, Redis, RedisTarget, StreamActs};
use crate::packs::{JobStream, Pack};

pub(super) async fn run(context: &Context, args: Streams) -> Outcome {
    let acts = StreamActs { requeue: args.requeue, ack: args.ack, claim: args.claim.clone() };
    let changes = acts.requeue || acts.ack || acts.claim.is_some();
    if !changes && (args.dry_run || args.max.is_some() || args.reason.is_some()) {
        return Err(Error::usage("--dry-run, --max and --reason belong to a change")
            .hint("add --requeue, --ack or --claim CONSUMER"));
    }
    let Looked { database, mut tx, pack, hidden } = look(context).await?;
    let chosen = chosen(&pack, &args)?;
    if changes && !args.dry_run {
        streams::prepared(&mut tx).await?;
    }
    tx.rollback().await?;
    let target = target(context).await?;
    let mut redis = Redis::connect(&target, context.global.connect_timeout, context.global.timeout).await?;
    let mut reads = database.reads().await?;
    let grace = Grace { young: args.grace, gone: args.idle };
    let found = streams::compare(&mut reads, &mut redis, &pack, &chosen, grace).await?;
    if !changes {
        return show::show(context, &args, &pack, &target, &hidden, &found);
    }
    let planned =
        change::Planned { database: &database, pack: &pack, target: &target, streams: &chosen, found: &found };
    change::run(context, &args, &acts, grace, planned, (reads, &mut redis)).await
}

/// The streams of the pack, or the one that the flags name.
fn chosen(pack: &Pack, args: &Streams) -> Result<Vec<JobStream>> {
    let streams = &pack.need_jobs()?.streams;
    match (&streams[..], &args.stream, &args.group) {
        ([], ..) => Err(Error::usage(format!("{} has no streams in front of its jobs", pack.name))
            .hint("[[jobs.streams]] of pack.toml names them: docs/packs.md")),
        (all, None, None) => Ok(all.to_vec()),
        ([one], stream, group) => {
            let mut one = one.clone();
            one.stream = stream.clone().unwrap_or(one.stream);
            one.group = group.clone().unwrap_or(one.group);
            Ok(vec![one])
        }
        _ => Err(Error::usage(format!(
            "{} has several streams, so --stream and --group cannot name another one",
            pack.name
        ))
        .hint("change [[jobs.streams]] of pack.toml")),
    }
}

/// The Redis that the environment and the configuration name.
async fn target(context: &Context) -> Result<RedisTarget> {
    let env_name = context.global.env.clone();
    let target = beside(move || {
        let directory =
            std::env::current_dir().map_err(|e| Error::usage(format!("cannot tell the working directory: {e}")))?;
        streams::resolve(&Config::load(&directory)?, env_name.as_deref(), &var)
    })
    .await?;
    target.warnings.iter().for_each(|warning| context.ui.warn(warning));
    context.ui.detail(&format!("Redis: {target}, from {}", target.source));
    Ok(target)
}
