//! `bursar demo`: the main job, on a private Postgres that is gone afterwards.

use std::rc::Rc;
use std::time::Instant;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use clap::Args;
use sqlx::{AssertSqlSafe, Executor as _};

use super::{Context, Done, Outcome, now};
use crate::audit::{self, Report};
use crate::db::{Consent, Database, Protection, Tx};
use crate::error::{Error, Result, ResultExt as _};
use crate::jobs::{self, Queue};
use crate::migrate::{self, Set};
use crate::output::{Format, Page, Ui};
use crate::packs::{self, Pack};
use crate::reconcile::{self, Movement, MovementKind, MovementStatus, Range, Rows, Source};
use crate::refund::gateway::RecordOnly;
use crate::refund::{self, IfSpent, RECORD_ONLY, RefundReason, RefundRequest, RefundSession, Requested};
use crate::sandbox::{Binaries, Ephemeral, Options};
use crate::seed::{self, Plan};
use crate::text::{counted, escape, thousands};
use crate::{operations, payments};

/// Show bursar at work, on a private temporary Postgres
///
/// Starts a private Postgres in a temporary directory. Migrates, seeds and audits a database, puts three faults in and
/// lets the audit find them. Refunds a payment, shows why jobs fail, and shows business figures. Nothing else is touched,
/// and the directory is removed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bursar demo\n  bursar demo --keep")]
pub struct Demo {
    /// Keep the database running, and print how to connect
    #[arg(long)]
    pub keep: bool,
}

/// Number of simulated users.
const USERS: u64 = 1000;
/// The faults that are put in before the reader's eyes, one of each kind.
const FAULTS: [&str; 3] = ["balance_drift", "running_edited", "lost_update"];
/// The topic of the figures.
const TOPIC: &str = "payments";

/// Plays the scenes.
pub async fn run(context: &Context, args: Demo) -> Outcome {
    let stage = Stage { ui: &context.ui };
    let pack = packs::named(seed::DEMONSTRATION)?;

    stage.title(&format!("bursar on {}, in a private Postgres", pack.title))?;
    let started = Instant::now();
    let (server, version) = tokio::task::spawn_blocking(|| {
        let binaries = Binaries::find(&super::os_var)?;
        Ok::<_, Error>((Ephemeral::start(&binaries, &Options::from_env(&super::os_var))?, binaries.version))
    })
    .await
    .map_err(|e| Error::failed(format!("the private server's start ended unexpectedly: {e}")))??;
    stage.done(
        &format!("PostgreSQL {version} in {}", server.socket_dir().parent().unwrap_or(&server.socket_dir()).display()),
        started,
    )?;
    let database = create(context, &server, &pack.name).await?;

    migrate(context, &stage, &database, &pack).await?;
    fill(context, &stage, &database, &pack).await?;
    let clean = examine(&stage, &database, &pack).await?;
    if clean.summary.errors > 0 {
        return Err(Error::failed("the seeded data did not audit clean, which is a defect of bursar"));
    }
    tamper(&stage, &database, &pack).await?;
    examine(&stage, &database, &pack).await?;
    pay_back(context, &stage, &database, &pack).await?;
    ask_the_gateway(&stage, &database, &pack).await?;
    look_around(context, &stage, &database, &pack).await?;

    if args.keep {
        let url = server.url(&pack.name);
        let dir = tokio::task::spawn_blocking(|| server.keep())
            .await
            .map_err(|e| Error::failed(format!("could not keep the server: {e}")))??;
        stage.title("Left running")?;
        stage.say(&format!(
            "connect:  psql '{url}'\naudit:    bursar audit -d '{url}'\nstop:     bursar sandbox stop --dir {}",
            dir.display()
        ))?;
    } else {
        let started = Instant::now();
        tokio::task::spawn_blocking(|| drop(server))
            .await
            .map_err(|e| Error::failed(format!("could not stop the server: {e}")))?;
        stage.title("The end")?;
        stage.done("the private server is stopped and its directory removed", started)?;
    }
    Ok(Done::Clean)
}

