//! Who else is enrolled with this face? Two people look at what is found; nothing follows from it by itself.

use std::process::Command;

use serde_json::{Value, json};
use vivat::domain::permission::Role;

use crate::log::{entries, sequencer};
use crate::support::database::TestDatabase;
use crate::support::on_each_database;
use crate::support::server::{Answer, KNOWN, TestServer, UNKNOWN, answer, models, photo};
use crate::support::vault::environment;

on_each_database! {
    one_face_under_two_numbers_is_found_and_nothing_follows,
    a_search_reaches_as_far_as_the_asker_and_says_that_there_is_more,
    what_comes_and_goes_after_the_first_search_is_known_to_the_next,
    the_console_lists_all_pairs,
}

const THIRD: &str = "110105194912310038";

async fn enrol(server: &TestServer, number: &str, agency: &str, picture: &str) -> String {
    let person = json!({"citizen_id": number, "name": "王秀英", "agency": agency, "schemes": ["resident"]});
    let registered = answer(server.office_post("/v1/beneficiaries", &person)).await;
    assert_eq!(registered.status, 201, "{}", registered.body);
    let id = registered.body["id"].as_str().unwrap().to_owned();
    assert_eq!(answer(server.send_reference(&id, photo(picture))).await.status, 201);
    id
}

async fn search(server: &TestServer, of: &str, token: &str) -> Answer {
    answer(server.post(&format!("/v1/beneficiaries/{of}/duplicates"), &Value::Null).bearer_auth(token)).await
}

fn found(answer: &Answer) -> Vec<&str> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let candidates = answer.body["candidates"].as_array().unwrap();
    candidates.iter().map(|candidate| candidate["beneficiary"].as_str().unwrap()).collect()
}

async fn one_face_under_two_numbers_is_found_and_nothing_follows(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let one = enrol(&server, KNOWN, "110105", "obama.jpg").await;
    let other = enrol(&server, UNKNOWN, "440524", "obama2.jpg").await;
    let stranger = enrol(&server, THIRD, "110105", "biden.jpg").await;
    let answered = search(&server, &one, server.token()).await;
    assert_eq!(found(&answered), [&other]);
    assert_eq!((&answered.body["references"], &answered.body["compared_with"]), (&json!(1), &json!(2)));
    let (fmr, chance) = (answered.body["fmr"].as_f64().unwrap(), answered.body["expected_by_chance"].as_f64().unwrap());
    assert!((chance - 2.0 * fmr).abs() < 1e-9 && fmr <= 1e-3, "the strictest rate, and what it gives by chance");
    assert_eq!(found(&search(&server, &other, server.token()).await), [&one]);
    assert!(found(&search(&server, &stranger, server.token()).await).is_empty());
    assert!(answered.body.to_string().find("similarity").is_none(), "a score tells nobody anything");
    for beneficiary in [&one, &other] {
        let read = answer(server.office_get(&format!("/v1/beneficiaries/{beneficiary}"))).await;
        assert_eq!(read.body["standing"], "paid", "a machine stops no pension");
    }
    sequencer(&server.store).await.run().await.unwrap();
    let logged = entries(&server.store).await;
    let looked = logged.iter().filter(|entry| entry["act"]["kind"] == "duplicates_sought");
    let looked: Vec<_> = looked.map(|entry| entry["act"]["beneficiary"].as_str().unwrap()).collect();
    assert_eq!(looked, [&one, &other, &stranger]);
}

async fn a_search_reaches_as_far_as_the_asker_and_says_that_there_is_more(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let one = enrol(&server, KNOWN, "110105", "obama.jpg").await;
    let other = enrol(&server, UNKNOWN, "440524", "obama2.jpg").await;
    let here = server.staff("here", &[Role::Supervisor], "110105").await;
    let answered = search(&server, &one, &here).await;
    assert!(found(&answered).is_empty(), "who is enrolled elsewhere is not told");
    assert_eq!((&answered.body["found"], &answered.body["elsewhere"]), (&json!(1), &json!(1)));
    assert_eq!(search(&server, &other, &here).await.status, 404);
    let clerk = server.staff("clerk", &[Role::Clerk], "000000").await;
    assert_eq!(search(&server, &one, &clerk).await.problem(), "not_permitted");
}

async fn what_comes_and_goes_after_the_first_search_is_known_to_the_next(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let one = enrol(&server, KNOWN, "110105", "obama.jpg").await;
    assert!(found(&search(&server, &one, server.token()).await).is_empty());
    let other = enrol(&server, UNKNOWN, "110105", "obama2.jpg").await;
    assert_eq!(found(&search(&server, &one, server.token()).await), [&other]);
    let root = server.staff("root", &[Role::Administrator], "000000").await;
    let path = format!("/v1/beneficiaries/{other}/erasure");
    let reason = json!({"reason": "The request of 3 November is in the file."});
    assert_eq!(answer(server.post(&path, &reason).bearer_auth(&root)).await.status, 201);
    assert!(found(&search(&server, &one, server.token()).await).is_empty(), "nobody is there to be found");
    assert_eq!(search(&server, &other, server.token()).await.body["references"], 0);
}

async fn the_console_lists_all_pairs(database: &TestDatabase) {
    let server = TestServer::start(database).await;
    let one = enrol(&server, KNOWN, "110105", "obama.jpg").await;
    let other = enrol(&server, UNKNOWN, "440524", "obama2.jpg").await;
    enrol(&server, THIRD, "110105", "biden.jpg").await;
    let url = database.url.clone();
    let run = |more: &'static [&'static str]| {
        let url = url.clone();
        tokio::task::spawn_blocking(move || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_vivat"));
            command.args(["duplicates", "--database", &url]).args(more).envs(environment(&url));
            command.env("VIVAT_MODELS", models()).output().unwrap()
        })
    };
    let listed = run(&["--json"]).await.unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let mut expected = [one.as_str(), other.as_str()];
    expected.sort_unstable();
    assert_eq!(listed["pairs"].as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed["pairs"][0]["beneficiaries"], json!(expected));
    assert_eq!(listed["references"], 3);
    let said = String::from_utf8(run(&[]).await.unwrap().stdout).unwrap();
    assert!(said.contains("1 pairs of beneficiaries among 3 references") && said.contains("by chance"), "{said}");
    let refused = run(&["--fmr", "1e-9"]).await.unwrap();
    assert_eq!(refused.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("calibration"), "no threshold is made up");
}
