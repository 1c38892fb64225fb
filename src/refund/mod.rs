//! Refunds: money and units of account go back exactly once, or not at all, whatever dies in the
//! middle.

pub mod gateway;