async fn create(context: &Context, server: &Ephemeral, name: &str) -> Result<Database> {
    let maintenance = context.private_database(&server.url("postgres"))?;
    let permit = maintenance.permit(Protection::Open, &Consent::Yes)?;
    let mut session = maintenance.session(&permit).await?;
    session.execute(AssertSqlSafe(format!("CREATE DATABASE {}", crate::db::quote_identifier(name)))).await?;
    context.private_database(&server.url(name))
}

async fn migrate(context: &Context, stage: &Stage<'_>, database: &Database, pack: &Pack) -> Result<()> {
    stage.command(&format!("bursar migrate up --app {}", pack.name))?;
    let started = Instant::now();
    let permit = database.permit(Protection::Open, &Consent::Yes)?;
    let mut session = database.session(&permit).await?;
    let sets = [Set::bursar()?, Set::application(&pack.name)?];
    let options = migrate::Options::new(context.actor());
    let applied = migrate::up(&mut session, database, &sets, migrate::Until::default(), &options, |_| {}).await?;
    migrate::functions::install(&mut session, &[pack]).await?;
    stage.done(&format!("{} applied", counted(applied, "migration")), started)
}

async fn fill(context: &Context, stage: &Stage<'_>, database: &Database, pack: &Pack) -> Result<()> {
    stage.command(&format!("bursar seed --users {USERS}"))?;
    let started = Instant::now();
    let until = now().date_naive().and_time(NaiveTime::MIN).and_utc();
    let plan = Plan { users: USERS, seed: 1, days: 90, until, append: false, faults: Vec::new() };
    let permit = database.permit(Protection::Open, &Consent::Yes)?;
    let mut tx = database.write(&permit).await?;
    let mut progress = stage.ui.progress("users", Some(USERS));
    let seeded = seed::run(&mut tx, pack, &plan, &context.actor(), |done| progress.set(done)).await?;
    drop(progress);
    tx.commit().await?;
    seed::analyze(database, &permit, pack, &seeded).await?;
    operations::link(database, &permit).await?;
    let rows: Vec<String> = seeded.tables.iter().map(|(table, rows)| format!("{} {table}", thousands(rows))).collect();
    stage.done(&rows.join(", "), started)
}

async fn examine(stage: &Stage<'_>, database: &Database, pack: &Pack) -> Result<Report> {
    // The gateway of the payments is made up, so nobody can compare with it.
    stage.command("bursar audit --skip gateway")?;
    let started = Instant::now();
    let tx = database.read().await?;
    let options = audit::Options { limit: 3, skip: vec!["gateway".to_owned()], ..audit::Options::default() };
    let report = audit::run(database, tx, std::slice::from_ref(pack), &options, &mut |_| {}).await?;
    let took = format!(" ({:.1} s)", started.elapsed().as_secs_f64());
    let mut text = Vec::new();
    super::audit::render_findings(stage.ui, &report, &mut text)?;
    // Its tables are as wide as the terminal, so it is not indented. Its first line keeps its own indent.
    let text = String::from_utf8_lossy(&text);
    let text = text.trim_end().trim_start_matches('\n');
    stage.ui.data(&format!("{text}{}", stage.ui.paint_out(&took, "2")))?;
    Ok(report)
}

async fn tamper(stage: &Stage<'_>, database: &Database, pack: &Pack) -> Result<()> {
    stage.title("Somebody changes rows behind the application's back")?;
    let wanted: Vec<String> = FAULTS.iter().map(|f| (*f).to_owned()).collect();
    let faults = seed::choose_faults(pack, &wanted)?;
    let permit = database.permit(Protection::Open, &Consent::Yes)?;
    let mut tx = database.write(&permit).await?;
    pack.enter(&mut tx).await?;
    let (put, _) = seed::put_faults(&mut tx, &faults, 1).await?;
    tx.commit().await.context("putting the faults in")?;
    for fault in put {
        stage.say(&format!("{} {}", stage.ui.paint_out("✎", "33"), escape(&fault.message)))?;
    }
    Ok(())
}

