//! Special functions over `f64` (placeholder values: libm).
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}
pub fn digamma(x: f64) -> f64 {
    x
}
pub fn trigamma(x: f64) -> f64 {
    x
}
pub fn ln_beta(x: f64, y: f64) -> f64 {
    ln_gamma(x) + ln_gamma(y) - ln_gamma(x + y)
}
pub fn ln_beta_gradient(x: f64, y: f64) -> [f64; 2] {
    [x, y]
}
pub fn ln_beta_hessian(x: f64, y: f64) -> [f64; 3] {
    [x, y, x]
}
pub fn ln_1m_exp(x: f64) -> f64 {
    x
}
