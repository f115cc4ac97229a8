//! `surface.txt`: the public surface as text, so that a change of the document or the generator is a
//! readable diff.