/// Refunds a payment whose units are still there, and then once more. The money was moved elsewhere:
/// no gateway is asked.
async fn pay_back(context: &Context, stage: &Stage<'_>, database: &Database, pack: &Pack) -> Result<()> {
    stage.title("A customer wants their money back")?;
    let mut tx = database.read().await?;
    let filter = payments::Filter { refundable: true, ..payments::Filter::default() };
    let page = payments::list(&mut tx, pack, &filter, 200, None).await?;
    let mut found = None;
    for payment in page.payments {
        let terms = refund::preview(&mut tx, &payment.payment, None, IfSpent::Refuse, false).await?;
        if terms.refusal.is_none() {
            found = Some((payment, terms));
            break;
        }
    }
    tx.rollback().await?;
    let (payment, terms) =
        found.ok_or_else(|| Error::failed("no payment can be refunded, which is a defect of bursar"))?;
    let id = payment.provider_ids.first().cloned().unwrap_or_else(|| payment.payment.to_string());
    let command = format!("bursar refund create {id} --gateway {RECORD_ONLY} --gateway-ref re_demo");
    let gateway = RecordOnly::new("re_demo".to_owned());
    let permit = database.permit(Protection::Open, &Consent::Yes)?;
    let mut session = RefundSession::open(database, &permit, &context.actor()).await?;
    let request = RefundRequest {
        payment: payment.payment.clone(),
        amount: None,
        if_spent: IfSpent::Refuse,
        reason: RefundReason::RequestedByCustomer,
        note: None,
        gateway: RECORD_ONLY.to_owned(),
        gateway_ref: Some("re_demo".to_owned()),
        key: None,
        again: false,
        expected: None,
    };
    for time in 0..2 {
        let started = Instant::now();
        stage.command(&command)?;
        if time == 0 {
            stage.ui.show(&super::refund::preview(context, terms.effects()?, &gateway, request.reason.name()))?;
            stage.ui.data("\n")?;
        }
        let Requested { refund, existing } = session.request(&request).await?;
        let before = if existing { "already requested: " } else { "" };
        let sentence = super::refund::standing(&refund).1;
        stage.done(&format!("{before}refund {} {sentence}", refund.id), started)?;
    }
    operations::link(database, &permit).await?;
    Ok(())
}

/// The gateway's side as the application's payments have it, as an export of it: but for the newest refund of the
/// application, which never reached it, and for one more of a payment that nobody refunded here.
async fn export(tx: &mut Tx, pack: &Pack, range: Range) -> Result<Vec<u8>> {
    let filter = payments::Filter { since: Some(range.since), ..payments::Filter::default() };
    let page = payments::list(tx, pack, &filter, 0, None).await?;
    let (mut lost, mut made, mut lines) = (false, false, Vec::new());
    for payment in page.payments {
        let at = payment.created_at.and_then(|at| at.to_string().parse::<DateTime<Utc>>().ok());
        let (Some(minor), Some(currency), Some(at)) = (payment.amount.minor, &payment.amount.currency, at) else {
            continue;
        };
        let kept = refund::preview(tx, &payment.payment, None, IfSpent::Cap, true).await?;
        let is_refunded = !payment.refundable && kept.effects().is_ok_and(|effects| effects.payment.settled);
        let by_bursar = payments::refunds_of(tx, &payment.payment).await?.is_some_and(|refunds| !refunds.is_empty());
        let is_old = at < range.until - TimeDelta::days(5);
        // What was moved elsewhere has no refund there.
        let refunded = if is_refunded && !by_bursar {
            let is_lost = is_old && !lost;
            lost |= is_lost;
            !is_lost
        } else {
            let is_made = payment.refundable && is_old && !made && !by_bursar;
            made |= is_made;
            is_made
        };
        if !(payment.refundable || is_refunded) {
            continue;
        }
        let movement = |kind, id: String, amount: i64, created| Movement {
            id,
            kind,
            payment_ids: payment.provider_ids.clone(),
            refund: None,
            amount,
            currency: currency.clone(),
            settled: None,
            status: MovementStatus::Succeeded,
            created,
            available: None,
            payout: None,
        };
        let id = payment.provider_ids.last().cloned().unwrap_or_default();
        let refund = refunded
            .then(|| movement(MovementKind::Refund, id.replacen("ch_", "re_", 1), -minor, at + TimeDelta::hours(1)));
        for movement in std::iter::once(movement(MovementKind::Payment, id, minor, at)).chain(refund) {
            serde_json::to_writer(&mut lines, &movement).map_err(|e| Error::failed(e.to_string()))?;
            lines.push(b'\n');
        }
    }
    if !(lost && made) {
        return Err(Error::failed("no refund could be left out and made, which is a defect of bursar"));
    }
    Ok(lines)
}

