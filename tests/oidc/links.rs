//! Whom the provider names needs an account that the console linked, and that is good.

use vivat::domain::foreign_subject::ForeignSubject;
use vivat::service::audit_log::{Discrepancy, audit};
use vivat::service::error::ServiceError;
use vivat::service::staff::oidc::OidcRefusal;

use super::{ANN, begin, come_back, link, office, sign_in};
use crate::log::{entries, execute, sequencer};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::answer;
use crate::support::vault::{images, vault};

on_each_database! {
    a_stranger_stays_out,
    a_disabled_account_stays_shut,
    a_link_is_undone_at_once,
    a_subject_opens_one_account,
    a_link_that_was_edited_does_not_fit_the_log,
}

async fn a_stranger_stays_out(database: &TestDatabase) {
    let (server, provider) = office(database).await;
    link(&server, &server.name, "https://another.example.org", "mallory").await;
    for subject in ["248289761002", "mallory", "ann"] {
        let refused = sign_in(&server, &provider, subject).await;
        assert_eq!((refused.status, refused.problem()), (403, "oidc_not_linked"), "{subject}");
        assert!(!refused.body.to_string().contains(subject) || subject == "ann");
    }
}

async fn a_disabled_account_stays_shut(database: &TestDatabase) {
    let (server, provider) = office(database).await;
    let console = server.console().await;
    let ann = console.find_staff("ann").await.unwrap().id;
    let began = begin(&server).await;
    let query = provider.sign_in(&began.location, ANN);
    console.set_disabled(ann, true).await.unwrap();
    let refused = come_back(&server, &began.cookie, &query).await;
    assert_eq!((refused.status, refused.problem()), (403, "account_disabled"));
    console.set_disabled(ann, false).await.unwrap();
    assert_eq!(sign_in(&server, &provider, ANN).await.status, 200);
}

async fn a_link_is_undone_at_once(database: &TestDatabase) {
    let (server, provider) = office(database).await;
    let signed_in = sign_in(&server, &provider, ANN).await;
    let token = signed_in.body["token"].as_str().unwrap();
    let console = server.console().await;
    let ann = console.find_staff("ann").await.unwrap().id;
    let subject = ForeignSubject::parse(&provider.issuer, ANN).unwrap();
    console.unlink(ann, &subject).await.unwrap();
    let own = answer(server.get("/v1/staff-sessions/current").bearer_auth(token)).await;
    assert_eq!(own.problem(), "no_credentials", "what it opened is over");
    assert_eq!(sign_in(&server, &provider, ANN).await.problem(), "oidc_not_linked");
    assert!(matches!(console.unlink(ann, &subject).await, Err(ServiceError::NotFound("link"))));
    link(&server, "ann", &provider.issuer, ANN).await;
    assert_eq!(sign_in(&server, &provider, ANN).await.status, 200, "it can be made again");
}

async fn a_subject_opens_one_account(database: &TestDatabase) {
    let (server, provider) = office(database).await;
    server.staff("bob", &[], "110105").await;
    let console = server.console().await;
    let (ann, bob) = (console.find_staff("ann").await.unwrap().id, console.find_staff("bob").await.unwrap().id);
    let subject = ForeignSubject::parse(&provider.issuer, ANN).unwrap();
    for account in [ann, bob] {
        assert!(matches!(console.link(account, &subject).await, Err(ServiceError::Oidc(OidcRefusal::LinkedBefore))));
    }
    assert!(matches!(console.unlink(bob, &subject).await, Err(ServiceError::NotFound("link"))), "it is not his");
    link(&server, "ann", &provider.issuer, "another").await;
    let signed_in = sign_in(&server, &provider, "another").await;
    assert_eq!(signed_in.body["staff"]["login"], "ann", "an account may have several");
}

async fn a_link_that_was_edited_does_not_fit_the_log(database: &TestDatabase) {
    let (server, provider) = office(database).await;
    server.staff("bob", &[], "110105").await;
    link(&server, "bob", &provider.issuer, "bob").await;
    let console = server.console().await;
    let bob = console.find_staff("bob").await.unwrap().id;
    console.unlink(bob, &ForeignSubject::parse(&provider.issuer, "bob").unwrap()).await.unwrap();
    sequencer(&server.store).await.run().await.unwrap();
    let numbered = entries(&server.store).await;
    let acts: Vec<_> = numbered.iter().map(|entry| entry["act"]["kind"].as_str().unwrap().to_owned()).collect();
    let numbers = |kind: &str| (0..).zip(&acts).filter_map(|(number, act)| (act == kind).then_some(number)).collect();
    let (linked, unlinked): (Vec<u64>, Vec<u64>) = (numbers("staff_linked"), numbers("staff_unlinked"));
    assert_eq!((linked.len(), unlinked.len()), (2, 1));
    let text = serde_json::to_string(&numbered).unwrap();
    assert!(!text.contains(ANN) && !text.contains(&provider.issuer), "who they are there is not told");

    execute(
        &server.store,
        &[
            "update staff_link set subject = (select token_digest from staff_session limit 1) \
        where unlinked_at is null",
            "update staff_link set unlinked_at = null",
        ],
    )
    .await;
    let mut found =
        audit(&server.store, &vault(&server.store).await, &images(&database.url)).await.unwrap().discrepancies;
    found.sort_by_key(|one| format!("{one:?}"));
    let expected = [linked[0], unlinked[0]].map(|number| Discrepancy::Changed(number, "staff link"));
    assert_eq!(found, expected);
}
