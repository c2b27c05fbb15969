//! `vivat staff`: who works here, as long as the console may say so alone.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Subcommand;
use jiff::SignedDuration;

use super::database::DatabaseArgs;
use super::serve::runtime;
use super::vault::VaultArgs;
use crate::clock::SystemClock;
use crate::domain::beneficiary::AgencyCode;
use crate::domain::permission::Role;
use crate::domain::staff::StaffMember;
use crate::service::staff::Console;
use crate::service::staff::accounts::NewStaff;
use crate::service::staff::credentials::IssuedCredentials;

/// Arguments of `vivat staff`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    vault: VaultArgs,
}

#[derive(Subcommand)]
enum Action {
    /// Make an account. Roles can be granted here until two administrators can do it together
    Add {
        /// Name to sign in with
        login: String,
        /// Staff number 工号 of the human being, the same for all their accounts
        #[arg(long)]
        number: String,
        /// As in the documents
        #[arg(long)]
        name: String,
        #[command(flatten)]
        grant: GrantArgs,
    },
    /// Grant a role, while there are not two administrators who can do it together
    Grant {
        /// Whose
        login: String,
        #[command(flatten)]
        grant: GrantArgs,
    },
    /// Issue new credentials to somebody who lost theirs; the former ones open nothing any more
    Reset {
        /// To whom
        login: String,
    },
    /// List the accounts and what they may do
    List,
    /// Print a token that acts for somebody, once; the log tells it
    Token {
        /// For whom
        login: String,
        /// How long it lasts
        #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(i64).range(1..=720))]
        hours: i64,
    },
    /// Let somebody sign in with a foreign identity provider
    #[cfg(feature = "oidc")]
    Link(super::staff_link::LinkArgs),
    /// Undo a link and end the sessions of the account, at once
    #[cfg(feature = "oidc")]
    Unlink(super::staff_link::LinkArgs),
    /// Disable an account and end its sessions, at once
    Disable {
        /// Whose
        login: String,
    },
    /// Make a disabled account good again
    Enable {
        /// Whose
        login: String,
    },
}

#[derive(clap::Args)]
struct GrantArgs {
    /// What they are: clerk, reviewer, supervisor, auditor or administrator; once for each
    #[arg(long, value_name = "ROLE", value_parser = |name: &str| Role::parse(name).ok_or("no such role"), requires = "agency")]
    role: Vec<Role>,
    /// Where: at this agency and all below it; 000000 is everywhere
    #[arg(long, value_name = "CODE", value_parser = AgencyCode::parse)]
    agency: Option<AgencyCode>,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    runtime()?.block_on(async {
        let store = args.database.open().await?;
        let vault = args.vault.open(&args.database, &store).await?;
        act(&Console::new(store, vault, Arc::new(SystemClock)), &args.action).await?;
        Ok(ExitCode::SUCCESS)
    })
}

async fn act(console: &Console, action: &Action) -> anyhow::Result<()> {
    match action {
        Action::Add { login, number, name, grant } => {
            let new = NewStaff { login: login.clone(), number: number.clone(), name: name.clone() };
            let member = console.add_staff(&new).await?;
            give(console, &member, grant).await?;
            hand_out(&console.issue_credentials(&member).await?);
        }
        Action::Reset { login } => {
            hand_out(&console.issue_credentials(&console.find_staff(login).await?).await?);
        }
        Action::Grant { login, grant } => give(console, &console.find_staff(login).await?, grant).await?,
        Action::List => console.staff().await?.iter().for_each(print),
        Action::Token { login, hours } => {
            let member = console.find_staff(login).await?;
            println!("{}", console.open_session(member.id, SignedDuration::from_hours(*hours)).await?.reveal());
        }
        #[cfg(feature = "oidc")]
        Action::Link(link) => link.link(console).await?,
        #[cfg(feature = "oidc")]
        Action::Unlink(link) => link.unlink(console).await?,
        Action::Disable { login } => {
            console.set_disabled(console.find_staff(login).await?.id, true).await?;
            println!("disabled: {login}");
        }
        Action::Enable { login } => {
            console.set_disabled(console.find_staff(login).await?.id, false).await?;
            println!("enabled: {login}");
        }
    }
    Ok(())
}

async fn give(console: &Console, member: &StaffMember, grant: &GrantArgs) -> anyhow::Result<()> {
    for (role, agency) in grant.role.iter().zip(std::iter::repeat(&grant.agency)) {
        let Some(agency) = agency else { continue };
        console.grant(member.id, *role, agency).await?;
        println!("granted: {} at {}", role.name(), agency.as_str());
    }
    Ok(())
}

/// Shown once, and kept nowhere.
fn hand_out(issued: &IssuedCredentials) {
    println!("login: {}", issued.staff.login);
    println!("password for the first sign-in: {}", issued.password);
    println!("authenticator: {}", issued.authenticator);
}

fn print(member: &StaffMember) {
    let state = if member.disabled_at.is_some() { "disabled" } else { "active" };
    let role = |grant: &crate::domain::staff::Grant| format!("{}@{}", grant.role.name(), grant.agency.as_str());
    let roles: Vec<_> = member.grants.iter().map(role).collect();
    let (login, number, name) = (member.login.as_str(), member.number.as_str(), member.name.as_str());
    println!("{state:8} {:.0} {login} {number} {name} {}", member.created_at, roles.join(" "));
}
