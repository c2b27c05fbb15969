//! `vivat receipt verify`: whether a receipt counts, without a server and without a network.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::clock::SystemClock;
use crate::domain::clock::Clock;
use crate::log::export::Line;
use crate::log::note::VerifierKey;
use crate::log::verify::Export;
use crate::receipt::claims::{Claims, MAX_BYTES, Refusal, token_in};
use crate::receipt::logged::Logged;
use crate::receipt::status_list::StatusToken;
use crate::signing::jwk::JwkSet;
use crate::words;

/// Exit code of a receipt that does not count.
const NOT_VALID: u8 = 1;

/// Arguments of `vivat receipt verify`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// File with the receipt, or with the address out of its QR code; - for standard input
    receipt: PathBuf,
    /// File with the keys of the issuer, from its /.well-known/jwks.json
    #[arg(long, value_name = "FILE")]
    keys: PathBuf,
    /// File with the status list that the receipt names: finds a receipt that was revoked
    #[arg(long, value_name = "FILE")]
    status: Option<PathBuf>,
    /// Export of the log: finds a receipt of something that never happened
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Key of the log, as NAME+ID+KEY, instead of the one that its export names
    #[arg(long, value_name = "KEY", requires = "log")]
    log_key: Option<VerifierKey>,
    /// Day on which the receipt has to count, as YYYY-MM-DD [default: today]
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let text = read_receipt(&args.receipt)?;
    let token = token_in(&text);
    let keys: JwkSet = serde_json::from_slice(&read(&args.keys)?)
        .with_context(|| format!("{} does not hold a set of keys", args.keys.display()))?;
    if keys.is_empty() {
        bail!("{} holds no key of a kind that signs receipts", args.keys.display());
    }
    let claims = match Claims::read(token, |kid| keys.find(kid)) {
        Ok(claims) => claims,
        Err(refusal) => {
            println!("NOT VALID: {refusal}");
            return Ok(ExitCode::from(NOT_VALID));
        }
    };
    let moment = moment(args.on, &claims);
    let mut faults = Vec::new();
    if claims.is_over(moment) {
        faults.push(format!("its last day was {}", claims.valid_until));
    }
    if claims.iat > moment.as_second() {
        faults.push("it is of a later day".to_owned());
    }
    if let Some(file) = &args.status {
        faults.extend(revoked(file, &claims, &keys, moment)?.then(|| "it was revoked".to_owned()));
    }
    let place = match &args.log {
        Some(file) => in_log(file, args.log_key.as_ref(), &claims, token, &mut faults)?,
        None => None,
    };
    print(&claims, place, &faults);
    if args.status.is_none() {
        println!("  not looked at: whether it was revoked; --status takes {}", claims.status.status_list.uri);
    }
    if args.log.is_none() {
        println!("  not looked at: whether the log has it; --log takes an export");
    } else if args.log_key.is_none() {
        println!("  taken on trust: the key in the export of the log; --log-key takes one that you know");
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(NOT_VALID) })
}

fn read_receipt(file: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    // The address before the token may be long, too.
    let limit = 2 * MAX_BYTES as u64;
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_string(&mut text)
    } else {
        File::open(file).and_then(|file| file.take(limit).read_to_string(&mut text))
    };
    read.with_context(|| format!("cannot read {}", file.display()))?;
    Ok(text)
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

/// Now, or the last second of a day where the receipt counts days.
fn moment(on: Option<Date>, claims: &Claims) -> Timestamp {
    let Some(day) = on else { return SystemClock.now() };
    // A receipt says when its last day is over at the office: so it tells how far the office is from here.
    let midnight = claims.valid_until.tomorrow().and_then(|next| next.to_zoned(TimeZone::UTC));
    let offset = midnight.map_or(0, |utc| utc.timestamp().as_second() - claims.exp);
    let end = day.tomorrow().and_then(|next| next.to_zoned(TimeZone::UTC));
    end.and_then(|utc| Timestamp::from_second(utc.timestamp().as_second() - offset - 1)).unwrap_or(Timestamp::MAX)
}

fn revoked(file: &Path, claims: &Claims, keys: &JwkSet, moment: Timestamp) -> anyhow::Result<bool> {
    let (place, shown) = (&claims.status.status_list, file.display());
    let token = String::from_utf8(read(file)?).with_context(|| format!("{shown} does not hold a status list"))?;
    let list = StatusToken::read(&token, |kid| keys.find(kid)).map_err(|refusal| match refusal {
        Refusal::NotAReceipt => anyhow::anyhow!("{shown} does not hold a status list"),
        other => anyhow::anyhow!("the status list in {shown} is not to be believed: {other}"),
    })?;
    if list.uri != place.uri {
        bail!("{shown} holds the list {}; the receipt is on {}", list.uri, place.uri);
    }
    if list.expires_at <= moment.as_second() {
        bail!("the status list in {shown} is too old: fetch it again from {}", place.uri);
    }
    list.list.is_revoked(place.idx).with_context(|| format!("the status list in {shown} does not reach to the receipt"))
}

/// The number of the entry in an export that is whole.
fn in_log(
    file: &Path,
    key: Option<&VerifierKey>,
    claims: &Claims,
    token: &str,
    faults: &mut Vec<String>,
) -> anyhow::Result<Option<u64>> {
    let shown = file.display();
    let kid = Claims::key_of(token).unwrap_or_default();
    let mut logged = Logged::new(claims, &kid);
    let lines = BufReader::new(File::open(file).with_context(|| format!("cannot read {shown}"))?).lines();
    let mut lines = lines.map(|line| Ok::<_, anyhow::Error>(serde_json::from_str::<Line>(&line?)?));
    let first = lines.next().transpose().with_context(|| format!("{shown} is not an export"))?;
    let mut export = Export::begin(first).with_context(|| format!("{shown} is not an export"))?;
    for line in lines {
        let line = line.with_context(|| format!("{shown} is not an export"))?;
        if let Line::Entry { number, content } = &line {
            logged.see(*number, content);
        }
        export.push(line)?;
    }
    let named = export.named_key().parse::<VerifierKey>();
    let key = match key {
        Some(key) => key,
        None => named.as_ref().map_err(|_| anyhow::anyhow!("the export names no key of a log"))?,
    };
    if !export.verify(key, None).faults.is_empty() {
        bail!("the log in {shown} was tampered with: `vivat log verify` tells where");
    }
    if claims.log.origin.as_deref().is_some_and(|origin| origin != key.name()) {
        bail!("{shown} is another log than the one that the receipt names");
    }
    match logged.verdict() {
        Ok(number) => Ok(Some(number)),
        Err(contradictions) => {
            faults.extend(contradictions.iter().map(ToString::to_string));
            Ok(None)
        }
    }
}

fn print(claims: &Claims, place: Option<u64>, faults: &[String]) {
    match faults {
        [] => println!("valid: a receipt of {}", claims.iss),
        _ => println!("NOT VALID: {}", faults.join("; ")),
    }
    let schemes: Vec<_> = claims.schemes.iter().map(|scheme| words::name_of(*scheme).en).collect();
    println!("  certification  {}", claims.jti);
    println!("  of             {:.0}", Timestamp::from_second(claims.iat).unwrap_or_default());
    println!("  valid until    {}", claims.valid_until);
    println!("  counts for     {}", schemes.join(", "));
    println!("  agency         {}", claims.agency);
    println!("  how            {}", words::way_of(claims.method).en);
    println!("  person         {} (a pseudonym)", claims.sub);
    match place {
        Some(number) => println!("  in the log     entry {number}"),
        None => println!("  in the log     entry {} (by its identifier)", claims.log.entry),
    }
}
