//! draft
mod actor; mod explorer; mod flaw; mod gate; mod newcomer; mod operation; mod person; mod state; mod world;