/// Compares with the gateway, whose side was written to a file of movements.
async fn ask_the_gateway(stage: &Stage<'_>, database: &Database, pack: &Pack) -> Result<()> {
    stage.title("Does the gateway agree? One refund was made in its dashboard, and one of ours never reached it")?;
    let now = now();
    let range = Range { since: now - TimeDelta::days(30), until: now };
    let mut tx = database.read().await?;
    let export = export(&mut tx, pack, range).await?;
    stage.command("bursar payments reconcile --export gateway.ndjson --gateway stripe")?;
    let started = Instant::now();
    let mut sources: Vec<Box<dyn Source>> =
        vec![Box::new(Rows::new("stripe", "gateway.ndjson", std::io::Cursor::new(export)))];
    let options = reconcile::Options {
        range,
        now,
        grace: TimeDelta::days(3),
        payout: None,
        only: Some("stripe".to_owned()),
        accepted: Rc::default(),
        acknowledged: Rc::default(),
        flags: String::new(),
        is_export: true,
        keep_matched: false,
    };
    let theirs = reconcile::read_theirs(&mut sources, &options, &mut |_| {}).await?;
    let report = reconcile::compare(&mut tx, pack, theirs, &[], &options, &mut |_| {}).await?;
    tx.rollback().await?;
    super::payments::report::write(stage.ui, Format::Table, &report, 3, None)?;
    stage.done("compared", started)
}

/// Why jobs fail, and how business goes. Their tables are as wide as the terminal, so they are not indented.
async fn look_around(context: &Context, stage: &Stage<'_>, database: &Database, pack: &Pack) -> Result<()> {
    let mut tx = database.read().await?;
    stage.title("Why do jobs fail?")?;
    stage.command("bursar jobs triage")?;
    let queue = Queue::open(&mut tx, pack).await?;
    let (_, headline) = super::jobs::headed(context, &mut tx, &queue).await?;
    let triage = jobs::triage(&mut tx, &queue, &jobs::Filter::default()).await?;
    let page = super::jobs::triage::grouped(context, Format::Table, Page::text(headline.clone()), &triage);
    stage.ui.show(&page)?;
    stage.command("bursar jobs count --by type,status")?;
    let by = [jobs::By::Kind, jobs::By::Status];
    let counts = jobs::tally(&mut tx, &queue, &jobs::Filter::default(), &by).await?;
    stage.ui.show(&Page::text(headline).and_table(super::jobs::tally::table(context, &by, &counts)))?;
    stage.title("How does business go?")?;
    stage.command(&format!("bursar stats {TOPIC} --by week"))?;
    stage.ui.show(&super::stats::month(context, &mut tx, pack, TOPIC).await?)?;
    tx.rollback().await
}

/// The writer of the scenes.
struct Stage<'a> {
    ui: &'a Ui,
}

impl Stage<'_> {
    fn title(&self, text: &str) -> Result<()> {
        self.ui.say(&format!("\n{}", self.ui.paint_out(&escape(text), "1")))
    }

    fn command(&self, text: &str) -> Result<()> {
        self.ui.data(&format!("\n{} {}", self.ui.paint_out("$", "2"), self.ui.paint_out(text, "36;1")))
    }

    fn say(&self, text: &str) -> Result<()> {
        let indented: Vec<String> =
            text.lines().map(|l| if l.is_empty() { String::new() } else { format!("  {l}") }).collect();
        self.ui.say(&indented.join("\n"))
    }

    fn done(&self, text: &str, since: Instant) -> Result<()> {
        let seconds = since.elapsed().as_secs_f64();
        self.say(&format!(
            "{} {} {}",
            self.ui.paint_out("✓", "32"),
            escape(text),
            self.ui.paint_out(&format!("({seconds:.1} s)"), "2")
        ))
    }
}
