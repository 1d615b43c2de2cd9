//! Statements and their lowered form.
