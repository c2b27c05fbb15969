//! `vivat staff link` and `unlink`: who may sign in with a foreign identity provider.

use crate::domain::foreign_subject::ForeignSubject;
use crate::domain::id::StaffId;
use crate::service::staff::Console;

/// Somebody as a provider names them, and their account here.
#[derive(clap::Args)]
pub(super) struct LinkArgs {
    /// Whose account
    pub(super) login: String,
    /// The provider, as `vivat serve --oidc-issuer` has it
    #[arg(long, value_name = "URL")]
    issuer: String,
    /// The `sub` that the provider gives them; without it, a line of standard input
    #[arg(long, value_name = "SUB")]
    subject: Option<String>,
}

impl LinkArgs {
    pub(super) async fn link(&self, console: &Console) -> anyhow::Result<()> {
        console.link(self.account(console).await?, &self.subject()?).await?;
        println!("linked: {}", self.login);
        Ok(())
    }

    pub(super) async fn unlink(&self, console: &Console) -> anyhow::Result<()> {
        console.unlink(self.account(console).await?, &self.subject()?).await?;
        println!("unlinked: {}", self.login);
        Ok(())
    }

    async fn account(&self, console: &Console) -> anyhow::Result<StaffId> {
        Ok(console.find_staff(&self.login).await?.id)
    }

    fn subject(&self) -> anyhow::Result<ForeignSubject> {
        let typed = self.subject.clone().map_or_else(|| std::io::read_to_string(std::io::stdin()), Ok)?;
        let line = typed.trim_end_matches(['\r', '\n']);
        Ok(ForeignSubject::parse(&self.issuer, line)?)
    }
}
