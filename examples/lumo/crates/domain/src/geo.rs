use serde::Deserialize;

const EARTH_RADIUS_KM: f64 = 6371.0;

/// Where the phone says it is.
#[derive(Clone, Copy, Deserialize)]
pub struct Position {
    pub latitude: f64,
    pub longitude: f64,
}

impl Position {
    /// Great-circle distance to a place on the map.
    pub fn distance_km(&self, latitude: f64, longitude: f64) -> f64 {
        let from = self.latitude.to_radians();
        let to = latitude.to_radians();
        let half_lat = (to - from) / 2.0;
        let half_lon = (longitude - self.longitude).to_radians() / 2.0;
        let chord = half_lat.sin().powi(2) + from.cos() * to.cos() * half_lon.sin().powi(2);
        2.0 * EARTH_RADIUS_KM * chord.sqrt().asin()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stockholm_to_gothenburg() {
        let stockholm = Position { latitude: 59.33, longitude: 18.07 };
        assert_eq!(stockholm.distance_km(57.71, 11.97).round(), 397.0);
    }
}
