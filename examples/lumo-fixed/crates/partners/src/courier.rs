use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{PartnerError, setting};

const PARCELS: &str = "https://api.swiftparcel.example/v2/parcels";

/// Books parcels with the courier.
#[derive(Clone)]
pub struct Courier {
    http: reqwest::Client,
    key: String,
}

/// What goes on the label.
#[derive(Serialize)]
pub struct Parcel {
    pub reference: Uuid,
    pub recipient: String,
    pub address: String,
    pub phone: Option<String>,
}

#[derive(Deserialize)]
struct Booking {
    tracking_code: String,
}

impl Courier {
    pub fn from_env(http: reqwest::Client) -> Result<Self, PartnerError> {
        Ok(Courier { http, key: setting("LUMO_COURIER_KEY")? })
    }

    /// Orders a pick-up and returns the tracking code.
    pub async fn book(&self, parcel: &Parcel) -> Result<String, PartnerError> {
        let response = self.http.post(PARCELS).bearer_auth(&self.key).json(parcel).send().await?;
        let booking: Booking = response.error_for_status()?.json().await?;
        Ok(booking.tracking_code)
    }
}
