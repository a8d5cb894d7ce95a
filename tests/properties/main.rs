//! What must hold for every parameter and every customer, over random cases that reach far beyond ordinary data. The
//! seeds are fixed: a run that passes once passes always.
#![expect(
    clippy::float_cmp,
    clippy::tests_outside_test_module,
    clippy::unwrap_used,
    reason = "all of this target is tests"
)]

mod buying;
mod cases;
mod counts;
mod derivatives;
mod discounting;
mod extremes;
mod family;
mod fitting;
mod nested;
mod renewal;
mod spending;
