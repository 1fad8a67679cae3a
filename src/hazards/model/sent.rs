//! What is said of a hazard.

use super::HazardParty;
use crate::{
    attachments::model::AttachmentRole,
    error::{INVALID, Problem},
    ids::{AttachmentId, ElderId, OrderId},
    orders::model::{Choice, Happened},
};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// That a hazard was reported.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReport {
    /// Made by the phone; the same id is the same report.
    #[garde(skip)]
    pub id: Uuid,
    /// To whom.
    #[garde(length(min = 1, max = 9))]
    #[schema(example = json!(["gas_firm", "family"]))]
    pub to: Vec<HazardParty>,
    /// When; now unless told.
    #[garde(dive)]
    pub happened: Option<Happened>,
    /// What was said.
    #[garde(length(chars, max = 500))]
    #[serde(default)]
    #[schema(example = "燃气公司答复一小时内上门")]
    pub note: String,
}

/// A notice that was served.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNotice {
    /// Made by the phone; the same id is the same notice.
    #[garde(skip)]
    pub id: Uuid,
    /// On whom.
    #[garde(skip)]
    pub to: HazardParty,
    /// Who took it: the elder, or the relation to the elder.
    #[garde(length(chars, min = 1, max = 50))]
    #[schema(example = "女儿")]
    pub recipient: String,
    /// What it demands.
    #[garde(length(chars, min = 2, max = 1000))]
    #[schema(example = "请于三十日内更换燃气软管")]
    pub text: String,
    /// When; now unless told.
    #[garde(dive)]
    pub happened: Option<Happened>,
    /// A photo of the signed notice that you uploaded.
    #[garde(skip)]
    pub signature: Option<AttachmentId>,
    /// Why they refused to sign.
    #[garde(inner(length(chars, min = 2, max = 500)))]
    #[schema(example = "老人认为无需更换")]
    pub refused: Option<String>,
}

impl NewNotice {
    /// It is signed, or they refused to sign.
    ///
    /// # Errors
    /// 422 for both or neither.
    pub fn check(&self) -> Result<(), Problem> {
        if self.signature.is_some() == self.refused.is_some() {
            return Err(Problem::field(
                "signature",
                "give the photo of the signed notice, or say in refused why they did not sign",
            ));
        }
        Ok(())
    }
}

/// Who has to mend a hazard.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewResponsible {
    /// Who.
    #[garde(skip)]
    pub party: HazardParty,
    /// Why.
    #[garde(length(chars, max = 500))]
    #[serde(default)]
    #[schema(example = "楼道属公共区域")]
    pub reason: String,
}

/// A later deadline.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewExtension {
    /// By how many days; no more than the deadline had.
    #[garde(range(min = 1, max = 365))]
    #[schema(example = 7)]
    pub days: i64,
    /// Why.
    #[garde(length(chars, min = 2, max = 500))]
    #[schema(example = "配件需订货")]
    pub reason: String,
}

/// A photo of a hazard.
#[derive(Debug, Clone, Copy, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HazardPhoto {
    /// A photo that you uploaded.
    #[garde(skip)]
    pub attachment_id: AttachmentId,
    /// What it shows: `photo`, `before` or `after`.
    #[garde(skip)]
    pub role: AttachmentRole,
}

/// Photos of a hazard, before or after its repair.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPhotos {
    /// Made by the phone; the same id is the same set.
    #[garde(skip)]
    pub id: Uuid,
    /// Which.
    #[garde(length(min = 1, max = 10), dive)]
    pub photos: Vec<HazardPhoto>,
    /// What they show.
    #[garde(length(chars, max = 500))]
    #[serde(default)]
    #[schema(example = "已更换金属软管")]
    pub note: String,
}

impl NewPhotos {
    /// No signature among them, none named twice.
    ///
    /// # Errors
    /// 422 with every field at fault.
    pub fn check(&self) -> Result<(), Problem> {
        let mut problem = INVALID.problem();
        for (n, photo) in self.photos.iter().enumerate() {
            if self.photos[..n]
                .iter()
                .any(|p| p.attachment_id == photo.attachment_id)
            {
                problem = problem.and_field(format!("photos[{n}]"), "is named twice");
            }
            if matches!(photo.role, AttachmentRole::Signature | AttachmentRole::Document) {
                problem =
                    problem.and_field(format!("photos[{n}].role"), "must be one of photo, before, after");
            }
        }
        if problem.fields.is_empty() {
            Ok(())
        } else {
            Err(problem)
        }
    }
}

/// An order for the repair of a hazard, under the day's item of class `home_safety`.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRepair {
    /// Made by the phone; the order's id, and that of the need that it is made of. The same id is the same order.
    #[garde(skip)]
    pub id: OrderId,
    /// For which elder of the household: their entitlement sets the price.
    #[garde(skip)]
    pub elder_id: ElderId,
    /// Whom to ask first, where it shall not be the first of the ranking.
    #[garde(dive)]
    pub choice: Option<Choice>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_notice_is_signed_or_refused_and_never_both_or_neither() {
        let notice = |signature: Option<Uuid>, refused: Option<&str>| -> bool {
            let value = json!({ "id": Uuid::nil(), "to": "household", "recipient": "本人", "text": "请更换", "signature": signature, "refused": refused });
            serde_json::from_value::<NewNotice>(value)
                .unwrap()
                .check()
                .is_ok()
        };
        assert!(notice(Some(Uuid::nil()), None) && notice(None, Some("不同意")));
        assert!(!notice(None, None) && !notice(Some(Uuid::nil()), Some("不同意")));
    }

    #[test]
    fn a_photo_of_a_hazard_is_no_signature_and_none_is_named_twice() {
        let photos = |roles: [&str; 2]| -> Vec<String> {
            let photos = roles.map(|role| json!({ "attachment_id": Uuid::nil(), "role": role }));
            let new: NewPhotos =
                serde_json::from_value(json!({ "id": Uuid::nil(), "photos": photos })).unwrap();
            let fields = new.check().err().map(|p| p.fields).unwrap_or_default();
            fields.into_iter().map(|f| f.field).collect()
        };
        assert_eq!(photos(["before", "signature"]), ["photos[1]", "photos[1].role"]);
    }
}
