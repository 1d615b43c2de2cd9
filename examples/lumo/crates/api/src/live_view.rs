//! The latest frame of each co-browsing session, for the agent who is helping.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use lumo_domain::screen::RedactedFrame;
use uuid::Uuid;

#[derive(Clone, Default)]
pub struct LiveView {
    frames: Arc<RwLock<HashMap<Uuid, RedactedFrame>>>,
}

impl LiveView {
    pub fn publish(&self, session: Uuid, frame: RedactedFrame) {
        self.frames.write().unwrap_or_else(PoisonError::into_inner).insert(session, frame);
    }

    pub fn latest(&self, session: Uuid) -> Option<RedactedFrame> {
        self.frames.read().unwrap_or_else(PoisonError::into_inner).get(&session).cloned()
    }

    pub fn close(&self, session: Uuid) {
        self.frames.write().unwrap_or_else(PoisonError::into_inner).remove(&session);
    }
}
