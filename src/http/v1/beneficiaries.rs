//! Beneficiaries and their references: the office's register.

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::id::BeneficiaryId;
use crate::domain::reference::ReferenceSource;
use crate::http::AppState;
use crate::http::auth::Staff;
use crate::http::form::{Form, Part, by_name};
use crate::http::idempotency::{IdempotencyHeader, IdempotencyKey};
use crate::http::json::{Body, InPath};
use crate::http::layers::with_pictures;
use crate::http::problem::{Problem, ProblemBody};
use crate::service::answer::Answer;
use crate::service::append_log::Who;
use crate::service::enrol_reference::{NewReference, ReferenceView};
use crate::service::erase_person::{NewErasure, PersonErased};
use crate::service::find_duplicates::Duplicates;
use crate::service::register_beneficiary::{BeneficiaryView, NewBeneficiary};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    let enrolment = with_pictures(OpenApiRouter::new().routes(routes!(enrol)));
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(search))
        .routes(routes!(read))
        .routes(routes!(erase))
        .routes(routes!(duplicates))
        .merge(enrolment)
}

/// Registers a beneficiary.
#[utoipa::path(post, path = "/v1/beneficiaries", tag = "office", security(("staff" = ["register_beneficiaries"])),
    params(IdempotencyHeader),
    request_body = NewBeneficiary,
    responses((status = 201, body = BeneficiaryView), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
async fn register(
    Staff(staff): Staff,
    State(state): State<AppState>,
    key: IdempotencyKey,
    Body(new): Body<NewBeneficiary>,
) -> Result<Answer<BeneficiaryView>, Problem> {
    let content = serde_json::to_vec(&new).map_err(|_| Problem::invalid_json())?;
    Ok(state.service.register_beneficiary(&new, Who::Staff(&staff), key.of("register beneficiary", &content)).await?)
}

/// Whom to look for. In a body, because a citizen number never stands in an address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Search {
    /// Citizen number 公民身份号码.
    #[schema(example = "11010519491231002X")]
    citizen_id: String,
}

/// Finds a beneficiary by citizen number.
#[utoipa::path(post, path = "/v1/beneficiaries/search", tag = "office", security(("staff" = ["read_beneficiaries"])),
    request_body = Search,
    responses((status = 200, body = BeneficiaryView), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
async fn search(
    Staff(staff): Staff,
    State(state): State<AppState>,
    Body(search): Body<Search>,
) -> Result<Json<BeneficiaryView>, Problem> {
    Ok(Json(state.service.find_beneficiary(&search.citizen_id, Who::Staff(&staff)).await?))
}

/// One beneficiary.
#[utoipa::path(get, path = "/v1/beneficiaries/{id}", tag = "office", security(("staff" = ["read_beneficiaries"])),
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = BeneficiaryView), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn read(
    Staff(staff): Staff,
    State(state): State<AppState>,
    InPath(id): InPath<BeneficiaryId>,
) -> Result<Json<BeneficiaryView>, Problem> {
    Ok(Json(state.service.beneficiary(id, Who::Staff(&staff)).await?))
}

/// The form as the document shows it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form in the OpenAPI document; the parts are read one by one")]
struct ReferenceForm {
    /// Where the photo came from.
    source: ReferenceSource,
    /// When it was taken, where that is known.
    #[schema(value_type = Option<String>, format = Date)]
    taken_on: Option<Date>,
    /// JPEG, PNG or WebP, with one clear face.
    #[schema(value_type = String, format = Binary)]
    photo: Vec<u8>,
}

/// Erases a beneficiary: their key is destroyed, and whatever it sealed cannot be opened again, by anybody. The answer says
/// what the law keeps: certifications, decisions and judgements, with nobody's name on them.
#[utoipa::path(post, path = "/v1/beneficiaries/{id}/erasure", tag = "office", security(("staff" = ["erase_persons"])),
    params(("id" = uuid::Uuid, Path), IdempotencyHeader),
    request_body = NewErasure,
    responses((status = 201, body = PersonErased), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
async fn erase(
    Staff(staff): Staff,
    State(state): State<AppState>,
    InPath(id): InPath<BeneficiaryId>,
    key: IdempotencyKey,
    Body(new): Body<NewErasure>,
) -> Result<Answer<PersonErased>, Problem> {
    let content = serde_json::to_vec(&(id, &new)).map_err(|_| Problem::invalid_json())?;
    let key = key.of("erase beneficiary", &content);
    Ok(state.service.erase_beneficiary(id, &new, Who::Staff(&staff), key).await?)
}

/// Who else is enrolled with this face: a duplicate enrolment check (1:N). A candidate list for people to look at, of which
/// some are found by chance; nothing follows from it by itself. That it was asked for stands in the log.
#[utoipa::path(post, path = "/v1/beneficiaries/{id}/duplicates", tag = "office", security(("staff" = ["find_duplicates"])),
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = Duplicates), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
async fn duplicates(
    Staff(staff): Staff,
    State(state): State<AppState>,
    InPath(id): InPath<BeneficiaryId>,
) -> Result<Json<Duplicates>, Problem> {
    Ok(Json(state.service.duplicates_of(id, Who::Staff(&staff)).await?))
}

/// Enrols a reference photo.
#[utoipa::path(post, path = "/v1/beneficiaries/{id}/references", tag = "office", security(("staff" = ["enrol_references"])),
    params(("id" = uuid::Uuid, Path), IdempotencyHeader),
    request_body(content = ReferenceForm, content_type = "multipart/form-data"),
    responses((status = 201, body = ReferenceView), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 413, body = ProblemBody), (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
async fn enrol(
    Staff(staff): Staff,
    State(state): State<AppState>,
    InPath(id): InPath<BeneficiaryId>,
    key: IdempotencyKey,
    form: Form,
) -> Result<Answer<ReferenceView>, Problem> {
    let new = read_photo(form)?;
    let mut content = format!("{id} {:?} {:?} ", new.source, new.taken_on).into_bytes();
    content.extend_from_slice(&Sha256::digest(&new.photo));
    Ok(state.service.enrol_reference(id, new, Who::Staff(&staff), key.of("enrol reference", &content)).await?)
}

fn read_photo(form: Form) -> Result<NewReference, Problem> {
    let (mut source, mut taken_on, mut photo) = (None, None, None);
    for part in form.0 {
        match (part.0.as_str(), part.1) {
            ("source", Part::Text(text)) => source = Some(source_of(&text)?),
            ("taken_on", Part::Text(text)) => taken_on = Some(day_of(&text)?),
            ("photo", Part::File(file)) => photo = Some(file),
            _ => {
                return Err(Problem::invalid_form(
                    "source and taken_on as text, photo as file, and nothing else",
                    "source、taken_on 为文本，photo 为文件，不含其他字段",
                ));
            }
        }
    }
    let source = source.ok_or_else(|| Problem::invalid_form("a source", "缺少 source"))?;
    let photo = photo.ok_or_else(|| Problem::invalid_form("a photo", "缺少 photo"))?;
    Ok(NewReference { photo, source, taken_on })
}

fn day_of(text: &str) -> Result<Date, Problem> {
    text.parse().map_err(|_| Problem::invalid_form("taken_on as a date", "taken_on 须为日期"))
}

fn source_of(name: &str) -> Result<ReferenceSource, Problem> {
    by_name(name).ok_or_else(|| {
        Problem::invalid_form(
            "roster, counter or certification as source",
            "source 须为 roster、counter 或 certification",
        )
    })
}
