//! Other people's vocabularies: fideslang in and out, the Data Privacy Vocabulary out.
//!
//! What a format cannot say is kept as a comment, never dropped. The names of the packs that ship with the program
//! have identifiers in both vocabularies ([`identifiers`]).

pub mod dpv;
pub mod fides_in;
pub mod fides_out;
pub mod identifiers;
#[cfg(test)]
mod tests;
